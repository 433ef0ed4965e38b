import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { enterCode, type FlowAt } from '../../flows/accept-invitation/accept-invitation.ts';
import { proveCode, startPasswordless } from '../../flows/passwordless/passwordless.ts';
import { type Connection, codeConnectionOf } from '../../records/connections/connections.ts';
import { carriedOut, stateOf } from './answers.ts';
import { atWay } from './at-way.ts';
import { beginConnection, finishConnection } from './connection-route.ts';
import type { FlowHandler, InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import type { Origins } from './origins.ts';
import {
  askForNewPasskey,
  askForOwnPasskey,
  takeNewPasskey,
  takeOwnPasskey,
} from './passkey-route.ts';
import { bodyOf, codeOf } from './request-body.ts';

type Deps = InvitationFlowDeps & { origins: Origins };
type InFlow = (
  handler: FlowHandler,
) => (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Registers the ways to log in besides a password: an identity provider, a passkey, and a code by mail. */
export function registerWayRoutes(app: FastifyInstance, deps: Deps, inFlow: InFlow): void {
  app.post(
    '/connection',
    inFlow(async (request, _reply, secret) =>
      beginConnection(deps, request, { secret, at: await atWay(deps, secret, 'connection') }),
    ),
  );
  app.post(
    '/connection/finish',
    inFlow(async (request, _reply, secret) =>
      finishConnection(deps, request, { secret, at: await atWay(deps, secret, 'connection') }),
    ),
  );
  const steps = {
    '/passkey': askForNewPasskey,
    '/passkey/verify': takeNewPasskey,
    '/existing/passkey': askForOwnPasskey,
    '/existing/passkey/verify': takeOwnPasskey,
    '/code': mailCode,
    '/code/verify': takeCode,
  };
  for (const [path, step] of Object.entries(steps)) {
    app.post(
      path,
      inFlow((request, _reply, secret) => step(deps, request, secret)),
    );
  }
}

async function mailCode(deps: Deps, request: FastifyRequest, secret: string): Promise<unknown> {
  const at = await atWay(deps, secret, 'code');
  const state = stateOf(at);
  const language = request.headers['accept-language']?.split(/[,;]/, 1)[0]?.slice(0, 35) ?? null;
  const sending = { ...askedBy(at, request), language, isInvited: true };
  const outcome = await startPasswordless(deps, sending);
  switch (outcome.kind) {
    case 'sent':
      return state;
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...outcome, state });
    default:
      throw new FlowProblem(503, 'code_not_sent', { state });
  }
}

async function takeCode(deps: Deps, request: FastifyRequest, secret: string): Promise<unknown> {
  const digits = codeOf(bodyOf(request));
  const at = await atWay(deps, secret, 'code');
  const asked = askedBy(at, request);
  const proved = await proveCode(deps, { ...asked, digits });
  const state = stateOf(at);
  switch (proved.kind) {
    case 'proved':
      return stateOf(carriedOut(await enterCode(deps, { secret, connection: asked.connection })));
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...proved, state });
    case 'wrong':
      throw new FlowProblem(422, 'wrong_code', { state });
  }
}

/** The code always goes to the invited address. */
function askedBy({ view }: FlowAt, request: FastifyRequest) {
  const { invitation, client, organization } = view;
  return {
    connection: codesOf(view.connections),
    recipient: invitation.email,
    clientId: client?.id ?? null,
    organizationId: organization?.id ?? null,
    ip: request.ip,
  };
}

function codesOf(connections: Connection[]): Connection {
  const connection = codeConnectionOf(connections);
  if (connection === null) throw new Error('A flow without codes has no step for them.');
  return connection;
}
