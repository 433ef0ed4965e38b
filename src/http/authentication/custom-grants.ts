import type Provider from 'oidc-provider';
import type { Catalog } from './catalog.ts';
import type { AuthenticationDeps } from './deps.ts';
import type { LibraryClients } from './library-clients.ts';
import { registerMfaGrants } from './mfa-grants.ts';
import { registerPasswordGrants } from './password-grants.ts';
import { registerPasswordlessGrant } from './passwordless.ts';

export type GrantDeps = AuthenticationDeps & {
  provider: Provider;
  clients: LibraryClients;
  catalog: Catalog;
};

/** What /oauth/token exchanges for tokens besides what the library knows. */
export function registerCustomGrants(deps: GrantDeps): void {
  registerPasswordGrants(deps);
  registerPasswordlessGrant(deps);
  registerMfaGrants(deps);
}
