import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rememberPlace } from '../../../flows/log-in/log-in.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import type { Db } from '../../../platform/db/db.ts';

const NAME = 'usher_browser';
const DAYS_KNOWN = 180;

const made = new WeakMap<FastifyRequest, string>();

/** Returns the secret that identifies this browser after a login. Before a login it has no effect. */
export function browserSecret(deps: { secureCookies: boolean }, request: FastifyRequest): string {
  const value = request.cookies[cookieName(NAME, { secure: deps.secureCookies })];
  if (value !== undefined && /^[\w-]{43}$/.test(value)) return value;
  // One secret per request.
  const fresh = made.get(request) ?? randomBytes(32).toString('base64url');
  made.set(request, fresh);
  return fresh;
}

/** Sets the browser's secret after a login. */
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

/** Makes this browser a known one of a user who has proved the account by a link. Strangers who guess the user's password then do not lock the user out of this browser. */
export async function knowBrowser(
  deps: { db: Db; clock: Clock; secureCookies: boolean },
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
): Promise<void> {
  const browser = browserSecret(deps, request);
  await rememberPlace(deps, { userId, origin: { ip: request.ip, browser } });
  keepBrowserSecret(deps, reply, browser);
}
