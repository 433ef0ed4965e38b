import { Type } from 'typebox';
import {
  giveOrganizationRoles,
  takeOrganizationRoles,
} from '../../../flows/manage-organizations/manage-organizations.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  isMember,
  type MemberRole,
  rolesOfMembers,
} from '../../../records/organizations/organizations.ts';
import { noRole, roleSchema, toRoleWire } from '../roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointPaging,
  checkpointQuery,
  closed,
  conflict,
  nextCursor,
  noUser,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  refuseDeep,
  route,
} from '../route/route.ts';
import { needOrganization, noOrganization, organizationParams } from './organization-wire.ts';

const tags = ['organizations'];
const base = '/organizations/:id/members/:user_id';
const url = `${base}/roles`;
const params = Type.Object({
  ...organizationParams.properties,
  user_id: Type.String({ minLength: 1, maxLength: 300, description: 'ID of the member' }),
});

const body = closed({
  roles: Type.Array(Type.String({ minLength: 1, maxLength: 50 }), {
    minItems: 1,
    maxItems: 1000,
    description: 'IDs of roles',
  }),
});

/** `/organizations/{id}/members/{user_id}/roles`: the roles of a member in this organization. */
export function organizationMemberRoleRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:organization_member_roles'],
    summary: 'List the roles of a member in an organization',
    tags,
    params,
    query: closed(pageQuery),
    response: { 200: pageOf('roles', roleSchema) },
    handler: async ({ params, query }) => {
      const roles = await rolesOf(db, params);
      const paging = offsetPaging(query);
      refuseDeep(paging);
      const shown = roles.slice(paging.offset, paging.offset + paging.limit);
      return offsetPage(paging, 'roles', shown.map(toRoleWire), roles.length);
    },
  });
  route(api, {
    method: 'POST',
    url,
    scopes: ['create:organization_member_roles'],
    summary: 'Assign roles to a member in an organization',
    description: 'Assigns all the roles. If one role does not exist, assigns none.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      const input = { organizationId: params.id, userId: params.user_id, roleIds: body.roles };
      const outcome = await giveOrganizationRoles(deps, input);
      if (outcome.kind === 'no_organization') throw noOrganization();
      if (outcome.kind === 'not_member') throw noUser();
      if (outcome.kind === 'missing') throw noRole();
      if (outcome.kind === 'full') {
        throw conflict('No more roles can be assigned to this organization member.');
      }
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['delete:organization_member_roles'],
    summary: 'Remove roles from a member in an organization',
    description: 'Roles that the member does not have are ignored.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      const input = { organizationId: params.id, userId: params.user_id, roleIds: body.roles };
      const outcome = await takeOrganizationRoles(deps, input);
      if (outcome.kind === 'no_organization') throw noOrganization();
    },
  });
  route(api, {
    method: 'GET',
    url: `${base}/effective-roles`,
    scopes: ['read:organization_member_effective_roles'],
    summary: 'List the effective roles of a member in an organization',
    tags,
    params,
    query: closed(checkpointQuery),
    response: {
      200: Type.Object({
        roles: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Role ID' }),
            name: Type.String({ description: 'Role name' }),
            description: Type.String({ description: 'Role description' }),
            sources: Type.Array(Type.String(), { description: 'Sources of the role' }),
          }),
        ),
        next: nextCursor,
      }),
    },
    handler: async ({ params, query }) => {
      const paging = checkpointPaging(query);
      const { afterId, limit } = paging;
      const roles = await rolesOf(db, params);
      const rest = roles.filter((role) => afterId === null || role.id > afterId);
      const shown = rest.slice(0, limit + 1);
      const toEffective = (role: MemberRole) => ({
        id: role.id,
        name: role.name,
        description: role.description ?? '',
        sources: ['direct'],
      });
      return checkpointPage(paging, 'roles', shown, (role) => role.id, toEffective);
    },
  });
}

/** A member has up to 50 roles, so a page needs no query of its own. */
async function rolesOf(db: Db, params: { id: string; user_id: string }): Promise<MemberRole[]> {
  await needOrganization(db, params.id);
  const key = { organizationId: params.id, userId: params.user_id };
  if (!(await isMember(db, key))) throw noUser();
  const found = await rolesOfMembers(db, { organizationId: params.id, userIds: [params.user_id] });
  return found.get(params.user_id) ?? [];
}
