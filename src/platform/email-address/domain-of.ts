/** Returns the domain of an address in canonical form, or '' if it has none. */
export function domainOf(email: string): string {
  const at = email.lastIndexOf('@');
  return at === -1 ? '' : email.slice(at + 1);
}
