import { Type } from 'typebox';
import { changeRule, createRule, removeRule } from '../../../flows/manage-rules/manage-rules.ts';
import { findRule, listRules, type Rule } from '../../../records/rules/rules.ts';
import {
  type Api,
  type ApiError,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  type Effects,
  fieldsQuery,
  idParams,
  notFound,
  offsetPage,
  offsetPaging,
  oneOf,
  pageOf,
  pageQuery,
  pickFields,
  route,
} from '../route/route.ts';
import { rulesConfigRoutes } from './rules-configs.ts';

const tags = ['rules'];
const STAGE = 'login_success';
const FIELDS = ['id', 'name', 'script', 'order', 'enabled', 'stage'];
const fields = {
  name: Type.String({
    maxLength: 255,
    pattern: '^[a-zA-Z0-9]([ \\-a-zA-Z0-9]*[a-zA-Z0-9])?$',
    description: 'Name of this rule',
  }),
  script: Type.String({
    minLength: 1,
    maxLength: 1_000_000,
    description: 'The program, as `function (user, context, callback) { … }`. Maximum: 100 kB.',
  }),
  order: Type.Integer({
    minimum: 0,
    maximum: 1_000_000_000,
    description: 'Rules run in this order, the lowest first',
  }),
  enabled: Type.Boolean({ description: 'Whether the rule runs' }),
};
const stage = oneOf([STAGE, 'login_failure', 'pre_authorize'], { description: 'When a rule runs' });
const EFFECTS: Effects = { stage: { only: [STAGE], because: 'rules run after a login' } };
const ruleSchema = Type.Partial(
  Type.Object({
    id: Type.String({ description: 'ID of this rule' }),
    ...fields,
    stage: Type.String(),
  }),
);
const one = { url: '/rules/:id', tags, params: idParams('ID of the rule') };

/** `/rules` and `/rules-configs`: programs in an older form that run at every login, and the values that they read. */
export function registerRules(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  rulesConfigRoutes(api, deps);
  route(api, {
    method: 'POST',
    url: '/rules',
    scopes: ['create:rules'],
    summary: 'Create a rule',
    description: 'Without `order`, the rule runs after all others.',
    tags,
    body: closed({
      name: fields.name,
      script: fields.script,
      order: Type.Optional(fields.order),
      enabled: Type.Optional({ ...fields.enabled, description: 'Default: `true`' }),
      stage: Type.Optional(stage),
    }),
    effects: EFFECTS,
    response: { 201: ruleSchema },
    handler: async ({ body }) => {
      const { name, script, order, enabled = true } = body;
      const outcome = await createRule(deps, { name, script, order, enabled });
      if (outcome.kind !== 'created') throw refusalOf(outcome);
      return toWire(outcome.rule);
    },
  });
  route(api, {
    method: 'GET',
    url: '/rules',
    scopes: ['read:rules'],
    summary: 'List rules',
    description: 'In the order in which they run.',
    tags,
    query: closed({
      ...pageQuery,
      ...fieldsQuery(FIELDS),
      enabled: Type.Optional(
        Type.Boolean({ description: 'Only rules that run, or only those that do not' }),
      ),
    }),
    response: { 200: pageOf('rules', ruleSchema) },
    handler: async ({ query }) => {
      const paging = offsetPaging(query);
      const { rules, total } = await listRules(db, { enabled: query.enabled, ...paging });
      const shown = rules.map((rule) => pickFields(toWire(rule), query));
      return offsetPage(paging, 'rules', shown, total);
    },
  });
  route(api, {
    ...one,
    method: 'GET',
    scopes: ['read:rules'],
    summary: 'Get a rule',
    query: closed(fieldsQuery(FIELDS)),
    response: { 200: ruleSchema },
    handler: async ({ params, query }) => {
      const rule = await findRule(db, params.id);
      if (rule === null) throw missing();
      return pickFields(toWire(rule), query);
    },
  });
  route(api, {
    ...one,
    method: 'PATCH',
    scopes: ['update:rules'],
    summary: 'Update a rule',
    body: Type.Partial(closed(fields)),
    response: { 200: ruleSchema },
    handler: async ({ params, body }) => {
      const outcome = await changeRule(deps, params.id, body);
      if (outcome.kind === 'missing') throw missing();
      if (outcome.kind !== 'updated') throw refusalOf(outcome);
      return toWire(outcome.rule);
    },
  });
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:rules'],
    summary: 'Delete a rule',
    description: 'Returns 204 even if the rule does not exist.',
    response: { 204: null },
    handler: ({ params }) => removeRule(deps, params.id),
  });
}

const missing = () => notFound('The rule does not exist', 'inexistent_rule');

function refusalOf(
  outcome: { kind: 'duplicate_name' | 'duplicate_order' } | { kind: 'bad_script'; problem: string },
): ApiError {
  if (outcome.kind === 'bad_script') {
    return badRequest(`Payload validation error: '${outcome.problem}' on property script.`);
  }
  const what = outcome.kind === 'duplicate_name' ? 'name' : 'order';
  return conflict(`A rule with the same ${what} already exists`);
}

function toWire({ id, enabled, script, name, order }: Rule) {
  return { id, enabled, script, name, order, stage: STAGE };
}
