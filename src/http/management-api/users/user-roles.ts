import { Type } from 'typebox';
import { giveRoles, takeRoles } from '../../../flows/manage-roles/manage-roles.ts';
import { countRolesOfUser, rolesOfUser } from '../../../records/roles/roles.ts';
import {
  memberParams,
  noRole,
  requireMemberScopes,
  roleSchema,
  toRoleWire,
} from '../roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  noUser,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  route,
  userOf,
} from '../route/route.ts';

const url = '/users/:id/roles';
const tags = ['users'];
const params = memberParams;
const body = closed({
  roles: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    minItems: 1,
    maxItems: 10_000,
    description: 'IDs of roles',
  }),
});

/** `/users/{id}/roles`: the roles of a user, in and outside of organizations. */
export function userRoleRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:users', 'read:roles', 'read:role_members'],
    summary: 'List the roles of a user',
    description: 'Requires `read:role_members`, or both of the other scopes.',
    tags,
    params,
    query: closed(pageQuery),
    response: { 200: pageOf('roles', roleSchema) },
    handler: async ({ params, query, caller }) => {
      requireMemberScopes(caller);
      await userOf(db, params.id);
      const paging = offsetPaging(query);
      const { offset, limit } = paging;
      const roles = await rolesOfUser(db, { userId: params.id, offset, limit });
      const total = paging.totals ? await countRolesOfUser(db, params.id) : 0;
      return offsetPage(paging, 'roles', roles.map(toRoleWire), total);
    },
  });
  route(api, {
    method: 'POST',
    url,
    scopes: ['update:users', 'create:role_members'],
    summary: 'Assign roles to a user',
    description:
      'Assigns all the roles. If one role does not exist, assigns none. Roles that the user already has stay.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      const outcome = await giveRoles(deps, { userIds: [params.id], roleIds: body.roles });
      if (outcome.kind === 'no_user') throw noUser();
      if (outcome.kind === 'no_role') throw noRole();
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['update:users', 'delete:role_members'],
    summary: 'Remove roles from a user',
    description:
      'The roles to remove are in the request body. Roles that the user does not have are ignored.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      const outcome = await takeRoles(deps, { userId: params.id, roleIds: body.roles });
      if (outcome.kind === 'no_user') throw noUser();
    },
  });
}
