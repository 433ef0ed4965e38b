import { type Static, type TSchema, Type } from 'typebox';
import {
  type Api,
  type BaseDeps,
  closed,
  fieldsQuery,
  notFound,
  nullable,
  offsetPage,
  offsetPaging,
  oneOf,
  pageOf,
  pageQuery,
  route,
  shownBy,
} from '../route/route.ts';
import { SCREEN_EFFECTS, SCREENS_EFFECTS } from './effects-of-prompts.ts';
import { PROMPTS, SCREENS } from './prompt-names.ts';
import { checkPrompt } from './prompt-routes.ts';

const tags = ['prompts'];
const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);

const match = Type.Array(
  Type.Unsafe<Record<string, unknown>>({ type: 'object', maxProperties: 1 }),
  { maxItems: 100 },
);
const settings = {
  rendering_mode: maybe(
    oneOf(['advanced', 'standard'], {
      description: 'Whether Usher renders the screen (`standard`) or the application (`advanced`)',
    }),
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
const tObject = closed(settings);
const many = closed({
  configs: Type.Array(closed({ ...names, ...settings }), { minItems: 1, maxItems: 100 }),
});
const screenSchema = Type.Object({
  tenant: maybe(Type.String()),
  prompt: maybe(Type.String()),
  screen: maybe(Type.String()),
  ...Object.fromEntries(Object.keys(settings).map((name) => [name, maybe(Type.Unknown())])),
});
const params = Type.Object({
  prompt: Type.String({ maxLength: 100, description: 'Name of the prompt' }),
  screen: Type.String({ maxLength: 100, description: 'Name of the screen' }),
});

/** `/prompts/…/rendering`: whether an application renders a screen itself. In Usher, none does. */
export function promptRenderingRoutes(api: Api, { publicUrl }: BaseDeps): void {
  const tenant = new URL(publicUrl).hostname;
  route(api, {
    method: 'GET',
    url: '/prompts/rendering',
    scopes: ['read:prompts'],
    summary: 'List the screens that have settings of their own',
    tags,
    query: closed({
      ...fieldsQuery(Object.keys(screenSchema.properties)),
      ...pageQuery,
      prompt: maybe(Type.String({ description: 'Only screens of this prompt' })),
      screen: maybe(Type.String({ description: 'Only this screen' })),
      rendering_mode: maybe(
        oneOf(['advanced', 'standard'], { description: 'Only screens with this rendering mode' }),
      ),
    }),
    response: { 200: pageOf('configs', screenSchema) },
    handler: ({ query }) => {
      return offsetPage(offsetPaging(query), 'configs', [], 0);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/prompts/rendering',
    scopes: ['update:prompts'],
    summary: 'Update the settings of several screens',
    tags,
    body: many,
    effects: SCREENS_EFFECTS,
    response: { 200: Type.Object({ configs: Type.Array(screenSchema) }) },
    handler: ({ body }) => ({
      configs: body.configs.map(({ prompt, screen }) => ({
        prompt,
        screen,
        ...shownBy(SCREEN_EFFECTS),
      })),
    }),
  });
  route(api, {
    method: 'GET',
    url: '/prompts/:prompt/screen/:screen/rendering',
    scopes: ['read:prompts'],
    summary: 'Get the settings of a screen',
    tags,
    params,
    response: { 200: screenSchema },
    handler: ({ params: key }) => {
      checkScreen(key);
      return { tenant, ...key, ...shownBy(SCREEN_EFFECTS) };
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/prompts/:prompt/screen/:screen/rendering',
    scopes: ['update:prompts'],
    summary: 'Update the settings of a screen',
    tags,
    params,
    body: tObject,
    effects: SCREEN_EFFECTS,
    response: { 200: screenSchema },
    handler: ({ params: key }) => {
      checkScreen(key);
      return shownBy(SCREEN_EFFECTS);
    },
  });
}

function checkScreen({ prompt, screen }: Static<typeof params>): void {
  checkPrompt(prompt);
  if (!SCREENS.includes(screen)) throw notFound('The screen does not exist.');
}
