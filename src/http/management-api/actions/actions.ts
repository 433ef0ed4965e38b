import type { Api, BaseDeps } from '../route/route.ts';
import { actionRoutes } from './action-routes.ts';
import { triggerRoutes } from './trigger-routes.ts';
import { versionRoutes } from './version-routes.ts';

/** `/actions`: programs of the operator that run at a trigger. */
export function registerActions(api: Api, deps: BaseDeps): void {
  actionRoutes(api, deps);
  versionRoutes(api, deps);
  triggerRoutes(api, deps);
}
