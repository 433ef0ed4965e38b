import { oidc } from './generic-openid.ts';
import type { Strategy } from './openid.ts';

const STRATEGIES = { oidc } as const satisfies Record<string, Strategy>;

export type ProviderStrategy = keyof typeof STRATEGIES;

/** Returns whether connections of this strategy log in at a provider. */
export function isProviderStrategy(strategy: string): strategy is ProviderStrategy {
  return Object.hasOwn(STRATEGIES, strategy);
}

export function strategyOf(strategy: string): Strategy | null {
  return isProviderStrategy(strategy) ? STRATEGIES[strategy] : null;
}
