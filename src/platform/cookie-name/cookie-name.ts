/**
 * The name of a cookie of ours. Under TLS it has a prefix by which browsers take the cookie only from this very host, over TLS: no other
 * host of the domain, and nobody on the way, can plant one (RFC 6265bis, 4.1.3). A cookie for a part of the paths can't have the stricter
 * prefix.
 * @param options.secure whether people reach the server by https
 */
export function cookieName(
  name: string,
  { secure, path = '/' }: { secure: boolean; path?: string },
): string {
  if (!secure) return name;
  return path === '/' ? `__Host-${name}` : `__Secure-${name}`;
}

/** Whether people reach a server by https, so that its cookies are for TLS alone. */
export function hasSecureCookies(publicUrl: string): boolean {
  return new URL(publicUrl).protocol === 'https:';
}
