import type { FastifyRequest } from 'fastify';
import { enterIdentity, type FlowAt } from '../../flows/accept-invitation/accept-invitation.ts';
import {
  beginWithProvider,
  verifyAnswer,
  viewProviderLogin,
} from '../../flows/log-in-with-provider/log-in-with-provider.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import { carriedOut, stateOf } from './answers.ts';
import type { InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import type { Origins } from './origins.ts';
import { bodyOf, textOf } from './request-body.ts';

type Deps = InvitationFlowDeps & { origins: Origins };
type InFlow = { secret: string; at: FlowAt };

/**
 * Begins a login at an identity provider. The page sends the browser to `redirect_to`, an address of ours that leads on to the provider and
 * binds the login to the browser that opens it. The browser comes back to `return_url`.
 */
export async function beginConnection(
  deps: Deps,
  request: FastifyRequest,
  { secret, at }: InFlow,
): Promise<Record<string, unknown>> {
  const body = bodyOf(request);
  const name = textOf(body, 'connection', 200);
  const returnUrl = textOf(body, 'return_url', 2000);
  const state = stateOf(at);
  const { client, invitation } = at.view;
  const connection = at.needs.providers.find((each) => each.name === name);
  if (connection === undefined) throw new FlowProblem(422, 'connection_not_offered', { state });
  if (client === null || !(await deps.origins.permitsReturn(client, returnUrl))) {
    throw new FlowProblem(422, 'return_url_not_allowed', { state });
  }
  const begun = await beginWithProvider(deps, {
    connection,
    clientId: client.id,
    purpose: { kind: 'flow', holder: holderOf(secret), returnUrl: new URL(returnUrl).href },
    origin: deps.publicUrl,
    ip: request.ip,
    request: { login_hint: invitation.email },
  });
  switch (begun.kind) {
    case 'begun': {
      const query = new URLSearchParams({ login: begun.id, key: begun.browser });
      return { ...state, redirect_to: `${deps.publicUrl}${PAGE_PATHS.providerStart}?${query}` };
    }
    case 'throttled':
      throw new FlowProblem(429, 'too_many_requests', { ...begun, state });
    case 'unavailable':
      throw new FlowProblem(503, 'provider_unavailable', { state });
  }
}

/**
 * Uses up what the browser has brought back from the provider. It needs both secrets: that of the flow, and the one that only the browser of
 * the login has. So nobody can give an identity to the flow of another person, nor take one from a person who was lured to the provider.
 */
export async function finishConnection(
  deps: Deps,
  request: FastifyRequest,
  { secret, at }: InFlow,
): Promise<unknown> {
  const brought = textOf(bodyOf(request), 'flow_login', 300);
  const [id = ''] = brought.split('.', 1);
  const browser = brought.slice(id.length + 1);
  const state = stateOf(at);
  const login = await viewProviderLogin(deps, { id, browser });
  const connection = at.needs.providers.find((each) => each.id === login?.connectionId);
  const isOurs = login?.purpose.kind === 'flow' && login.purpose.holder === holderOf(secret);
  if (!isOurs || connection === undefined) throw new FlowProblem(422, 'login_over', { state });
  const { clientId } = at.flow;
  const answered = await verifyAnswer(deps, { id, browser, connection, clientId, ip: request.ip });
  switch (answered.kind) {
    case 'over':
      throw new FlowProblem(422, 'login_over', { state });
    case 'denied':
      throw new FlowProblem(422, 'login_denied', { state });
    case 'failed':
      throw new FlowProblem(422, 'login_failed', { state });
    case 'unavailable':
      throw new FlowProblem(503, 'provider_unavailable', { state });
    case 'proved':
      break;
  }
  const { identity } = answered;
  const stepped = await enterIdentity(deps, { secret, connection, identity });
  if (stepped.kind !== 'refused') return stateOf(carriedOut(stepped));
  if (stepped.why === 'blocked') throw new FlowProblem(403, 'account_blocked', { state });
  throw new FlowProblem(422, 'wrong_account', { state });
}

function holderOf(secret: string): string {
  return sha256(secret).toString('hex');
}
