/**
 * Returns the full name of a cookie. Under TLS it has a prefix, with which browsers accept the cookie only from this host over TLS. No
 * other host of the domain and no attacker on the path can set it (RFC 6265bis, 4.1.3). A cookie limited to some paths cannot have the
 * stricter prefix.
 * @param options.secure whether browsers reach the server by https
 */
export function cookieName(
  name: string,
  { secure, path = '/' }: { secure: boolean; path?: string },
): string {
  if (!secure) return name;
  return path === '/' ? `__Host-${name}` : `__Secure-${name}`;
}

/** Returns whether browsers reach the server by https, so that its cookies are sent over TLS only. */
export function hasSecureCookies(publicUrl: string): boolean {
  return new URL(publicUrl).protocol === 'https:';
}
