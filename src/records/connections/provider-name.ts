import type { Connection } from './connection-row.ts';

/** How people know the providers of each strategy. */
const KNOWN: Record<string, string> = {
  apple: 'Apple',
  facebook: 'Facebook',
  github: 'GitHub',
  'google-apps': 'Google',
  'google-oauth2': 'Google',
  linkedin: 'LinkedIn',
  okta: 'Okta',
  waad: 'Microsoft',
  windowslive: 'Microsoft',
};

/** Returns the name of a provider for people. */
export function providerName({
  displayName,
  strategy,
  name,
}: Pick<Connection, 'displayName' | 'strategy' | 'name'>): string {
  return displayName ?? KNOWN[strategy] ?? name;
}
