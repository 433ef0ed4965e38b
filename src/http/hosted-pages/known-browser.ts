import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../../platform/cookie-name/cookie-name.ts';

const NAME = 'usher_browser';
const DAYS_KNOWN = 180;

/** What names this browser once somebody has logged in with it. A secret that nobody has logged in with counts for nothing. */
export function browserSecret(deps: { secureCookies: boolean }, request: FastifyRequest): string {
  const value = request.cookies[cookieName(NAME, { secure: deps.secureCookies })];
  return value !== undefined && /^[\w-]{43}$/.test(value)
    ? value
    : randomBytes(32).toString('base64url');
}

/** Gives the browser its secret: somebody has logged in with it. */
export function keepBrowserSecret(
  deps: { secureCookies: boolean },
  reply: FastifyReply,
  secret: string,
): void {
  const { secureCookies: secure } = deps;
  reply.setCookie(cookieName(NAME, { secure }), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    maxAge: DAYS_KNOWN * 24 * 3600,
  });
}
