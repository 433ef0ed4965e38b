import { type Static, type TSchema, Type } from 'typebox';
import {
  allScreenRenderings,
  changeScreenRendering,
  screenRendering,
} from '../../records/branding/branding.ts';
import type { BaseDeps } from './base-deps.ts';
import { notFound } from './errors.ts';
import { offsetPage, pageOf, pageQuery, pagingOf } from './paging.ts';
import { PROMPTS, SCREENS } from './prompt-names.ts';
import { checkPrompt } from './prompts.ts';
import { type Api, route } from './route.ts';
import { closed, fieldsQuery, nullable, oneOf, pickFields } from './wire.ts';

const tags = ['prompts'];
const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);

const match = Type.Array(
  Type.Unsafe<Record<string, unknown>>({ type: 'object', maxProperties: 1 }),
  { maxItems: 100 },
);
const settings = {
  rendering_mode: maybe(
    oneOf(['advanced', 'standard'], { description: 'Kept; pages are always the standard ones' }),
  ),
  context_configuration: maybe(
    nullable(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 200 })),
  ),
  default_head_tags_disabled: maybe(nullable(Type.Boolean())),
  use_page_template: maybe(nullable(Type.Boolean())),
  head_tags: maybe(
    nullable(
      Type.Array(Type.Unsafe<Record<string, unknown>>({ type: 'object' }), { maxItems: 100 }),
    ),
  ),
  filters: maybe(
    nullable(
      closed({
        match_type: maybe(oneOf(['includes_any', 'excludes_any'])),
        clients: maybe(match),
        organizations: maybe(match),
        domains: maybe(match),
      }),
    ),
  ),
};
const names = {
  prompt: oneOf(PROMPTS, { description: 'Name of the prompt' }),
  screen: oneOf(SCREENS, { description: 'Name of the screen' }),
};
const one = closed(settings);
const many = closed({
  configs: Type.Array(closed({ ...names, ...settings }), { minItems: 1, maxItems: 100 }),
});
const screenSchema = Type.Object({
  tenant: maybe(Type.String()),
  prompt: maybe(Type.String()),
  screen: maybe(Type.String()),
  ...Object.fromEntries(Object.keys(settings).map((name) => [name, maybe(Type.Unknown())])),
});
const DEFAULTS = {
  rendering_mode: 'standard',
  context_configuration: [],
  default_head_tags_disabled: false,
  use_page_template: false,
  head_tags: [],
};
const params = Type.Object({
  prompt: Type.String({ maxLength: 100, description: 'Name of the prompt' }),
  screen: Type.String({ maxLength: 100, description: 'Name of the screen' }),
});

/** `/prompts/…/rendering`: whether an application draws a screen itself. Settings are kept; ours are shown. */
export function promptRenderingRoutes(api: Api, { db, clock, publicUrl }: BaseDeps): void {
  const tenant = new URL(publicUrl).hostname;
  route(api, {
    method: 'GET',
    url: '/prompts/rendering',
    scopes: ['read:prompts'],
    summary: 'List screens with settings of their own',
    tags,
    query: closed({
      ...fieldsQuery,
      ...pageQuery,
      prompt: maybe(Type.String({ description: 'Only of this prompt' })),
      screen: maybe(Type.String({ description: 'Only this screen' })),
      rendering_mode: maybe(
        oneOf(['advanced', 'standard'], { description: 'Only those drawn like this' }),
      ),
    }),
    response: { 200: pageOf('configs', screenSchema) },
    handler: async ({ query }) => {
      const paging = pagingOf({ ...query, from: undefined });
      if (paging.kind === 'checkpoint') return [];
      const all = (await allScreenRenderings(db))
        .map((found) => ({
          tenant,
          prompt: found.prompt,
          screen: found.screen,
          ...DEFAULTS,
          ...found.settings,
        }))
        .filter(
          (found) =>
            (query.prompt ?? found.prompt) === found.prompt &&
            (query.screen ?? found.screen) === found.screen &&
            (query.rendering_mode ?? found.rendering_mode) === found.rendering_mode,
        );
      const shown = all.slice(paging.offset, paging.offset + paging.limit);
      return offsetPage(
        paging,
        'configs',
        shown.map((found) => pickFields(found, query)),
        all.length,
      );
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/prompts/rendering',
    scopes: ['update:prompts'],
    summary: 'Change the settings of several screens',
    tags,
    body: many,
    response: { 200: Type.Object({ configs: Type.Array(screenSchema) }) },
    handler: async ({ body }) => {
      for (const { prompt, screen, ...changes } of body.configs) {
        await changeScreenRendering(db, { prompt, screen, settings: changes }, clock.now());
      }
      return body;
    },
  });
  route(api, {
    method: 'GET',
    url: '/prompts/:prompt/screen/:screen/rendering',
    scopes: ['read:prompts'],
    summary: 'Get the settings of a screen',
    tags,
    params,
    response: { 200: screenSchema },
    handler: async ({ params: key }) => {
      checkScreen(key);
      return { tenant, ...key, ...DEFAULTS, ...(await screenRendering(db, key)) };
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/prompts/:prompt/screen/:screen/rendering',
    scopes: ['update:prompts'],
    summary: 'Change the settings of a screen',
    tags,
    params,
    body: one,
    response: { 200: screenSchema },
    handler: async ({ params: key, body }) => {
      checkScreen(key);
      return {
        ...DEFAULTS,
        ...(await changeScreenRendering(db, { ...key, settings: body }, clock.now())),
      };
    },
  });
}

function checkScreen({ prompt, screen }: Static<typeof params>): void {
  checkPrompt(prompt);
  if (!SCREENS.includes(screen)) throw notFound('The screen does not exist.');
}
