export { grantRoutes } from './grants.ts';
export { refreshTokenRoutes } from './refresh-tokens.ts';
export { sessionRoutes } from './session-routes.ts';
