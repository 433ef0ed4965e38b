import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';

const NAME = 'usher_last_way';
const DAYS = 180;

type Deps = { secureCookies: boolean };

/** Remembers in the browser with which connection its person has logged in. The cookie says nothing about the person. */
export function rememberWay(
  { secureCookies: secure }: Deps,
  reply: FastifyReply,
  connectionId: string,
): void {
  const maxAge = DAYS * 24 * 3600;
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge } as const;
  reply.setCookie(cookieName(NAME, { secure }), connectionId, attributes);
}

/** Returns the id of the connection of this browser's last login, or `null`. */
export function lastWay(
  { secureCookies: secure }: Deps,
  request: Pick<FastifyRequest, 'cookies'>,
): string | null {
  return request.cookies[cookieName(NAME, { secure })] ?? null;
}
