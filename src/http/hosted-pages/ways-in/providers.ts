import { isProviderStrategy } from '../../../outbound/social/social.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type { ProviderLogo } from '../page-values/page-values.ts';

const LOGOS: Record<string, ProviderLogo> = {
  apple: 'apple',
  facebook: 'facebook',
  github: 'github',
  'google-apps': 'google',
  'google-oauth2': 'google',
  linkedin: 'linkedin',
  waad: 'microsoft',
  windowslive: 'microsoft',
};

/** Returns whether users of this connection log in at an identity provider. */
export function isProvider({ strategy }: Pick<Connection, 'strategy'>): boolean {
  return isProviderStrategy(strategy);
}

export function providerLogo({ strategy }: Pick<Connection, 'strategy'>): ProviderLogo {
  return LOGOS[strategy] ?? 'generic';
}

/** Returns the address of a connection's own icon, or `null` if it has none that a page may load. */
export function iconOf({ options }: Pick<Connection, 'options'>): string | null {
  const { icon_url: url } = options;
  return typeof url === 'string' && /^(?:https:|data:image\/)/i.test(url) ? url : null;
}
