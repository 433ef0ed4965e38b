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
import { findConnection } from '../../../records/connections/connections.ts';
import { findUser } from '../../../records/users/users.ts';
import type { LibraryClients } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';

/** The prompt whose page asks somebody who is logged in for the second factor. */
export const SECOND_FACTOR_PROMPT = 'second_factor';

type Deps = Pick<AuthenticationDeps, 'db' | 'clock' | 'keys' | 'publicUrl'> & {
  clients: LibraryClients;
};

/** What a login with these methods is worth: the `acr` of a second factor (PAPE 1.0), or nothing in particular. */
export function acrOf(amr: string[]): { acr?: string } {
  return amr.includes('mfa') ? { acr: MULTI_FACTOR } : {};
}

/**
 * Adds what asks for a second factor: the login, where the application asks for one and the session has none; and the factor
 * alone, where it is due by the policy of now and the session has not shown it. The latter comes after all that leads to a login,
 * which sees to the factor itself.
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
  prompts.add(
    new interactionPolicy.Prompt(
      { name: SECOND_FACTOR_PROMPT, requestable: false },
      new interactionPolicy.Check(
        'second_factor_due',
        'Multifactor authentication required',
        'interaction_required',
        (ctx) => isDue(deps, ctx),
      ),
    ),
  );
  return prompts;
}

/** Once it has logged in nobody is asked twice: somebody without any factor would never arrive. */
function lacksSecondFactor({ oidc }: KoaContextWithOIDC): boolean {
  const asked = oidc.params?.acr_values;
  if (typeof asked !== 'string' || !asksForMultiFactor(asked)) return false;
  if (oidc.session?.accountId === undefined || oidc.result?.login !== undefined) return false;
  return oidc.session.amr?.includes('mfa') !== true;
}

async function isDue(deps: Deps, ctx: KoaContextWithOIDC): Promise<boolean> {
  const { account, client, params, result, session } = ctx.oidc;
  if (!account || !client) return false;
  // A login has asked already.
  if (result?.login !== undefined || session?.amr?.includes('mfa')) return false;
  const user = await findUser(deps.db, account.accountId);
  const connection = user && (await findConnection(deps.db, user.connectionId));
  if (!user || !connection) return false;
  const acrValues = typeof params?.acr_values === 'string' ? params.acr_values : undefined;
  const need = await secondFactorFor(deps, {
    user,
    client: deps.clients.recordOf(client),
    acrValues,
    connection,
  });
  if (need.kind === 'none') return false;
  if (need.kind === 'enroll') return true;
  const name = rememberingCookie(hasSecureCookies(deps.publicUrl));
  return !(await isRemembered(deps, { user, cookie: ctx.cookies.get(name, { signed: false }) }));
}
