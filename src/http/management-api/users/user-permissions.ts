import { Type } from 'typebox';
import { listPermissionsOfUser, type SourcedPermission } from '../../../records/roles/roles.ts';
import { permissionFields, permissionHolderRoutes, toPermissionWire } from '../roles/roles.ts';
import { type Api, type BaseDeps, oneOf } from '../route/route.ts';

const permissionSchema = Type.Object({
  ...permissionFields,
  sources: Type.Array(
    Type.Object({
      source_id: Type.String({ description: 'ID of the role. Empty for a direct permission.' }),
      source_name: Type.String({ description: 'Name of the role. Empty for a direct permission.' }),
      source_type: oneOf(['DIRECT', 'ROLE']),
    }),
    { description: 'Sources of the permission' },
  ),
});

/**
 * `/users/{id}/permissions`: the permissions of a user, direct and from roles. POST and DELETE change only direct
 * permissions.
 */
export function userPermissionRoutes(api: Api, deps: BaseDeps): void {
  permissionHolderRoutes(api, deps, {
    kind: 'user',
    list: {
      summary: 'List the permissions of a user',
      permission: permissionSchema,
      async read(userId, page) {
        const { permissions, total } = await listPermissionsOfUser(deps.db, { userId, ...page });
        return { permissions: permissions.map(toWire), total };
      },
    },
    give: { summary: 'Assign permissions to a user' },
    take: {
      summary: 'Remove permissions from a user',
      description:
        'The permissions to remove are in the request body. Permissions that come from a role stay.',
    },
  });
}

function toWire(sourcedPermission: SourcedPermission) {
  return {
    ...toPermissionWire(sourcedPermission),
    sources: sourcedPermission.sources.map(({ role }) => ({
      source_id: role?.id ?? '',
      source_name: role?.name ?? '',
      source_type: role === null ? ('DIRECT' as const) : ('ROLE' as const),
    })),
  };
}
