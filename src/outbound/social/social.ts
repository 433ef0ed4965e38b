import type { Social } from './configurations.ts';
import type {
  BeginOutcome,
  BeginRequest,
  FinishOutcome,
  Provider,
  ProviderAnswer,
} from './provider.ts';
import { strategyOf } from './strategies.ts';

export { createSocial, type Social } from './configurations.ts';
export { identityFrom, keptIdentity } from './kept-identity.ts';
export type {
  BeginOutcome,
  BeginRequest,
  FinishOutcome,
  ProvidedIdentity,
  Provider,
  ProviderAnswer,
} from './provider.ts';
export { isProviderStrategy, type ProviderStrategy } from './strategies.ts';

/**
 * Begins a login at an identity provider (OpenID Connect Core 1.0 §3.1.2.1, RFC 6749 §4.1.1).
 * @returns the address to which the browser goes, and what the caller must keep until {@link finishProviderLogin}
 */
export async function beginProviderLogin(
  deps: { social: Social },
  provider: Provider,
  request: BeginRequest,
): Promise<BeginOutcome> {
  const strategy = strategyOf(provider.strategy);
  if (strategy === null) return { kind: 'unavailable', why: unknownStrategy(provider) };
  return strategy.begin(deps.social, provider, request);
}

/**
 * Verifies the provider's answer and returns the identity that it proves. The caller has found `state` by the browser that answers, and
 * uses it up: an answer counts once.
 */
export async function finishProviderLogin(
  deps: { social: Social },
  provider: Provider,
  answer: ProviderAnswer,
): Promise<FinishOutcome> {
  const strategy = strategyOf(provider.strategy);
  if (strategy === null) return { kind: 'unavailable', why: unknownStrategy(provider) };
  return strategy.finish(deps.social, provider, answer);
}

function unknownStrategy({ strategy }: Provider): string {
  return `The strategy ${strategy} has no login at a provider.`;
}
