import type Provider from 'oidc-provider';
import type { Catalog, LibraryClients } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';

/** What the grants of /oauth/token that we bring ourselves work with. */
export type GrantDeps = AuthenticationDeps & {
  provider: Provider;
  clients: LibraryClients;
  catalog: Catalog;
};
