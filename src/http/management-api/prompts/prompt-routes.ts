import { Type } from 'typebox';
import {
  setPromptPartials,
  setPromptTexts,
} from '../../../flows/manage-branding/manage-branding.ts';
import { promptPartials, promptTexts } from '../../../records/branding/branding.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  freeObject,
  notFound,
  nullable,
  oneOf,
  refuseWithoutEffect,
  route,
  shownBy,
} from '../route/route.ts';
import { locales } from '../tenant/tenant.ts';
import { PROMPT_EFFECTS } from './effects-of-prompts.ts';
import { PARTIAL_PROMPTS, PROMPTS } from './prompt-names.ts';

const tags = ['prompts'];

const settings = {
  universal_login_experience: oneOf(['new', 'classic'], {
    description: 'Login experience',
  }),
  identifier_first: Type.Boolean(),
  webauthn_platform_first_factor: Type.Boolean(),
};
const settingsBody = closed(
  {
    universal_login_experience: Type.Optional(settings.universal_login_experience),
    identifier_first: Type.Optional(nullable(settings.identifier_first)),
    webauthn_platform_first_factor: Type.Optional(
      nullable(settings.webauthn_platform_first_factor),
    ),
  },
  { minProperties: 1 },
);

const name = Type.String({ maxLength: 100, description: 'Name of the prompt' });
const textParams = Type.Object({ prompt: name, language: locales });
const promptParams = Type.Object({ prompt: name });

const ofScreens = (description: string, maxLength: number) =>
  Type.Unsafe<Record<string, Record<string, string>>>({
    type: 'object',
    maxProperties: 100,
    additionalProperties: {
      type: 'object',
      maxProperties: 500,
      additionalProperties: { type: 'string', maxLength },
    },
    description,
  });
const bodyLimit = 512 * 1024;

/** @throws ApiError 404 for a prompt that is not in Auth0's document */
export function checkPrompt(prompt: string, known: readonly string[] = PROMPTS): void {
  if (!known.includes(prompt)) throw notFound('The prompt does not exist.');
}

/** `/prompts`: settings of the login, and the texts of its pages. */
export function promptRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/prompts',
    scopes: ['read:prompts'],
    summary: 'Get the login settings',
    tags,
    response: { 200: Type.Partial(Type.Object(settings)) },
    handler: async () => shownBy(PROMPT_EFFECTS),
  });
  route(api, {
    method: 'PATCH',
    url: '/prompts',
    scopes: ['update:prompts'],
    summary: 'Update the login settings',
    tags,
    body: settingsBody,
    effects: PROMPT_EFFECTS,
    response: { 200: Type.Partial(Type.Object(settings)) },
    handler: async () => shownBy(PROMPT_EFFECTS),
  });
  route(api, {
    method: 'GET',
    url: '/prompts/:prompt/custom-text/:language',
    scopes: ['read:prompts'],
    summary: 'Get the custom texts of a prompt',
    tags,
    params: textParams,
    response: { 200: freeObject('Texts by screen and name') },
    handler: async ({ params }) => {
      checkPrompt(params.prompt);
      return promptTexts(db, params);
    },
  });
  route(api, {
    method: 'PUT',
    url: '/prompts/:prompt/custom-text/:language',
    scopes: ['update:prompts'],
    summary: 'Replace the custom texts of a prompt',
    description:
      'Usher stores all the texts, and shows those whose screen and name exist on its pages. It fills in the placeholders ' +
      '`clientName` and `companyName`. An empty object deletes the texts. A language must be enabled to be used. For a ' +
      'language without texts, Usher uses the same language without its region, then the default language (the first in ' +
      '`enabled_locales`), then English.',
    tags,
    params: textParams,
    body: ofScreens('Texts by screen and name', 5000),
    bodyLimit,
    response: { 200: freeObject('Texts by screen and name') },
    handler: async ({ params, body }) => {
      checkPrompt(params.prompt);
      await setPromptTexts(deps, { ...params, texts: body });
      return body;
    },
  });
  route(api, {
    method: 'GET',
    url: '/prompts/:prompt/partials',
    scopes: ['read:prompts'],
    summary: 'Get the custom HTML in the pages of a prompt',
    tags,
    params: promptParams,
    response: { 200: freeObject('HTML by screen and place') },
    handler: async ({ params: { prompt } }) => {
      checkPrompt(prompt, PARTIAL_PROMPTS);
      return promptPartials(db, prompt);
    },
  });
  route(api, {
    method: 'PUT',
    url: '/prompts/:prompt/partials',
    scopes: ['update:prompts'],
    summary: 'Replace the custom HTML in the pages of a prompt',
    description:
      'HTML with Liquid, by screen and place: `form-content-start`, `form-content-end`, `form-footer-start`, ' +
      '`form-footer-end`, `secondary-actions-start`, `secondary-actions-end`. Scripts do not run. An empty object deletes ' +
      'all the HTML.',
    tags,
    params: promptParams,
    body: ofScreens('HTML by screen and place', 10_000),
    bodyLimit,
    response: { 200: freeObject('HTML by screen and place') },
    handler: async ({ params: { prompt }, body }) => {
      checkPrompt(prompt, PARTIAL_PROMPTS);
      for (const [screen, places] of Object.entries(body)) {
        for (const [place, source] of Object.entries(places)) {
          if (source !== '') refuseElsewhere(prompt, screen, place);
        }
      }
      const outcome = await setPromptPartials(deps, { prompt, partials: body });
      if (outcome.kind === 'refused') {
        throw badRequest(`Liquid template syntax error in ${outcome.at}: ${outcome.problem}.`);
      }
      return body;
    },
  });
}

/** The places for HTML: the screens that have a page, and the places on each page. */
const SCREENS_WITH_PLACES: Record<string, readonly string[]> = {
  login: ['login'],
  'login-passwordless': ['login-passwordless-email-code', 'login-passwordless-sms-otp'],
  signup: ['signup'],
};
const PLACES = ['form-content', 'form-footer', 'secondary-actions'].flatMap((place) => [
  `${place}-start`,
  `${place}-end`,
]);

/** @throws ApiError 400 for a screen or place that does not exist */
function refuseElsewhere(prompt: string, screen: string, place: string): void {
  const hasPage = SCREENS_WITH_PLACES[prompt]?.includes(screen) === true;
  if (hasPage && PLACES.includes(place)) return;
  const why = hasPage ? `a page has the places ${PLACES.join(', ')}` : 'there is no such page';
  refuseWithoutEffect(`${screen}.${place}`, { only: [''], because: why }, 'HTML');
}
