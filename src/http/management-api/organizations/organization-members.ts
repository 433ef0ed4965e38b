import { Type } from 'typebox';
import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import { transaction } from '../../../platform/db/db.ts';
import {
  addMembers,
  countMembers,
  listMembers,
  type MemberRole,
  type OrganizationMember,
  removeMembers,
  rolesOfMembers,
} from '../../../records/organizations/organizations.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointQuery,
  closed,
  fieldsQuery,
  notFound,
  offsetPage,
  pageOf,
  pageQuery,
  pagingOf,
  pickFields,
  requireScope,
  route,
} from '../route/route.ts';
import { needOrganization, organizationParams as params, refuseDeep } from './organization-wire.ts';

const tags = ['organizations'];
const url = '/organizations/:id/members';

const memberSchema = Type.Object({
  user_id: Type.Optional(Type.String({ description: 'ID of the user' })),
  picture: Type.Optional(Type.String({ description: 'URL of a picture' })),
  name: Type.Optional(Type.String({ description: 'Name of the user' })),
  email: Type.Optional(Type.String({ description: 'E-mail of the user' })),
  roles: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), {
      description: 'Only when `fields` names them',
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

/** `/organizations/{id}/members`: who belongs to it. */
export function organizationMemberRoutes(api: Api, { db, clock, pictureOf }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:organization_members'],
    summary: 'List the members of an organization',
    description:
      'By page, at most 1000 members deep, or by checkpoint (`take`, then `from`) without an end. `fields=roles` shows the roles ' +
      'of each, and needs `read:organization_member_roles` as well.',
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
    description: 'All of them or, when one does not exist, none. Who is a member stays one.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      await needOrganization(db, params.id);
      const input = { organizationId: params.id, userIds: body.members, now: clock.now() };
      const outcome = await transaction(db, (tx) => addMembers(tx, input));
      if (outcome.kind === 'missing') throw notFound('The user does not exist.', 'inexistent_user');
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['delete:organization_members'],
    summary: 'Take members out of an organization',
    description: 'Their roles there go too. 204 also for those who were no members.',
    tags,
    params,
    body,
    response: { 204: null },
    handler: async ({ params, body }) => {
      await needOrganization(db, params.id);
      await removeMembers(db, { organizationId: params.id, userIds: body.members });
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
