import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import {
  type SecondFactorDeps,
  usableMethods,
} from '../../../flows/second-factor/second-factor.ts';
import { isOverFactors } from '../tokens/tokens.ts';

/**
 * Requires a login for a token that manages the user's own factors, unless this very login included the existing factor. Otherwise an
 * older session, or one with only a password, could replace a factor.
 */
export function withOwnFactors(
  prompts: interactionPolicy.DefaultPolicy,
  deps: SecondFactorDeps,
): interactionPolicy.DefaultPolicy {
  const check = new interactionPolicy.Check(
    'own_factors',
    'Multifactor authentication required',
    'login_required',
    (ctx) => mustShowFactor(deps, ctx),
  );
  prompts.get('login')?.checks.add(check);
  return prompts;
}

async function mustShowFactor(deps: SecondFactorDeps, ctx: KoaContextWithOIDC): Promise<boolean> {
  const { provider, params, session, result } = ctx.oidc;
  if (session?.accountId === undefined || result?.login?.amr?.includes('mfa')) return false;
  if (!isOverFactors(params?.resource, provider.issuer)) return false;
  return (await usableMethods(deps, session.accountId)).length > 0;
}
