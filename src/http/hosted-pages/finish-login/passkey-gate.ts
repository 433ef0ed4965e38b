import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  beginPasskeyOffer,
  passkeyOffer,
} from '../../../flows/register-passkey/register-passkey.ts';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import {
  findPendingLogin,
  type PendingLogin,
} from '../../../records/pending-logins/pending-logins.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import type { PageDeps } from '../deps.ts';
import { passkeyCookie } from '../ways-in/ways-in.ts';
import { type LoginContext, loginContext, stateQuery } from './login-context.ts';

const DECLINED = 'usher_no_passkey';
const DECLINED_SECONDS = 30 * 24 * 3600;

/**
 * Redirects a user at the end of a login to the page that offers a passkey, if the connection asks for that, the browser can make one, and
 * nobody has declined there in the last 30 days.
 * @returns true if the reply has been sent
 */
export async function sentToPasskeyOffer(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  entry: { context: LoginContext; user: User; amr: string[]; isFromAnotherDevice?: boolean },
): Promise<boolean> {
  if (request.cookies[passkeyCookie(deps)] === undefined) return false;
  if (request.cookies[declinedCookie(deps)] !== undefined) return false;
  const { context, user, amr, isFromAnotherDevice = false } = entry;
  const offer = await passkeyOffer(deps, { user, amr, isFromAnotherDevice });
  if (offer === null) return false;
  const { interaction } = context;
  await beginPasskeyOffer(deps, { interactionUid: interaction.uid, user, amr });
  const local = offer === 'local' ? '&local=1' : '';
  await reply.redirect(`${PAGE_PATHS.passkeyEnrollment}${stateQuery(interaction)}${local}`, 303);
  return true;
}

/** Notes that the person in this browser wants no passkey now. */
export function declinePasskey(deps: PageDeps, reply: FastifyReply): void {
  const { secureCookies: secure } = deps;
  reply.setCookie(declinedCookie(deps), 'yes', {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    maxAge: DECLINED_SECONDS,
  });
}

function declinedCookie({ secureCookies: secure }: Pick<PageDeps, 'secureCookies'>): string {
  return cookieName(DECLINED, { secure });
}

/** Returns the login that waits in this browser for the answer to the offer, or `null` if there is none and the reply has been sent. */
export async function offerSession(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ context: LoginContext; pending: PendingLogin; user: User } | null> {
  const uid = (await deps.interactions.details(request, reply))?.uid;
  const asked = { interactionUid: uid ?? '', waitsFor: 'passkey', now: deps.clock.now() } as const;
  const pending = uid === undefined ? null : await findPendingLogin(deps.db, asked);
  const user = pending && (await findUser(deps.db, pending.userId));
  const context = await loginContext(deps, request, reply, user);
  if (!context) return null;
  if (pending && user && !user.blocked) return { context, pending, user };
  await reply.redirect(context.urls.login, 303);
  return null;
}
