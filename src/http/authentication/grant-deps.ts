import type Provider from 'oidc-provider';
import type { Catalog } from './catalog.ts';
import type { AuthenticationDeps } from './deps.ts';
import type { LibraryClients } from './library-clients.ts';

/** What the grants of /oauth/token that we bring ourselves work with. */
export type GrantDeps = AuthenticationDeps & {
  provider: Provider;
  clients: LibraryClients;
  catalog: Catalog;
};
