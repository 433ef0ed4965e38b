/** Every identity provider that a connection can have, in the order of Auth0's document. */
export const STRATEGIES = [
  'ad',
  'adfs',
  'amazon',
  'apple',
  'dropbox',
  'bitbucket',
  'auth0-oidc',
  'auth0',
  'baidu',
  'bitly',
  'box',
  'custom',
  'daccount',
  'dwolla',
  'email',
  'evernote-sandbox',
  'evernote',
  'exact',
  'facebook',
  'fitbit',
  'github',
  'google-apps',
  'google-oauth2',
  'instagram',
  'ip',
  'line',
  'linkedin',
  'oauth1',
  'oauth2',
  'office365',
  'oidc',
  'okta',
  'paypal',
  'paypal-sandbox',
  'pingfederate',
  'planningcenter',
  'salesforce-community',
  'salesforce-sandbox',
  'salesforce',
  'samlp',
  'sharepoint',
  'shopify',
  'shop',
  'sms',
  'soundcloud',
  'thirtysevensignals',
  'twitter',
  'untappd',
  'vkontakte',
  'waad',
  'weibo',
  'windowslive',
  'wordpress',
  'yahoo',
  'yandex',
] as const;

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

/** Whether Usher keeps the users of the connection, and not another provider. */
export function isOwn(strategy: string): boolean {
  return OWN.has(strategy);
}

/** Whether the provider is run by an organization for its own people. */
export function isEnterprise(strategy: string): boolean {
  return ENTERPRISE.has(strategy);
}

/** Whether the provider is one where everybody can have an account. */
export function isSocial(strategy: string): boolean {
  return !OWN.has(strategy) && !ENTERPRISE.has(strategy);
}
