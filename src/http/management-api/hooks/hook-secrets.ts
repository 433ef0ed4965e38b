import { Type } from 'typebox';
import { changeSecrets, MOST_SECRETS } from '../../../flows/manage-hooks/manage-hooks.ts';
import { hookSecretNames } from '../../../records/hooks/hooks.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  conflict,
  idParams,
  notFound,
  route,
} from '../route/route.ts';

/** What Auth0 shows instead of a secret. */
const HIDDEN = '_VALUE_NOT_SHOWN_';
const values = Type.Unsafe<Record<string, string>>({
  type: 'object',
  minProperties: 1,
  maxProperties: MOST_SECRETS,
  propertyNames: { maxLength: 128 },
  additionalProperties: { type: 'string', maxLength: 4096 },
  description: 'Values of secrets by their names',
});
const one = { url: '/hooks/:id/secrets', tags: ['hooks'], params: idParams('ID of the hook') };

export const noHook = () => notFound('Error: Hook does not exist', 'HookDoesNotExist');

/** `/hooks/{id}/secrets` */
export function hookSecretRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    ...one,
    method: 'GET',
    scopes: ['read:hooks'],
    summary: 'List the secrets of a hook',
    description: `Each has the value ${HIDDEN}: no response contains the real one.`,
    response: { 200: { ...values, minProperties: 0 } },
    handler: async ({ params }) => {
      const names = await hookSecretNames(deps.db, params.id);
      if (names === null) throw noHook();
      return Object.fromEntries(names.map((name) => [name, HIDDEN]));
    },
  });
  for (const [method, kind, summary] of [
    ['POST', 'add', 'Add secrets to a hook'],
    ['PATCH', 'replace', 'Set other values of secrets of a hook'],
  ] as const) {
    route(api, {
      ...one,
      method,
      scopes: ['update:hooks'],
      summary,
      body: values,
      secret: true,
      response: { 201: Type.Object({}) },
      handler: async ({ params, body }) => {
        const change = { kind, secrets: body };
        const outcome = await changeSecrets(deps, { id: params.id, change });
        if (outcome.kind === 'missing') throw noHook();
        if (outcome.kind === 'taken') {
          throw conflict(`Secret with the same name already exists: ${outcome.names.join(', ')}`);
        }
        if (outcome.kind === 'no_secret') {
          throw notFound(`Secret not found: ${outcome.names.join(', ')}`);
        }
        if (outcome.kind === 'too_many') {
          throw badRequest(`A hook can have up to ${MOST_SECRETS} secrets.`);
        }
        return {};
      },
    });
  }
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:hooks'],
    summary: 'Delete secrets of a hook',
    description: 'The body lists their names. A secret that does not exist changes nothing.',
    body: Type.Array(Type.String({ maxLength: 128 }), { minItems: 1, maxItems: 100 }),
    response: { 204: null },
    handler: async ({ params, body }) => {
      const change = { kind: 'remove', names: body } as const;
      const outcome = await changeSecrets(deps, { id: params.id, change });
      if (outcome.kind === 'missing') throw noHook();
    },
  });
}
