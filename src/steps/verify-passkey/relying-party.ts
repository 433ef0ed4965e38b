import { isIP } from 'node:net';

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
