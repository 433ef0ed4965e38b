import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import {
  PROVIDER_LOGIN_SECONDS,
  secretAfterArrival,
} from '../../../records/provider-logins/provider-logins.ts';
import { keepAmongFew } from '../browser/browser.ts';

type Deps = { secureCookies: boolean };

const LOGIN = 'usher_provider_';
const ARRIVAL = 'usher_arrival_';

/**
 * Ties a login at a provider to this browser. Each has a cookie of its own, so that two tabs do not disturb each other. It is sent when the
 * provider leads back here, but not with a POST from the provider's page.
 */
export function keepProviderLogin(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, browser }: { id: string; browser: string },
): void {
  keep(deps, request, reply, { kind: LOGIN, id, secret: browser });
}

/** Notes that this browser has brought the answer of a provider. */
export function keepArrival(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, arrival }: { id: string; arrival: string },
): void {
  keep(deps, request, reply, { kind: ARRIVAL, id, secret: arrival });
}

function keep(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { kind, id, secret }: { kind: string; id: string; secret: string },
): void {
  // It may wait for the proof of an account, as long again.
  const maxAge = 2 * PROVIDER_LOGIN_SECONDS;
  const name = nameOf(kind, id, deps.secureCookies);
  keepAmongFew(deps, request, reply, { kind, name, value: secret, maxAge });
}

/** Returns the secret that this browser has for a login at a provider, or `null`. */
export function providerLoginSecret(
  { secureCookies: secure }: Deps,
  request: FastifyRequest,
  id: string,
): string | null {
  const browser = request.cookies[nameOf(LOGIN, id, secure)] || null;
  const arrival = request.cookies[nameOf(ARRIVAL, id, secure)] || null;
  return browser !== null && arrival !== null ? secretAfterArrival(browser, arrival) : browser;
}

function nameOf(kind: string, id: string, secure: boolean): string {
  return cookieName(`${kind}${id}`, { secure });
}
