import { Type } from 'typebox';
import {
  effectivePermissions,
  type Role,
  rolesOfUser,
  type SourcedPermission,
} from '../../../records/roles/roles.ts';
import {
  memberParams,
  needRole,
  permissionFields,
  roleSchema,
  toPermissionWire,
} from '../roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointPaging,
  checkpointQuery,
  closed,
  nextCursor,
  oneOf,
  route,
  userOf,
} from '../route/route.ts';

const tags = ['users'];
const params = memberParams;
const MOST = 100;
const cursorQuery = {
  from: checkpointQuery.from,
  take: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      description: `Results per page. Default: 50. Maximum: ${MOST}.`,
    }),
  ),
};
const identifier = Type.String({
  minLength: 1,
  maxLength: 600,
  description: 'Identifier of the API',
});
const sourcedRole = Type.Object({
  ...roleSchema.properties,
  sources: Type.Array(oneOf(['direct', 'groups']), {
    description: 'Always `direct`, because Usher has no groups.',
  }),
});

/** `/users/{id}/effective-…`: the permissions and roles of a user, with where each comes from. */
export function effectiveRoutes(api: Api, { db }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/users/:id/effective-permissions',
    scopes: ['read:user_effective_permissions'],
    summary: 'List the effective permissions of a user at an API',
    tags,
    params,
    query: closed({ ...cursorQuery, resource_server_identifier: identifier }),
    response: {
      200: Type.Object({
        permissions: Type.Array(
          Type.Object({ ...permissionFields, sources: Type.Array(oneOf(['direct', 'roles'])) }),
        ),
        next: nextCursor,
      }),
    },
    handler: async ({ params, query }) => {
      await userOf(db, params.id);
      const paging = cursorOf(query);
      const found = await effectivePermissions(db, {
        userId: params.id,
        audience: query.resource_server_identifier,
        after: paging.afterId,
        limit: paging.limit + 1,
      });
      return checkpointPage(
        paging,
        'permissions',
        found,
        (sourcedPermission) => sourcedPermission.permission,
        toWire,
      );
    },
  });
  route(api, {
    method: 'GET',
    url: '/users/:id/effective-permissions/sources/effective-roles',
    scopes: ['read:user_permission_source_roles'],
    summary: 'List the roles that give a user a permission',
    tags,
    params,
    query: closed({
      ...cursorQuery,
      resource_server_identifier: identifier,
      permission_name: Type.String({
        minLength: 1,
        maxLength: 280,
        description: 'Scope of the API',
      }),
    }),
    response: { 200: Type.Object({ roles: Type.Array(sourcedRole), next: nextCursor }) },
    handler: async ({ params, query }) => {
      await userOf(db, params.id);
      const paging = cursorOf(query);
      const found = await rolesOfUser(db, {
        userId: params.id,
        afterId: paging.afterId,
        limit: paging.limit + 1,
        withPermission: {
          audience: query.resource_server_identifier,
          permission: query.permission_name,
        },
      });
      return checkpointPage(paging, 'roles', found, (role) => role.id, toSourcedRole);
    },
  });
  route(api, {
    method: 'GET',
    url: '/users/:id/effective-roles',
    scopes: ['read:user_effective_roles'],
    summary: 'List the effective roles of a user',
    tags,
    params,
    query: closed(cursorQuery),
    response: { 200: Type.Object({ roles: Type.Array(sourcedRole), next: nextCursor }) },
    handler: async ({ params, query }) => {
      await userOf(db, params.id);
      const paging = cursorOf(query);
      const { afterId, limit } = paging;
      const found = await rolesOfUser(db, { userId: params.id, afterId, limit: limit + 1 });
      return checkpointPage(paging, 'roles', found, (role) => role.id, toSourcedRole);
    },
  });
  route(api, {
    method: 'GET',
    url: '/users/:id/effective-roles/sources/groups',
    scopes: ['read:user_role_source_groups'],
    summary: 'List the groups that give a user a role',
    description: 'Usher has no groups, so the list is always empty.',
    tags,
    params,
    query: closed({ ...cursorQuery, role_id: Type.String({ description: 'ID of the role' }) }),
    response: { 200: Type.Object({ groups: Type.Array(Type.Object({})), next: nextCursor }) },
    handler: async ({ params, query }) => {
      await userOf(db, params.id);
      await needRole(db, query.role_id);
      return { groups: [] };
    },
  });
}

function cursorOf(query: { from?: string; take?: number }) {
  const paging = checkpointPaging(query);
  return { ...paging, limit: Math.min(paging.limit, MOST) };
}

function toWire(sourcedPermission: SourcedPermission) {
  const direct = sourcedPermission.sources.some(({ role }) => role === null);
  const byRole = sourcedPermission.sources.some(({ role }) => role !== null);
  return {
    ...toPermissionWire(sourcedPermission),
    sources: [...(direct ? ['direct' as const] : []), ...(byRole ? ['roles' as const] : [])],
  };
}

function toSourcedRole(role: Role) {
  return {
    id: role.id,
    name: role.name,
    description: role.description ?? '',
    sources: ['direct' as const],
  };
}
