import type { Api, BaseDeps } from '../route/route.ts';
import { clientCredentialRoutes } from './client-credentials.ts';
import { clientRoutes } from './client-routes.ts';

/** Applications and the credentials with which they authenticate. */
export function registerClients(api: Api, deps: BaseDeps): void {
  clientRoutes(api, deps);
  clientCredentialRoutes(api, deps);
}
