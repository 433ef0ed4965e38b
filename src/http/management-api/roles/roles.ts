export { permissionHolderRoutes } from './permission-holders.ts';
export { rolePermissionRoutes } from './role-permissions.ts';
export { roleRoutes } from './role-routes.ts';
export { roleUserRoutes } from './role-users.ts';
export {
  memberParams,
  needRole,
  needUser,
  noRole,
  noUser,
  permissionFields,
  requireMemberScopes,
  roleSchema,
  toPermissionWire,
  toRoleWire,
} from './role-wire.ts';
