import { Type } from 'typebox';
import { changeHook, createHook, removeHook } from '../../../flows/manage-hooks/manage-hooks.ts';
import { findHook, HOOK_TRIGGERS, type Hook, listHooks } from '../../../records/hooks/hooks.ts';
import {
  type Api,
  type ApiError,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  fieldsQuery,
  idParams,
  offsetPage,
  offsetPaging,
  oneOf,
  pageOf,
  pageQuery,
  pickFields,
  route,
} from '../route/route.ts';
import { hookSecretRoutes, noHook } from './hook-secrets.ts';

const tags = ['hooks'];
const FIELDS = ['id', 'name', 'script', 'triggerId', 'dependencies', 'enabled'];
const fields = {
  name: Type.String({
    maxLength: 255,
    pattern: '^[a-zA-Z0-9]([ \\-a-zA-Z0-9]*[a-zA-Z0-9])?$',
    description: 'Name of this hook. It is stored in lower case, with `-` for spaces.',
  }),
  script: Type.String({
    minLength: 1,
    maxLength: 1_000_000,
    description:
      'The program: a module whose export is a function that calls back. Maximum: 100 kB.',
  }),
  enabled: Type.Boolean({
    description:
      'Whether the hook runs. It then takes the place of the hook that ran at its trigger.',
  }),
  dependencies: Type.Unsafe<Record<string, string>>({
    type: 'object',
    maxProperties: 50,
    additionalProperties: { type: 'string', maxLength: 100 },
    description:
      'Packages that the hook requires. They come with Usher, so another version changes nothing.',
  }),
};
const triggerId = oneOf(HOOK_TRIGGERS, { description: 'The moment at which the hook runs' });
const hookSchema = Type.Partial(
  Type.Object({
    id: Type.String({ description: 'ID of this hook' }),
    ...fields,
    triggerId: Type.String({ description: 'The moment at which the hook runs' }),
  }),
);
const one = { url: '/hooks/:id', tags, params: idParams('ID of the hook') };

/** `/hooks`: programs in an older form that run at a trigger, and their secrets. */
export function registerHooks(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  hookSecretRoutes(api, deps);
  route(api, {
    method: 'POST',
    url: '/hooks',
    scopes: ['create:hooks'],
    summary: 'Create a hook',
    tags,
    body: closed({
      name: fields.name,
      script: fields.script,
      enabled: Type.Optional(fields.enabled),
      dependencies: Type.Optional(fields.dependencies),
      triggerId,
    }),
    response: { 201: hookSchema },
    handler: async ({ body }) => {
      const { script, enabled = false, dependencies = {} } = body;
      const name = storedName(body.name);
      const trigger = body.triggerId;
      const outcome = await createHook(deps, { name, script, enabled, dependencies, trigger });
      if (outcome.kind !== 'created') throw refusalOf(outcome);
      return toWire(outcome.hook);
    },
  });
  route(api, {
    method: 'GET',
    url: '/hooks',
    scopes: ['read:hooks'],
    summary: 'List hooks',
    tags,
    query: closed({
      ...pageQuery,
      ...fieldsQuery(FIELDS),
      enabled: Type.Optional(
        Type.Boolean({ description: 'Only hooks that run, or only those that do not' }),
      ),
      triggerId: Type.Optional(triggerId),
    }),
    response: { 200: pageOf('hooks', hookSchema) },
    handler: async ({ query }) => {
      const paging = offsetPaging(query);
      const { enabled, triggerId: trigger } = query;
      const { hooks, total } = await listHooks(db, { enabled, trigger, ...paging });
      const shown = hooks.map((hook) => pickFields(toWire(hook), query));
      return offsetPage(paging, 'hooks', shown, total);
    },
  });
  route(api, {
    ...one,
    method: 'GET',
    scopes: ['read:hooks'],
    summary: 'Get a hook',
    query: closed(fieldsQuery(FIELDS)),
    response: { 200: hookSchema },
    handler: async ({ params, query }) => {
      const hook = await findHook(db, params.id);
      if (hook === null) throw noHook();
      return pickFields(toWire(hook), query);
    },
  });
  route(api, {
    ...one,
    method: 'PATCH',
    scopes: ['update:hooks'],
    summary: 'Update a hook',
    body: Type.Partial(closed(fields)),
    response: { 201: hookSchema },
    handler: async ({ params, body }) => {
      const outcome = await changeHook(deps, params.id, {
        ...body,
        name: body.name === undefined ? undefined : storedName(body.name),
      });
      if (outcome.kind === 'missing') throw noHook();
      if (outcome.kind !== 'changed') throw refusalOf(outcome);
      return toWire(outcome.hook);
    },
  });
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:hooks'],
    summary: 'Delete a hook',
    description: 'Returns 204 even if the hook does not exist.',
    response: { 204: null },
    handler: ({ params }) => removeHook(deps, params.id),
  });
}

/** As Auth0 stores names, and as its tools write them into files. */
function storedName(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-');
}

function refusalOf(
  outcome: { kind: 'duplicate' | 'overtaken' } | { kind: 'refused'; path: string; why: string },
): ApiError {
  switch (outcome.kind) {
    case 'duplicate':
      return conflict('Hook with the same name already exists.');
    case 'overtaken':
      return conflict('Another request has enabled a hook of the trigger. Repeat this one.');
    case 'refused':
      return badRequest(`Payload validation error: '${outcome.why}' on property ${outcome.path}.`);
  }
}

function toWire({ id, name, script, trigger, dependencies, enabled }: Hook) {
  return { id, name, script, triggerId: trigger, dependencies, enabled };
}
