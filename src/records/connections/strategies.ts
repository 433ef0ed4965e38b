/** What a connection's strategy says about where its users come from. */

const ENTERPRISE = new Set<string>([
  'ad',
  'adfs',
  'auth0-oidc',
  'google-apps',
  'ip',
  'office365',
  'oidc',
  'okta',
  'pingfederate',
  'samlp',
  'sharepoint',
  'waad',
]);
const OWN = new Set<string>(['auth0', 'email', 'sms']);

/** Returns whether Usher keeps the users of the connection, and not another provider. */
export function isOwn(strategy: string): boolean {
  return OWN.has(strategy);
}

/** Returns whether the provider is run by an organization for its own people. */
export function isEnterprise(strategy: string): boolean {
  return ENTERPRISE.has(strategy);
}

/** Returns whether the provider is one where everybody can have an account. */
export function isSocial(strategy: string): boolean {
  return !OWN.has(strategy) && !ENTERPRISE.has(strategy);
}
