import type { ManageUsersDeps } from '../../../flows/manage-users/manage-users.ts';
import type { TryScriptsDeps } from '../../../flows/try-scripts/try-scripts.ts';
import type { Api, BaseDeps } from '../route/route.ts';
import { connectionClientRoutes } from './connection-clients.ts';
import { connectionMigrationRoutes } from './connection-migration.ts';
import { connectionRoutes } from './connection-routes.ts';
import { connectionUserRoutes } from './connection-users.ts';
import { scriptRoutes } from './script-routes.ts';

export { STRATEGIES } from './connection-strategies.ts';
export { textProblem } from './text-check.ts';

export type ConnectionsDeps = BaseDeps & ManageUsersDeps & TryScriptsDeps;

/** Connections, their applications and their users. */
export function registerConnections(api: Api, deps: ConnectionsDeps): void {
  connectionRoutes(api, deps);
  connectionClientRoutes(api, deps);
  connectionUserRoutes(api, deps);
  scriptRoutes(api, deps);
  connectionMigrationRoutes(api, deps);
}
