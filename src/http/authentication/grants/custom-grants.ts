import type { GrantDeps } from './grant-deps.ts';
import { registerMfaGrants } from './mfa-grants.ts';
import { registerPasswordGrants } from './password-grants.ts';
import { registerPasswordlessGrant } from './passwordless-grant.ts';

/** Registers the grants of /oauth/token that the library does not have. */
export function registerCustomGrants(deps: GrantDeps): void {
  registerPasswordGrants(deps);
  registerPasswordlessGrant(deps);
  registerMfaGrants(deps);
}
