import type { GrantDeps } from './grant-deps.ts';
import { registerMfaGrants } from './mfa-grants.ts';
import { registerPasswordGrants } from './password-grants.ts';
import { registerPasswordlessGrant } from './passwordless-grant.ts';

/** What /oauth/token exchanges for tokens besides what the library knows. */
export function registerCustomGrants(deps: GrantDeps): void {
  registerPasswordGrants(deps);
  registerPasswordlessGrant(deps);
  registerMfaGrants(deps);
}
