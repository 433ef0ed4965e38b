import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteCompletedLogin } from '../../../flows/second-factor/second-factor.ts';
import type { User } from '../../../records/users/users.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import { rememberWay } from '../ways-in/ways-in.ts';
import type { LoginContext } from './login-context.ts';
import { sentToSecondFactor } from './mfa-gate.ts';
import { rejectedNonMember } from './organization-gate.ts';
import { sentToPasskeyOffer } from './passkey-gate.ts';

export {
  anyLoginContext,
  asksForOrganizationFirst,
  codeLoginContext,
  formUrl,
  type LoginContext,
  loginContext,
  openLogin,
  stateQuery,
  type UnconnectedContext,
  unconnectedContext,
} from './login-context.ts';
export { challengePage, enrollmentPage, sentToSecondFactor } from './mfa-gate.ts';
export {
  type LoginSession,
  loginSession,
  loginUrl,
  type MfaSession,
  onScreen,
  ticketSession,
} from './mfa-session.ts';
export { declinePasskey, offerSession } from './passkey-gate.ts';
export { refuseBlocked } from './refuse-blocked.ts';
export { rememberBrowser } from './remembered-browser.ts';
export { waysOfLogin } from './ways-of-login.ts';

/**
 * Finishes a login after the user has authenticated. Every page returns to the application through here.
 * @param entry.amr the authentication methods (RFC 8176)
 * @param entry.isFromAnotherDevice whether the passkey of another device was used
 * @param entry.isOffered whether the user has answered the offer of a passkey
 */
export async function finishLogin(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  entry: {
    context: LoginContext;
    user: User;
    amr: string[];
    isFromAnotherDevice?: boolean;
    isOffered?: boolean;
  },
): Promise<FastifyReply> {
  // The newest proof counts. An older one is void, even if this login did not use it.
  deps.proofs.forget(request, reply);
  rememberWay(deps, reply, entry.context.connection.id);
  if (await rejectedNonMember(deps, request, reply, entry)) return reply;
  if (await sentToSecondFactor(deps, request, reply, entry)) return reply;
  if (!entry.isOffered && (await sentToPasskeyOffer(deps, request, reply, entry))) return reply;
  const browser = browserSecret(deps, request);
  keepBrowserSecret(deps, reply, browser);
  const origin = { ip: request.ip, browser };
  await noteCompletedLogin(deps, { userId: entry.user.id, origin });
  const result = {
    userId: entry.user.id,
    amr: entry.amr,
    remember: true,
    connectionId: entry.context.connection.id,
  };
  await deps.interactions.finish(request, reply, result);
  return reply;
}
