import { apple } from './apple.ts';
import { facebook } from './facebook.ts';
import { oidc } from './generic-openid.ts';
import { github } from './github.ts';
import { google, googleApps } from './google.ts';
import { linkedin } from './linkedin.ts';
import { waad, windowslive } from './microsoft.ts';
import { okta } from './okta.ts';
import type { Strategy } from './openid.ts';

/** The login of each strategy, by Auth0's names. */
const STRATEGIES = {
  apple,
  facebook,
  github,
  'google-apps': googleApps,
  'google-oauth2': google,
  linkedin,
  oidc,
  okta,
  waad,
  windowslive,
} as const satisfies Record<string, Strategy>;

export type ProviderStrategy = keyof typeof STRATEGIES;

/** Returns whether connections of this strategy log in at a provider. */
export function isProviderStrategy(strategy: string): strategy is ProviderStrategy {
  return Object.hasOwn(STRATEGIES, strategy);
}

export function strategyOf(strategy: string): Strategy | null {
  return isProviderStrategy(strategy) ? STRATEGIES[strategy] : null;
}
