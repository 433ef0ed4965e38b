import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import { PROVIDER_LOGIN_SECONDS } from '../../../records/provider-logins/provider-logins.ts';

type Deps = { secureCookies: boolean };

const PREFIX = 'usher_provider_';
/** More would fill the header of every request. */
const MOST = 6;

/**
 * Ties a login at a provider to this browser. Each has a cookie of its own, so that two tabs do not disturb each other. It is sent when the
 * provider leads back here, but not with a POST from the provider's page.
 */
export function keepProviderLogin(
  { secureCookies: secure }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, browser }: { id: string; browser: string },
): void {
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  const open = Object.keys(request.cookies).filter((name) => name.includes(PREFIX));
  for (const name of open.slice(0, Math.max(0, open.length - MOST + 1))) {
    reply.clearCookie(name, attributes);
  }
  // It may wait for the proof of an account, as long again.
  const maxAge = 2 * PROVIDER_LOGIN_SECONDS;
  reply.setCookie(nameOf(id, secure), browser, { ...attributes, maxAge });
}

/** Returns the secret that this browser has for a login at a provider, or `null`. */
export function providerLoginSecret(
  { secureCookies: secure }: Deps,
  request: FastifyRequest,
  id: string,
): string | null {
  return request.cookies[nameOf(id, secure)] || null;
}

function nameOf(id: string, secure: boolean): string {
  return cookieName(`${PREFIX}${id}`, { secure });
}
