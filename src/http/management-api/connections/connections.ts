export { connectionClientRoutes } from './connection-clients.ts';
export { connectionRoutes } from './connection-routes.ts';
export {
  isEnterprise,
  isOwn,
  isPasswordless,
  isSocial,
  STRATEGIES,
} from './connection-strategies.ts';
