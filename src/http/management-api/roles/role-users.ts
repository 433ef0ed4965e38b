import { Type } from 'typebox';
import { giveRoles } from '../../../flows/manage-roles/manage-roles.ts';
import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import {
  listRoleMembers,
  type RoleMember,
  roleMembersAfter,
} from '../../../records/roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointQuery,
  closed,
  notFound,
  offsetPage,
  pageOf,
  pageQuery,
  pagingOf,
  refuseDeep,
  route,
} from '../route/route.ts';
import { needRole, noRole, requireMemberScopes, roleParams } from './role-wire.ts';

const url = '/roles/:id/users';
const tags = ['roles'];
const params = roleParams;
const TOO_DEEP =
  'You can only page through the first 1000 records. Use checkpoint pagination: take, then from.';

const memberSchema = Type.Object({
  user_id: Type.String({ description: 'ID of the user' }),
  email: Type.Optional(Type.String({ description: 'Email address of the user' })),
  picture: Type.Optional(Type.String({ description: "URL of the user's picture" })),
  name: Type.Optional(Type.String({ description: 'Name of the user' })),
});

/** `/roles/{id}/users`: the users who have a role. */
export function roleUserRoutes(api: Api, deps: BaseDeps): void {
  const { db, pictureOf } = deps;
  const toWire = (member: RoleMember) => toWireMember(member, pictureOf);
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:users', 'read:roles', 'read:role_members'],
    summary: 'List the users of a role',
    description:
      'Pages by number reach the first 1000 users. Pages by checkpoint (`take`, then `from`) reach all users. Totals count ' +
      'up to 100,000. Requires `read:role_members`, or both of the other scopes.',
    tags,
    params,
    query: closed({ ...pageQuery, ...checkpointQuery }),
    response: { 200: pageOf('users', memberSchema) },
    handler: async ({ params, query, caller }) => {
      requireMemberScopes(caller);
      await needRole(db, params.id);
      const roleId = params.id;
      const paging = pagingOf(query);
      if (paging.kind === 'checkpoint') {
        const { afterId, limit } = paging;
        const found = await roleMembersAfter(db, { roleId, afterId, limit: limit + 1 });
        return checkpointPage(paging, 'users', found, (member) => member.id, toWire);
      }
      refuseDeep(paging, TOO_DEEP);
      const page = { roleId, ...paging, count: paging.totals };
      const { members, total } = await listRoleMembers(db, page);
      return offsetPage(paging, 'users', members.map(toWire), total);
    },
  });
  route(api, {
    method: 'POST',
    url,
    scopes: ['update:roles', 'create:role_members'],
    summary: 'Assign a role to users',
    description:
      'Assigns the role to all the users. If one user does not exist, assigns it to none. Users who have the role already ' +
      'keep it.',
    tags,
    params,
    body: closed({
      users: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
        maxItems: 10_000,
        description: 'IDs of users',
      }),
    }),
    response: { 200: Type.Object({}) },
    handler: async ({ params, body }) => {
      const outcome = await giveRoles(deps, { roleIds: [params.id], userIds: body.users });
      if (outcome.kind === 'no_role') throw noRole();
      if (outcome.kind === 'no_user') {
        throw notFound('One or more of the users do not exist.', 'inexistent_user');
      }
      return {};
    },
  });
}

function toWireMember(member: RoleMember, pictureOf: PictureOf) {
  const { id, email, name } = member;
  return {
    user_id: id,
    ...(email !== null && { email }),
    picture: pictureOf(member),
    ...(name !== null && { name }),
  };
}
