import type { Social } from './configurations.ts';
import type { Strategy } from './openid.ts';
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
  const strategy = usableStrategy(provider);
  if ('why' in strategy) return { kind: 'unavailable', why: strategy.why };
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
  const strategy = usableStrategy(provider);
  if ('why' in strategy) return { kind: 'unavailable', why: strategy.why };
  return strategy.finish(deps.social, provider, answer);
}

const LOST =
  'The secret of the connection was encrypted with another USHER_SECRET. Set it again with PATCH /api/v2/connections/{id}.';

function usableStrategy({ strategy: name, hasLostSecrets }: Provider): Strategy | { why: string } {
  if (hasLostSecrets) return { why: LOST };
  return strategyOf(name) ?? { why: `The strategy ${name} has no login at a provider.` };
}
