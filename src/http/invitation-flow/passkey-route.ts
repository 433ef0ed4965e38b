import type { FastifyRequest } from 'fastify';
import {
  enterExistingPasskey,
  enterPasskey,
  type FlowAt,
} from '../../flows/accept-invitation/accept-invitation.ts';
import {
  askForPasskey,
  logInWithPasskey,
} from '../../flows/log-in-with-passkey/log-in-with-passkey.ts';
import { beginPasskey, verifyNewPasskey } from '../../flows/register-passkey/register-passkey.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { relyingPartyHere, servesOrigin } from '../../steps/verify-passkey/verify-passkey.ts';
import { carriedOut, stateOf } from './answers.ts';
import { atWay } from './at-way.ts';
import type { InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import { bodyOf } from './request-body.ts';

/** Makes the options of a new passkey. */
export async function askForNewPasskey(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  secret: string,
): Promise<unknown> {
  const at = await atWay(deps, secret, 'passkey');
  pageOriginOf(deps, request, at);
  const begun = await beginPasskey(deps, {
    ...registering(secret),
    user: null,
    name: at.view.invitation.email,
    ip: request.ip,
  });
  return optionsOf(begun, at);
}

/** Takes the passkey that the browser has made. */
export async function takeNewPasskey(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  secret: string,
): Promise<unknown> {
  const answer = credentialOf(request);
  const at = await atWay(deps, secret, 'passkey');
  const pageOrigin = pageOriginOf(deps, request, at);
  const passkey = await verifyNewPasskey(deps, { ...registering(secret), answer, pageOrigin });
  if (passkey === null) throw new FlowProblem(422, 'passkey_refused', { state: stateOf(at) });
  return stateOf(carriedOut(await enterPasskey(deps, { secret, passkey })));
}

/** Asks for the passkey of an account that exists. */
export async function askForOwnPasskey(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  secret: string,
): Promise<unknown> {
  const at = await atWay(deps, secret, 'existing-passkey');
  pageOriginOf(deps, request, at);
  const begun = await askForPasskey(deps, { uid: boundTo(secret), ip: request.ip });
  return optionsOf(begun, at);
}

/** Logs in with the passkey of an account that exists. */
export async function takeOwnPasskey(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  secret: string,
): Promise<unknown> {
  const answer = credentialOf(request);
  const at = await atWay(deps, secret, 'existing-passkey');
  const { view } = at;
  const login = await logInWithPasskey(deps, {
    uid: boundTo(secret),
    answer,
    pageOrigin: pageOriginOf(deps, request, at),
    connections: view.connections,
    clientId: view.client?.id ?? null,
    ip: request.ip,
    entersLater: true,
  });
  const state = stateOf(at);
  switch (login.kind) {
    case 'ok':
      break;
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...login, state });
    case 'blocked':
      throw new FlowProblem(403, 'account_blocked', { state });
    case 'wrong':
      throw new FlowProblem(422, 'passkey_wrong', { state });
  }
  const { user, amr } = login;
  const stepped = await enterExistingPasskey(deps, { secret, userId: user.id, amr });
  if (stepped.kind === 'refused') throw new FlowProblem(422, 'wrong_account', { state });
  return stateOf(carriedOut(stepped));
}

type Begun = Awaited<ReturnType<typeof beginPasskey>> | Awaited<ReturnType<typeof askForPasskey>>;

/** @throws FlowProblem if there are no options for the browser */
function optionsOf(begun: Begun, at: FlowAt): unknown {
  const state = stateOf(at);
  switch (begun.kind) {
    case 'begun':
      return { ...state, passkey: begun.options };
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...begun, state });
    case 'unavailable':
      throw new FlowProblem(409, 'passkey_not_here', { state });
  }
}

/** @throws FlowProblem 400 if the body has none */
function credentialOf(request: FastifyRequest): string {
  const { credential } = bodyOf(request);
  if (typeof credential === 'object' && credential !== null) return JSON.stringify(credential);
  throw new FlowProblem(400, 'invalid_request');
}

function registering(secret: string) {
  return { kind: 'passkey', boundTo: boundTo(secret) } as const;
}

function boundTo(secret: string): string {
  return `flow ${sha256(secret).toString('hex')}`;
}

/** Returns the origin of a page on which browsers make passkeys of this server. @throws FlowProblem if it is another one */
function pageOriginOf(
  { publicUrl }: InvitationFlowDeps,
  request: FastifyRequest,
  at: FlowAt,
): string {
  const { origin = '' } = request.headers;
  const party = relyingPartyHere(publicUrl);
  if (party !== null && servesOrigin(party, origin)) return origin;
  throw new FlowProblem(409, 'passkey_not_here', { state: stateOf(at) });
}
