import { type Static, Type } from 'typebox';
import {
  changeAction,
  createAction,
  removeAction,
} from '../../../flows/manage-actions/manage-actions.ts';
import { findAction, isTrigger, listActions } from '../../../records/actions/actions.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  conflict,
  idParams,
  offsetPaging,
  oneOf,
  pageQuery,
  route,
} from '../route/route.ts';
import {
  actionSchema,
  DEFAULT_RUNTIME,
  noAction,
  RUNTIMES,
  readTrigger,
  refusal,
  tags,
  toActionWire,
  triggerName,
} from './action-wire.ts';
import { ACTION_EFFECTS } from './effects-of-actions.ts';

const maybeText = Type.Optional(Type.String({ maxLength: 100 }));
const fields = {
  name: Type.String({ minLength: 1, maxLength: 255, description: 'The name of an action' }),
  supported_triggers: Type.Array(
    closed({
      id: triggerName,
      version: maybeText,
      status: maybeText,
      runtimes: Type.Optional(Type.Array(Type.String())),
      default_runtime: maybeText,
      compatible_triggers: Type.Optional(Type.Array(Type.Unknown())),
      binding_policy: maybeText,
    }),
    { minItems: 1, maxItems: 1, description: 'The trigger at which the action can run' },
  ),
  code: Type.Optional(
    Type.String({
      maxLength: 1_000_000,
      description: 'The source code of the action. Maximum: 100 kB.',
    }),
  ),
  dependencies: Type.Optional(
    Type.Array(
      closed({
        name: Type.String({ minLength: 1, maxLength: 214 }),
        version: Type.Optional(Type.String({ maxLength: 100 })),
        registry_url: maybeText,
      }),
      {
        maxItems: 50,
        description:
          'Packages that the action requires. They come with Usher, so another version changes nothing.',
      },
    ),
  ),
  runtime: Type.Optional(
    oneOf(RUNTIMES, {
      description: 'The Node runtime that the action was written for. All run on the same engine.',
    }),
  ),
  secrets: Type.Optional(
    Type.Array(
      closed({
        name: Type.String({ minLength: 1, maxLength: 128 }),
        value: Type.Optional(
          Type.String({ maxLength: 4096, description: 'Without it, a secret keeps its value' }),
        ),
      }),
      { maxItems: 100, description: 'All secrets of the action. Others are deleted.' },
    ),
  ),
  modules: Type.Optional(Type.Array(Type.Unknown(), { description: 'Modules of actions' })),
};
const createBody = closed({
  ...fields,
  deploy: Type.Optional(
    Type.Boolean({ description: 'Whether the action is deployed at once. Default: `false`.' }),
  ),
});
const changeBody = closed({
  ...fields,
  name: Type.Optional(fields.name),
  supported_triggers: Type.Optional(fields.supported_triggers),
});
const one = { url: '/actions/actions/:id', tags, params: idParams('ID of the action') };
const taken = () => conflict('An action with the same name already exists.');

/** `/actions/actions` */
export function actionRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/actions/actions',
    scopes: ['create:actions'],
    summary: 'Create an action',
    description: 'An action runs once it is deployed and bound to its trigger.',
    tags,
    body: createBody,
    effects: ACTION_EFFECTS,
    response: { 201: actionSchema },
    handler: async ({ body }) => {
      const [wanted] = body.supported_triggers;
      const outcome = await createAction(deps, {
        name: body.name,
        ...readTrigger(wanted ?? { id: '' }),
        code: body.code ?? 'module.exports = () => {}',
        dependencies: dependenciesOf(body) ?? [],
        runtime: body.runtime ?? DEFAULT_RUNTIME,
        secrets: body.secrets ?? [],
        deploy: body.deploy ?? false,
      });
      if (outcome.kind === 'duplicate') throw taken();
      if (outcome.kind === 'refused') throw refusal(outcome);
      return toActionWire(outcome.action);
    },
  });
  route(api, {
    method: 'GET',
    url: '/actions/actions',
    scopes: ['read:actions'],
    summary: 'List actions',
    tags,
    query: closed({
      triggerId: Type.Optional(triggerName),
      actionName: Type.Optional(Type.String({ maxLength: 255, description: 'Name of the action' })),
      deployed: Type.Optional(
        Type.Boolean({ description: 'Only actions that have, or have not, been deployed' }),
      ),
      installed: Type.Optional(
        Type.Boolean({ description: 'Whether the action was installed. None was, in Usher.' }),
      ),
      page: pageQuery.page,
      per_page: pageQuery.per_page,
    }),
    response: {
      200: Type.Object({
        total: Type.Integer(),
        page: Type.Integer(),
        per_page: Type.Integer(),
        actions: Type.Array(actionSchema),
      }),
    },
    handler: async ({ query }) => {
      const { triggerId, page = 0 } = query;
      const { offset, limit } = offsetPaging(query);
      const numbers = { page, per_page: limit };
      const none = query.installed === true || (triggerId !== undefined && !isTrigger(triggerId));
      if (none) return { total: 0, ...numbers, actions: [] };
      const { actions, total } = await listActions(db, {
        trigger: triggerId !== undefined && isTrigger(triggerId) ? triggerId : undefined,
        name: query.actionName,
        deployed: query.deployed,
        offset,
        limit,
      });
      return { total, ...numbers, actions: actions.map(toActionWire) };
    },
  });
  route(api, {
    ...one,
    method: 'GET',
    scopes: ['read:actions'],
    summary: 'Get an action',
    response: { 200: actionSchema },
    handler: async ({ params }) => {
      const action = await findAction(db, params.id);
      if (action === null) throw noAction();
      return toActionWire(action);
    },
  });
  route(api, {
    ...one,
    method: 'PATCH',
    scopes: ['update:actions'],
    summary: 'Update the draft of an action',
    description: 'What runs changes when the action is deployed again.',
    body: changeBody,
    effects: ACTION_EFFECTS,
    response: { 200: actionSchema },
    handler: async ({ params, body }) => {
      const [wanted] = body.supported_triggers ?? [];
      const outcome = await changeAction(deps, params.id, {
        name: body.name,
        ...(wanted && readTrigger(wanted)),
        code: body.code,
        dependencies: dependenciesOf(body),
        runtime: body.runtime,
        secrets: body.secrets,
      });
      if (outcome.kind === 'missing') throw noAction();
      if (outcome.kind === 'duplicate') throw taken();
      if (outcome.kind === 'refused') throw refusal(outcome);
      return toActionWire(outcome.action);
    },
  });
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:actions'],
    summary: 'Delete an action with its versions',
    query: closed({
      force: Type.Optional(
        Type.Boolean({
          description: 'Whether an action that is bound to its trigger is deleted too',
        }),
      ),
    }),
    response: { 204: null },
    handler: async ({ params, query }) => {
      const outcome = await removeAction(deps, params.id, { force: query.force ?? false });
      if (outcome.kind === 'missing') throw noAction();
      // Auth0's own words, which tools look for.
      if (outcome.kind === 'bound')
        throw conflict('Unable to delete an action bound to a trigger.');
    },
  });
}

function dependenciesOf({ dependencies }: Pick<Static<typeof changeBody>, 'dependencies'>) {
  return dependencies?.map(({ name, version }) => ({ name, version: version ?? 'latest' }));
}
