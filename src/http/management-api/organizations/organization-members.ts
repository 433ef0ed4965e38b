import { Type } from 'typebox';
import {
  addOrganizationMembers,
  removeOrganizationMembers,
} from '../../../flows/manage-organizations/manage-organizations.ts';
import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import {
  countMembers,
  listMembers,
  type MemberRole,
  type OrganizationMember,
  rolesOfMembers,
} from '../../../records/organizations/organizations.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointQuery,
  closed,
  fieldsQuery,
  noUser,
  offsetPage,
  pageOf,
  pageQuery,
  pagingOf,
  pickFields,
  refuseDeep,
  requireScope,
  route,
} from '../route/route.ts';
import {
  needOrganization,
  noOrganization,
  organizationParams as params,
} from './organization-wire.ts';

const tags = ['organizations'];
const url = '/organizations/:id/members';

const memberSchema = Type.Object({
  user_id: Type.Optional(Type.String({ description: 'ID of the user' })),
  picture: Type.Optional(Type.String({ description: "URL of the user's picture" })),
  name: Type.Optional(Type.String({ description: 'Name of the user' })),
  email: Type.Optional(Type.String({ description: 'Email address of the user' })),
  roles: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), {
      description: 'Roles of the member. Present only if `fields` names `roles`.',
    }),
  ),
});
const FIELDS = Object.keys(memberSchema.properties);
const body = closed({
  members: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
    minItems: 1,
    maxItems: 10_000,
    description: 'IDs of users',
  }),
});

/** `/organizations/{id}/members`: the members of an organization. */
export function organizationMemberRoutes(api: Api, deps: BaseDeps): void {
  const { db, pictureOf } = deps;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:organization_members'],
    summary: 'List the members of an organization',
    description:
      'Pages by number reach the first 1000 members. Pages by checkpoint (`take`, then `from`) reach all members. ' +
      '`fields=roles` adds the roles of each member and also requires `read:organization_member_roles`.',
    tags,
    params,
    query: closed({ ...pageQuery, ...checkpointQuery, ...fieldsQuery(FIELDS) }),
    response: { 200: pageOf('members', memberSchema) },
    handler: async ({ params, query, caller }) => {
      const names = query.fields?.split(',').map((name) => name.trim()) ?? [];
      const withRoles = query.include_fields !== false && names.includes('roles');
      if (withRoles) requireScope(caller, ['read:organization_member_roles']);
      await needOrganization(db, params.id);
      const organizationId = params.id;
      const paging = pagingOf(query);
      refuseDeep(paging);
      const found =
        paging.kind === 'checkpoint'
          ? { afterId: paging.afterId, offset: 0, limit: paging.limit + 1 }
          : { afterId: null, offset: paging.offset, limit: paging.limit };
      const members = await listMembers(db, { organizationId, ...found });
      const userIds = members.map((member) => member.userId);
      const roles = withRoles ? await rolesOfMembers(db, { organizationId, userIds }) : null;
      const toWire = (member: OrganizationMember) => {
        const theirs = roles && (roles.get(member.userId) ?? []);
        return pickFields(toWireMember(member, theirs, pictureOf), query);
      };
      if (paging.kind === 'checkpoint') {
        return checkpointPage(paging, 'members', members, (member) => member.userId, toWire);
      }
      const total = paging.totals ? await countMembers(db, organizationId) : 0;
      return offsetPage(paging, 'members', members.map(toWire), total);
    },
  });
  route(api, {
    method: 'POST',
    url,
    scopes: ['create:organization_members'],
    summary: 'Add members to an organization',
    description:
      'Adds all the users. If one user does not exist, adds none. Users who are members already stay members.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      const input = { organizationId: params.id, userIds: body.members };
      const outcome = await addOrganizationMembers(deps, input);
      if (outcome.kind === 'no_organization') throw noOrganization();
      if (outcome.kind === 'missing') throw noUser();
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['delete:organization_members'],
    summary: 'Remove members from an organization',
    description:
      'Also removes their roles in the organization. Users who are not members are ignored.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      const input = { organizationId: params.id, userIds: body.members };
      const outcome = await removeOrganizationMembers(deps, input);
      if (outcome.kind === 'no_organization') throw noOrganization();
    },
  });
}

function toWireMember(
  member: OrganizationMember,
  roles: MemberRole[] | null,
  pictureOf: PictureOf,
) {
  const name = member.name ?? member.email ?? undefined;
  return {
    user_id: member.userId,
    picture: pictureOf({ ...member, id: member.userId }),
    ...(name !== undefined && { name }),
    ...(member.email !== null && { email: member.email }),
    ...(roles !== null && { roles: roles.map(({ id, name }) => ({ id, name })) }),
  };
}
