import { Type } from 'typebox';
import { listPermissionsOfRole } from '../../../records/roles/roles.ts';
import type { Api, BaseDeps } from '../route/route.ts';
import { permissionHolderRoutes } from './permission-holders.ts';
import { permissionFields, toPermissionWire } from './role-wire.ts';

/** `/roles/{id}/permissions`: the permissions of a role. */
export function rolePermissionRoutes(api: Api, deps: BaseDeps): void {
  permissionHolderRoutes(api, deps, {
    kind: 'role',
    list: {
      summary: 'List the permissions of a role',
      permission: Type.Object(permissionFields),
      async read(roleId, page) {
        const { permissions, total } = await listPermissionsOfRole(deps.db, { roleId, ...page });
        return { permissions: permissions.map(toPermissionWire), total };
      },
    },
    give: { summary: 'Add permissions to a role' },
    take: {
      summary: 'Remove permissions from a role',
      description:
        'The permissions to remove are in the request body. Permissions that the role does not have are ignored.',
    },
  });
}
