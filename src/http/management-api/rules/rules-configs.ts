import { Type } from 'typebox';
import { removeRulesConfig, setRulesConfig } from '../../../flows/manage-rules/manage-rules.ts';
import { listRulesConfigs } from '../../../records/rules/rules.ts';
import { type Api, type BaseDeps, closed, route } from '../route/route.ts';

const tags = ['rules'];
const key = Type.String({
  minLength: 1,
  maxLength: 127,
  pattern: '^[A-Za-z0-9_\\-@*+:]*$',
  description: 'Name of the value: a property of `configuration` in rules',
});
const one = { url: '/rules-configs/:key', tags, params: Type.Object({ key }) };

/** `/rules-configs`: values that all rules read. */
export function rulesConfigRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/rules-configs',
    scopes: ['read:rules_configs'],
    summary: 'List the names of the values that rules read',
    description: 'No response contains the values.',
    tags,
    response: { 200: Type.Array(Type.Object({ key })) },
    handler: async () => (await listRulesConfigs(deps.db)).map((name) => ({ key: name })),
  });
  route(api, {
    ...one,
    method: 'PUT',
    scopes: ['update:rules_configs'],
    summary: 'Set a value that rules read',
    body: closed({
      value: Type.String({ maxLength: 65_536, description: 'The value. It is stored encrypted.' }),
    }),
    secret: true,
    response: { 200: Type.Object({ key, value: Type.String() }) },
    handler: async ({ params, body }) => {
      await setRulesConfig(deps, { key: params.key, value: body.value });
      return { key: params.key, value: body.value };
    },
  });
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:rules_configs'],
    summary: 'Delete a value that rules read',
    description: 'Returns 204 even if the value does not exist.',
    response: { 204: null },
    handler: ({ params }) => removeRulesConfig(deps, params.key),
  });
}
