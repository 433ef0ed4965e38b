import { Type } from 'typebox';
import { type TryActionDeps, tryAction } from '../../../flows/manage-actions/manage-actions.ts';
import type { Json, ScriptOutcome } from '../../../outbound/scripts/scripts.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  freeObject,
  idParams,
  route,
} from '../route/route.ts';
import { noAction, tags } from './action-wire.ts';

/** `POST /actions/actions/{id}/test` */
export function tryRoute(api: Api, deps: BaseDeps & TryActionDeps): void {
  route(api, {
    method: 'POST',
    url: '/actions/actions/:id/test',
    scopes: ['create:actions'],
    summary: 'Try the draft of an action',
    description:
      'Runs the draft once, with the event that you send. The response has what it asked for, such as claims, what it wrote to its ' +
      'console, its error and its time. Nothing that it asked for is done. Calls that the code itself makes to other servers do take place.',
    tags,
    params: idParams('ID of the action'),
    body: closed({ payload: freeObject('An object with the `event` of the action') }),
    secret: true,
    response: { 200: Type.Object({ payload: freeObject('What the action did') }) },
    handler: async ({ params, body }) => {
      const { event = {} } = body.payload;
      if (!isObject(event)) {
        throw badRequest(
          "Payload validation error: 'Expected an object' on property payload.event.",
        );
      }
      const tried = await tryAction(deps, { id: params.id, event });
      if (tried.kind === 'missing') throw noAction();
      return { payload: toWire(tried.outcome) };
    },
  });
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toWire(outcome: ScriptOutcome): Record<string, unknown> {
  return {
    commands: outcome.kind === 'returned' ? outcome.commands : [],
    logs: outcome.lines,
    ...errorOf(outcome),
    milliseconds: Math.round(outcome.tookMs),
  };
}

function errorOf(outcome: ScriptOutcome): { error?: { name: string; message: string } } {
  const error = (name: string, message: string) => ({ error: { name, message } });
  switch (outcome.kind) {
    case 'returned':
      return {};
    case 'failed':
      return error(outcome.error.name, outcome.error.message);
    case 'timed-out':
      return error('timed-out', 'The action did not end within 20 seconds.');
    case 'busy':
      return error('busy', 'Too many scripts are running. Try again in a moment.');
    default:
      return error(outcome.kind, outcome.problem);
  }
}
