import type { TryActionDeps } from '../../../flows/manage-actions/manage-actions.ts';
import type { Api, BaseDeps } from '../route/route.ts';
import { actionRoutes } from './action-routes.ts';
import { triggerRoutes } from './trigger-routes.ts';
import { tryRoute } from './try-route.ts';
import { versionRoutes } from './version-routes.ts';

export type ActionsDeps = BaseDeps & TryActionDeps;

/** `/actions`: programs of the operator that run at a trigger. */
export function registerActions(api: Api, deps: ActionsDeps): void {
  actionRoutes(api, deps);
  versionRoutes(api, deps);
  triggerRoutes(api, deps);
  tryRoute(api, deps);
}
