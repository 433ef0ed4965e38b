import { beginProviderLogin } from '../../outbound/social/social.ts';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import {
  type Connection,
  providerOf,
  upstreamRequest,
} from '../../records/connections/connections.ts';
import {
  insertProviderLogin,
  newProviderLogin,
  type ProviderLoginPurpose,
} from '../../records/provider-logins/provider-logins.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import type { ProviderLoginDeps } from './deps.ts';

export type BeginInput = {
  connection: Connection;
  clientId: string | null;
  purpose: ProviderLoginPurpose;
  /** The origin of this server at which the browser is, and to which the provider sends it back. */
  origin: string;
  ip: string;
  /** The parameters of the application's request. */
  request: Readonly<Record<string, string | undefined>>;
};

export type Begun =
  | {
      kind: 'begun';
      /** Where the browser goes. */
      url: string;
      /** Names the login, in addresses and in the name of its cookie. */
      id: string;
      /** The secret that the browser keeps until the end. */
      browser: string;
    }
  | { kind: 'throttled'; retryAfterSeconds: number }
  /** The provider cannot be reached, or its connection is not complete. The tenant log says why. */
  | { kind: 'unavailable' };

/** Begins a login at an identity provider. It ends in this browser, within ten minutes, once. */
export async function beginWithProvider(
  deps: ProviderLoginDeps,
  input: BeginInput,
): Promise<Begun> {
  const { db, clock, keys, audit } = deps;
  const { connection, clientId, purpose, ip } = input;
  const redirectUri = callbackUrl(input.origin);
  const now = clock.now();
  const retryAfterSeconds = await countTrace(db, { kind: 'ProviderLogin', ip, now });
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };
  const { id, state, browser } = newProviderLogin();
  const begun = await beginProviderLogin(deps, providerOf(connection, keys.encryption), {
    ...upstreamRequest(connection, input.request),
    state,
    redirectUri,
  });
  if (begun.kind === 'unavailable') {
    const description = begun.why;
    audit.record({ type: 'f', description, connectionId: connection.id, clientId, ip });
    return { kind: 'unavailable' };
  }
  const { nonce, verifier, url } = begun;
  const connectionId = connection.id;
  const about = { purpose, redirectUri, nonce, verifier, url };
  const stored = { id, state, browser, ...about, connectionId, now };
  await insertProviderLogin(db, keys.encryption, stored);
  return { kind: 'begun', url, id, browser };
}

/** Returns the address to which all providers answer: Auth0's path, at an origin of this server. */
export function callbackUrl(origin: string): string {
  return `${origin}${PAGE_PATHS.providerCallback}`;
}
