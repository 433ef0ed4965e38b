export { clientCredentialRoutes } from './client-credentials.ts';
export { clientRoutes } from './client-routes.ts';
