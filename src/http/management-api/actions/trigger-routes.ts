import { Type } from 'typebox';
import { bindActions, MOST_BINDINGS } from '../../../flows/manage-actions/manage-actions.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  bindingsOf,
  findActions,
  findExecution,
  isTrigger,
  TRIGGERS,
  type Trigger,
} from '../../../records/actions/actions.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  conflict,
  idParams,
  notFound,
  offsetPaging,
  oneOf,
  pageQuery,
  route,
  timestamp,
} from '../route/route.ts';
import {
  actionSchema,
  COMPATIBLE,
  DEFAULT_RUNTIME,
  RUNTIMES,
  refusal,
  tags,
  toActionWire,
  triggerName,
} from './action-wire.ts';
import { BINDING_EFFECTS } from './effects-of-actions.ts';

const ofTrigger = Type.Object({ triggerId: triggerName });
const bindingSchema = Type.Object({
  id: Type.String({ description: 'ID of the binding' }),
  trigger_id: Type.String({ description: 'The trigger' }),
  display_name: Type.String({ description: 'Name of the binding, for people' }),
  action: actionSchema,
  created_at: timestamp('When the action was bound'),
  updated_at: timestamp('When the binding was last changed'),
});
const compatible = Type.Object({ id: Type.String(), version: Type.String() });
const triggerSchema = Type.Object({
  id: Type.String({ description: 'Name of the trigger' }),
  version: Type.String({ description: 'Version of its event and its API' }),
  status: Type.String({ description: '`CURRENT`, or `DEPRECATED`' }),
  runtimes: Type.Array(Type.String()),
  default_runtime: Type.String(),
  compatible_triggers: Type.Array(compatible),
  binding_policy: Type.String({ description: 'Always `trigger-bound`' }),
});
const executionSchema = Type.Object({
  id: Type.String({ description: 'ID of the execution' }),
  trigger_id: Type.String({ description: 'The trigger' }),
  status: Type.String({
    description: '`final`, `partial` after an error or a refusal, `suspended` after a redirect',
  }),
  results: Type.Array(
    Type.Object({
      action_name: Type.String({ description: 'Name of the action' }),
      error: Type.Optional(Type.Object({ id: Type.String(), msg: Type.String() })),
      started_at: timestamp('When the action began'),
      ended_at: timestamp('When the action ended'),
      console: Type.String({
        description:
          'What the action wrote to its console, up to 256 characters. Auth0 does not have this field.',
      }),
    }),
  ),
  created_at: timestamp('When the first action began'),
  updated_at: timestamp('When the last action ended'),
});

