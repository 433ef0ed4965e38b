import { isProviderStrategy } from '../../../outbound/social/social.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type { ProviderLogo } from '../page-values/page-values.ts';

/** How people know the providers of each strategy. */
const KNOWN: Record<string, { name: string; logo: ProviderLogo }> = {
  apple: { name: 'Apple', logo: 'apple' },
  facebook: { name: 'Facebook', logo: 'facebook' },
  github: { name: 'GitHub', logo: 'github' },
  'google-apps': { name: 'Google', logo: 'google' },
  'google-oauth2': { name: 'Google', logo: 'google' },
  linkedin: { name: 'LinkedIn', logo: 'linkedin' },
  okta: { name: 'Okta', logo: 'generic' },
  waad: { name: 'Microsoft', logo: 'microsoft' },
  windowslive: { name: 'Microsoft', logo: 'microsoft' },
};

/** Returns whether users of this connection log in at an identity provider. */
export function isProvider({ strategy }: Pick<Connection, 'strategy'>): boolean {
  return isProviderStrategy(strategy);
}

/** Returns the name of a provider for people. */
export function providerName({
  displayName,
  strategy,
  name,
}: Pick<Connection, 'displayName' | 'strategy' | 'name'>): string {
  return displayName ?? KNOWN[strategy]?.name ?? name;
}

export function providerLogo({ strategy }: Pick<Connection, 'strategy'>): ProviderLogo {
  return KNOWN[strategy]?.logo ?? 'generic';
}

/** Returns the address of a connection's own icon, or `null` if it has none that a page may load. */
export function iconOf({ options }: Pick<Connection, 'options'>): string | null {
  const { icon_url: url } = options;
  return typeof url === 'string' && /^(?:https:|data:image\/)/i.test(url) ? url : null;
}
