import type { Api, BaseDeps } from '../route/route.ts';
import { rolePermissionRoutes } from './role-permissions.ts';
import { roleRoutes } from './role-routes.ts';
import { roleUserRoutes } from './role-users.ts';

export { permissionHolderRoutes } from './permission-holders.ts';
export {
  memberParams,
  needRole,
  noRole,
  permissionFields,
  permissionKey,
  requireMemberScopes,
  roleSchema,
  toPermissionWire,
  toRoleWire,
} from './role-wire.ts';

/** Roles, their permissions, and the users who have them. */
export function registerRoles(api: Api, deps: BaseDeps): void {
  roleRoutes(api, deps);
  rolePermissionRoutes(api, deps);
  roleUserRoutes(api, deps);
}
