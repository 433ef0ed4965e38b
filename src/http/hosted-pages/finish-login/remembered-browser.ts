import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  isRemembered,
  REMEMBERED_SECONDS,
  remembering,
  rememberingCookie,
} from '../../../flows/remember-browser/remember-browser.ts';
import type { User } from '../../../records/users/users.ts';
import type { PageDeps } from '../deps.ts';

/** Remembers this browser, so that it skips the user's second factor for 30 days. */
export async function rememberBrowser(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
): Promise<void> {
  const name = rememberingCookie(deps.secureCookies);
  reply.setCookie(name, await remembering(deps, { user, before: request.cookies[name] }), {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: deps.secureCookies,
    maxAge: REMEMBERED_SECONDS,
  });
}

/** Returns whether this browser skips the user's second factor. */
export async function isBrowserRemembered(
  deps: PageDeps,
  request: FastifyRequest,
  user: User,
): Promise<boolean> {
  return isRemembered(deps, {
    user,
    cookie: request.cookies[rememberingCookie(deps.secureCookies)],
  });
}
