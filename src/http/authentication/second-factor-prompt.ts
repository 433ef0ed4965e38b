import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { asksForMultiFactor, MULTI_FACTOR } from '../../flows/second-factor/second-factor.ts';

/** What a login with these methods is worth: the `acr` of a second factor (PAPE 1.0), or nothing in particular. */
export function acrOf(amr: string[]): { acr?: string } {
  return amr.includes('mfa') ? { acr: MULTI_FACTOR } : {};
}

/**
 * Sends a browser to log in whose session has no second factor while the application asks for one. Once it has logged in nobody is
 * asked twice: somebody without any factor would never arrive.
 */
export function withSecondFactor(
  prompts: interactionPolicy.DefaultPolicy,
): interactionPolicy.DefaultPolicy {
  const check = new interactionPolicy.Check(
    'multi_factor',
    'Multifactor authentication required',
    'login_required',
    (ctx) => lacksSecondFactor(ctx),
  );
  prompts.get('login')?.checks.add(check);
  return prompts;
}

function lacksSecondFactor({ oidc }: KoaContextWithOIDC): boolean {
  const asked = oidc.params?.acr_values;
  if (typeof asked !== 'string' || !asksForMultiFactor(asked)) return false;
  if (oidc.session?.accountId === undefined || oidc.result?.login !== undefined) return false;
  return oidc.session.amr?.includes('mfa') !== true;
}
