import type { Api, BaseDeps } from '../route/route.ts';
import { grantRoutes } from './grants.ts';
import { refreshTokenRoutes } from './refresh-tokens.ts';
import { sessionRoutes } from './session-routes.ts';

/** What logins create: sessions, refresh tokens and grants. */
export function registerSessions(api: Api, deps: BaseDeps): void {
  sessionRoutes(api, deps);
  refreshTokenRoutes(api, deps);
  grantRoutes(api, deps);
}
