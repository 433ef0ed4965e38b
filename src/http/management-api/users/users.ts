import type { Api, BaseDeps } from '../route/route.ts';
import { effectiveRoutes } from './effective-permissions.ts';
import { oneUserRoutes } from './one-user.ts';
import { type IdentityDeps, userIdentityRoutes } from './user-identities.ts';
import { userLogRoutes } from './user-logs.ts';
import { userOrganizationRoutes } from './user-organizations.ts';
import { userPermissionRoutes } from './user-permissions.ts';
import { userRoleRoutes } from './user-roles.ts';
import { type UserDeps, userRoutes } from './user-routes.ts';

export { showUsers } from './show-users.ts';

export type UsersDeps = BaseDeps & UserDeps & IdentityDeps;

/** Routes for users and for what belongs to a user. */
export function registerUsers(api: Api, deps: UsersDeps): void {
  userRoutes(api, deps);
  oneUserRoutes(api, deps);
  userIdentityRoutes(api, deps);
  userRoleRoutes(api, deps);
  userPermissionRoutes(api, deps);
  effectiveRoutes(api, deps);
  userOrganizationRoutes(api, deps);
  userLogRoutes(api, deps);
}
