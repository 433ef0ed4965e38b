import { isIP } from 'node:net';

/** The server in the terms of Web Authentication. */
export type RelyingParty = {
  /** The domain that credentials belong to (RP ID). */
  id: string;
  /** The origins whose pages may use them. */
  origins: string[];
};

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
