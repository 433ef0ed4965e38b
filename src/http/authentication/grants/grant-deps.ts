import type Provider from 'oidc-provider';
import type { Catalog, LibraryClients } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';

/** The dependencies of our own grants of /oauth/token. */
export type GrantDeps = AuthenticationDeps & {
  provider: Provider;
  clients: LibraryClients;
  catalog: Catalog;
};
