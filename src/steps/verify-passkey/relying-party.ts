import { isIP } from 'node:net';
import type { Db } from '../../platform/db/db.ts';
import { servedDomain } from '../../platform/request-context/request-context.ts';
import {
  customDomains,
  MAX_DOMAINS,
  passkeyDomainOf,
} from '../../records/custom-domains/custom-domains.ts';

/** The server in the terms of Web Authentication. */
export type RelyingParty = {
  /** The domain that credentials belong to (RP ID). */
  id: string;
  /** The origins whose pages may use them. */
  origins: string[];
};

/**
 * Returns whether a page on this origin may use the credentials of the party: it is secure, and on the party's domain or below it (Web
 * Authentication Level 3, 5.1.3).
 */
export function servesOrigin({ id }: RelyingParty, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  if (protocol !== 'https:' && !isLocal) return false;
  return hostname === id || hostname.endsWith(`.${id}`);
}

/**
 * Returns the relying party of the page that this request is for: the custom domain at which it has arrived, or the public URL. `null` if
 * browsers offer no credentials there. It comes from the settings, never from a header.
 * @param publicUrl an origin without a trailing slash
 */
export function relyingPartyHere(publicUrl: string): RelyingParty | null {
  const domain = servedDomain();
  if (domain === null) return relyingPartyOf(publicUrl);
  return { id: domain.passkeyDomain, origins: [domain.origin] };
}

/** Returns the domains that credentials can belong to: first that of the public URL, then those of verified custom domains. */
export async function credentialDomains({
  db,
  publicUrl,
}: {
  db: Db;
  publicUrl: string;
}): Promise<string[]> {
  const own = relyingPartyOf(publicUrl);
  const verified = (await customDomains(db, { limit: MAX_DOMAINS })).filter(
    ({ verifiedAt }) => verifiedAt !== null,
  );
  return [...new Set([...(own ? [own.id] : []), ...verified.map(passkeyDomainOf)])];
}

/**
 * Returns the relying party of a server, or `null` if browsers offer no credentials there: its address is a number, or not secure. It
 * comes from the settings, never from a request.
 * @param publicUrl an origin without a trailing slash
 */
export function relyingPartyOf(publicUrl: string): RelyingParty | null {
  const { protocol, hostname, origin } = new URL(publicUrl);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return null;
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  if (protocol !== 'https:' && !isLocal) return null;
  return { id: hostname, origins: [origin] };
}
