import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import {
  isRemembered,
  rememberingCookie,
} from '../../../flows/remember-browser/remember-browser.ts';
import {
  asksForMultiFactor,
  MULTI_FACTOR,
  secondFactorFor,
} from '../../../flows/second-factor/second-factor.ts';
import { hasSecureCookies } from '../../../platform/cookie-name/cookie-name.ts';
import { findUser } from '../../../records/users/users.ts';
import type { LibraryClients } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { organizationIn } from '../tokens/tokens.ts';

/** The prompt that asks a logged-in user for the second factor. */
export const SECOND_FACTOR_PROMPT = 'second_factor';

type Deps = Pick<AuthenticationDeps, 'db' | 'clock' | 'keys' | 'publicUrl'> & {
  clients: LibraryClients;
};

/** Returns the `acr` of a login with a second factor (PAPE 1.0), otherwise nothing. */
export function acrOf(amr: string[]): { acr?: string } {
  return amr.includes('mfa') ? { acr: MULTI_FACTOR } : {};
}

/**
 * Adds two checks for the second factor. The login is required if the application asks for a factor and the session has none. Only the
 * factor is required if the current policy needs it and the session has not passed it. The second check comes after all that lead to a
 * login, because a login asks for the factor itself.
 */
export function withSecondFactor(
  prompts: interactionPolicy.DefaultPolicy,
  deps: Deps,
): interactionPolicy.DefaultPolicy {
  const check = new interactionPolicy.Check(
    'multi_factor',
    'Multifactor authentication required',
    'login_required',
    (ctx) => lacksSecondFactor(ctx),
  );
  prompts.get('login')?.checks.add(check);
  prompts.add(secondFactorPrompt(deps, () => true));
  return prompts;
}

/**
 * Returns the prompt that asks for a second factor if one is due.
 * @param applies whether the request is checked at all
 */
export function secondFactorPrompt(
  deps: Deps,
  applies: (ctx: KoaContextWithOIDC) => boolean,
): interactionPolicy.Prompt {
  return new interactionPolicy.Prompt(
    { name: SECOND_FACTOR_PROMPT, requestable: false },
    new interactionPolicy.Check(
      'second_factor_due',
      'Multifactor authentication required',
      'interaction_required',
      (ctx) => applies(ctx) && isDue(deps, ctx),
    ),
  );
}

/** Returns whether the session lacks a second factor. A new login never asks twice, because a user without a factor would never finish. */
function lacksSecondFactor({ oidc }: KoaContextWithOIDC): boolean {
  const asked = oidc.params?.acr_values;
  if (typeof asked !== 'string' || !asksForMultiFactor(asked)) return false;
  if (oidc.session?.accountId === undefined || oidc.result?.login !== undefined) return false;
  return oidc.session.amr?.includes('mfa') !== true;
}

async function isDue(deps: Deps, ctx: KoaContextWithOIDC): Promise<boolean> {
  const { account, client, params, session } = ctx.oidc;
  if (!account || !client) return false;
  const user = await findUser(deps.db, account.accountId);
  if (!user) return false;
  // A login asks before it ends. Rules of an organization that was chosen after it apply from here.
  const isNew = ctx.oidc.result?.login !== undefined;
  const asked = typeof params?.acr_values === 'string' ? params.acr_values : undefined;
  const need = await secondFactorFor(deps, {
    user,
    client: deps.clients.recordOf(client),
    organizationId: organizationIn(ctx),
    // A user without a factor would never finish.
    acrValues: isNew ? undefined : asked,
    amr: session?.amr,
  });
  if (need.kind === 'none') return false;
  if (need.kind === 'enroll' || !need.mayBeSpared) return true;
  const name = rememberingCookie(hasSecureCookies(deps.publicUrl));
  return !(await isRemembered(deps, { user, cookie: ctx.cookies.get(name, { signed: false }) }));
}