/** `/actions/triggers`, their bindings, and `/actions/executions` */
export function triggerRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/actions/triggers',
    scopes: ['read:actions'],
    summary: 'List the triggers at which actions can run',
    tags,
    response: { 200: Type.Object({ triggers: Type.Array(triggerSchema) }) },
    handler: () => ({ triggers: Object.keys(TRIGGERS).filter(isTrigger).map(toTriggerWire) }),
  });
  route(api, {
    method: 'GET',
    url: '/actions/triggers/:triggerId/bindings',
    scopes: ['read:actions'],
    summary: 'List the actions that run at a trigger',
    description: 'In the order in which they run.',
    tags,
    params: ofTrigger,
    query: closed({ page: pageQuery.page, per_page: pageQuery.per_page }),
    response: {
      200: Type.Object({
        total: Type.Integer(),
        page: Type.Integer(),
        per_page: Type.Integer(),
        bindings: Type.Array(bindingSchema),
      }),
    },
    handler: async ({ params, query }) => {
      const trigger = needTrigger(params.triggerId);
      const { offset, limit } = offsetPaging(query);
      const { bindings, total } = await boundTo(db, { trigger, offset, limit });
      return { total, page: query.page ?? 0, per_page: limit, bindings };
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/actions/triggers/:triggerId/bindings',
    scopes: ['update:actions'],
    summary: 'Set the actions that run at a trigger',
    description: 'Replaces the whole list. The actions run in its order. Each must be deployed.',
    tags,
    params: ofTrigger,
    body: closed({
      bindings: Type.Optional(
        Type.Array(
          closed({
            ref: closed({
              type: oneOf(['action_id', 'action_name', 'binding_id'], {
                description: 'How the action is named',
              }),
              value: Type.String({ minLength: 1, maxLength: 255, description: 'ID or name' }),
            }),
            display_name: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 255,
                description: 'Name of the binding, for people. Default: the name of the action.',
              }),
            ),
            secrets: Type.Optional(Type.Array(Type.Unknown())),
          }),
          { maxItems: MOST_BINDINGS, description: 'The actions, in the order in which they run' },
        ),
      ),
    }),
    effects: BINDING_EFFECTS,
    response: { 200: Type.Object({ bindings: Type.Array(bindingSchema) }) },
    handler: async ({ params, body }) => {
      const trigger = needTrigger(params.triggerId);
      if (body.bindings !== undefined) await bind(deps, trigger, body.bindings);
      const { bindings } = await boundTo(db, { trigger, offset: 0, limit: MOST_BINDINGS });
      return { bindings };
    },
  });
  route(api, {
    method: 'GET',
    url: '/actions/executions/:id',
    scopes: ['read:actions'],
    summary: 'Get what actions did at a trigger',
    description: 'The tenant log names the execution of a login. Executions are kept for ten days.',
    tags,
    params: idParams('ID of the execution'),
    response: { 200: executionSchema },
    handler: async ({ params }) => {
      const execution = await findExecution(db, params.id);
      if (execution === null) throw notFound('That execution does not exist.');
      return {
        id: execution.id,
        trigger_id: execution.trigger,
        status: execution.status,
        results: execution.results.map((result) => ({
          action_name: result.actionName,
          ...(result.error && { error: { id: result.error.id, msg: result.error.message } }),
          started_at: result.startedAt.toISOString(),
          ended_at: result.endedAt.toISOString(),
          console: result.console,
        })),
        created_at: execution.createdAt.toISOString(),
        updated_at: execution.updatedAt.toISOString(),
      };
    },
  });
}

type WireBinding = {
  ref: { type: 'action_id' | 'action_name' | 'binding_id'; value: string };
  display_name?: string;
};

/** @throws ApiError 400 for an action that cannot be bound, 409 if another request came in between */
async function bind(deps: BaseDeps, trigger: Trigger, wanted: WireBinding[]): Promise<void> {
  const bindings = wanted.map(({ ref, display_name: displayName }) => ({ ref, displayName }));
  const outcome = await bindActions(deps, { trigger, bindings });
  if (outcome.kind === 'refused') throw refusal(outcome);
  if (outcome.kind === 'overtaken') {
    throw conflict('Another request has changed the bindings. Repeat this one.');
  }
}

/** @throws ApiError 404 for a trigger of Auth0 that this server does not have */
function needTrigger(name: string): Trigger {
  if (isTrigger(name)) return name;
  const triggers = Object.keys(TRIGGERS).join(', ');
  throw notFound(`That trigger does not exist. Actions can run at ${triggers}.`);
}

async function boundTo(db: Db, page: { trigger: Trigger; offset: number; limit: number }) {
  const { bindings, total } = await bindingsOf(db, page);
  const ids = bindings.map(({ actionId }) => actionId);
  const actions = await findActions(db, { ids, names: [] });
  const byId = new Map(actions.map((action) => [action.id, action]));
  const shown = bindings.flatMap((binding) => {
    const action = byId.get(binding.actionId);
    // Deleted between the two reads.
    if (action === undefined) return [];
    return {
      id: binding.id,
      trigger_id: binding.trigger,
      display_name: binding.displayName,
      action: toActionWire(action),
      created_at: binding.createdAt.toISOString(),
      updated_at: binding.updatedAt.toISOString(),
    };
  });
  return { bindings: shown, total };
}

function toTriggerWire(id: Trigger) {
  return {
    id,
    version: TRIGGERS[id],
    status: 'CURRENT',
    runtimes: RUNTIMES,
    default_runtime: DEFAULT_RUNTIME,
    compatible_triggers: (COMPATIBLE[id] ?? []).map((version) => ({ id, version })),
    binding_policy: 'trigger-bound',
  };
}
