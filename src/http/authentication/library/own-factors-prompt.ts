import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import {
  type SecondFactorDeps,
  usableMethods,
} from '../../../flows/second-factor/second-factor.ts';
import { isOverFactors } from '../tokens/tokens.ts';

/**
 * Sends a browser to log in that asks for a token over its person's factors and has not shown the one they have in this very login.
 * Otherwise a session from before, or one that a password alone has opened, could take a factor away and put its own in the place.
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
