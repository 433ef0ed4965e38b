import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  enterCode,
  enterPasskey,
  type FlowAt,
  viewFlow,
} from '../../flows/accept-invitation/accept-invitation.ts';
import { proveCode, startPasswordless } from '../../flows/passwordless/passwordless.ts';
import { beginPasskey, verifyNewPasskey } from '../../flows/register-passkey/register-passkey.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Connection, codeConnectionOf } from '../../records/connections/connections.ts';
import { relyingPartyHere, servesOrigin } from '../../steps/verify-passkey/verify-passkey.ts';
import { carriedOut, endProblem, stateOf } from './answers.ts';
import { beginConnection, finishConnection } from './connection-route.ts';
import type { FlowHandler, InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import type { Origins } from './origins.ts';
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
  app.post(
    '/passkey',
    inFlow((request, _reply, secret) => askForPasskey(deps, request, secret)),
  );
  app.post(
    '/passkey/verify',
    inFlow((request, _reply, secret) => takePasskey(deps, request, secret)),
  );
  app.post(
    '/code',
    inFlow((request, _reply, secret) => mailCode(deps, request, secret)),
  );
  app.post(
    '/code/verify',
    inFlow((request, _reply, secret) => takeCode(deps, request, secret)),
  );
}

/** Returns the flow. @throws FlowProblem if it does not take this way now */
async function atWay(
  deps: Deps,
  secret: string,
  way: 'connection' | 'passkey' | 'code',
): Promise<FlowAt> {
  const viewed = await viewFlow(deps, secret);
  if (viewed.kind !== 'open') throw endProblem(viewed);
  const { at } = viewed;
  if (!at.next.includes(way)) throw new FlowProblem(409, 'wrong_step', { state: stateOf(at) });
  return at;
}

async function askForPasskey(
  deps: Deps,
  request: FastifyRequest,
  secret: string,
): Promise<unknown> {
  const at = await atWay(deps, secret, 'passkey');
  const state = stateOf(at);
  pageOriginOf(deps, request, at);
  const begun = await beginPasskey(deps, {
    ...registering(secret),
    user: null,
    name: at.view.invitation.email,
    ip: request.ip,
  });
  switch (begun.kind) {
    case 'begun':
      return { ...state, passkey: begun.options };
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...begun, state });
    case 'unavailable':
      throw new FlowProblem(409, 'passkey_not_here', { state });
  }
}

async function takePasskey(deps: Deps, request: FastifyRequest, secret: string): Promise<unknown> {
  const { credential } = bodyOf(request);
  if (typeof credential !== 'object' || credential === null) {
    throw new FlowProblem(400, 'invalid_request');
  }
  const at = await atWay(deps, secret, 'passkey');
  const pageOrigin = pageOriginOf(deps, request, at);
  const answer = JSON.stringify(credential);
  const passkey = await verifyNewPasskey(deps, { ...registering(secret), answer, pageOrigin });
  if (passkey === null) throw new FlowProblem(422, 'passkey_refused', { state: stateOf(at) });
  return stateOf(carriedOut(await enterPasskey(deps, { secret, passkey })));
}

function registering(secret: string) {
  return { kind: 'passkey', boundTo: `flow ${sha256(secret).toString('hex')}` } as const;
}

/** Returns the origin of a page on which browsers make passkeys of this server. @throws FlowProblem if it is another one */
function pageOriginOf({ publicUrl }: Deps, request: FastifyRequest, at: FlowAt): string {
  const { origin = '' } = request.headers;
  const party = relyingPartyHere(publicUrl);
  if (party !== null && servesOrigin(party, origin)) return origin;
  throw new FlowProblem(409, 'passkey_not_here', { state: stateOf(at) });
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
