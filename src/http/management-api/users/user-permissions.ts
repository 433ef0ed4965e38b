import { Type } from 'typebox';
import { listPermissionsOfUser, type SourcedPermission } from '../../../records/roles/roles.ts';
import {
  memberParams,
  needUser,
  permissionFields,
  permissionHolderRoutes,
  toPermissionWire,
} from '../roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  offsetPage,
  offsetPaging,
  oneOf,
  pageOf,
  pageQuery,
  route,
} from '../route/route.ts';

const url = '/users/:id/permissions';
const tags = ['users'];
const params = memberParams;

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
  const { db } = deps;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:users'],
    summary: 'List the permissions of a user',
    tags,
    params,
    query: closed(pageQuery),
    response: { 200: pageOf('permissions', permissionSchema) },
    handler: async ({ params, query }) => {
      await needUser(db, params.id);
      const paging = offsetPaging(query);
      const page = { userId: params.id, ...paging };
      const { permissions, total } = await listPermissionsOfUser(db, page);
      return offsetPage(paging, 'permissions', permissions.map(toWire), total);
    },
  });
  permissionHolderRoutes(api, deps, {
    kind: 'user',
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
