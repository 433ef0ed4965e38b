import { Type } from 'typebox';
import { listPermissionsOfRole } from '../../../records/roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  route,
} from '../route/route.ts';
import { permissionHolderRoutes } from './permission-holders.ts';
import { needRole, permissionFields, roleParams, toPermissionWire } from './role-wire.ts';

const url = '/roles/:id/permissions';
const tags = ['roles'];
const params = roleParams;

/** `/roles/{id}/permissions`: the permissions of a role. */
export function rolePermissionRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:roles'],
    summary: 'List the permissions of a role',
    tags,
    params,
    query: closed(pageQuery),
    response: { 200: pageOf('permissions', Type.Object(permissionFields)) },
    handler: async ({ params, query }) => {
      await needRole(db, params.id);
      const paging = offsetPaging(query);
      const { permissions, total } = await listPermissionsOfRole(db, {
        roleId: params.id,
        ...paging,
      });
      return offsetPage(paging, 'permissions', permissions.map(toPermissionWire), total);
    },
  });
  permissionHolderRoutes(api, deps, {
    kind: 'role',
    give: { summary: 'Add permissions to a role' },
    take: {
      summary: 'Remove permissions from a role',
      description:
        'The permissions to remove are in the request body. Permissions that the role does not have are ignored.',
    },
  });
}
