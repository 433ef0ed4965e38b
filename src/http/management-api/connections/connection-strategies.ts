/** Every identity provider a connection can be of, in the order of the official document. */
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
const PASSWORDLESS = new Set<string>(['email', 'sms']);
const OWN = new Set<string>(['auth0', ...PASSWORDLESS]);

/** Where people log in with codes that are sent to them. */
export function isPasswordless(strategy: string): boolean {
  return PASSWORDLESS.has(strategy);
}

/** Whose users are kept here, and not with a provider. */
export function isOwn(strategy: string): boolean {
  return OWN.has(strategy);
}

/** A provider that an organization runs for its own people. */
export function isEnterprise(strategy: string): boolean {
  return ENTERPRISE.has(strategy);
}

/** A provider where anybody can have an account. */
export function isSocial(strategy: string): boolean {
  return !OWN.has(strategy) && !ENTERPRISE.has(strategy);
}
