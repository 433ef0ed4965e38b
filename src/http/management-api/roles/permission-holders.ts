import { type TSchema, Type } from 'typebox';
import { givePermissions, takePermissions } from '../../../flows/manage-roles/manage-roles.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  noUser,
  type OffsetPaging,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  route,
  userOf,
} from '../route/route.ts';
import {
  memberParams,
  needRole,
  noRole,
  permissionsBody,
  refuseGrant,
  roleParams,
  toPermissionKeys,
} from './role-wire.ts';

const HOLDERS = {
  role: { url: '/roles/:id/permissions', params: roleParams, need: needRole, missing: noRole },
  user: { url: '/users/:id/permissions', params: memberParams, need: userOf, missing: noUser },
};

/** Routes that list the permissions of a role or a user, add some and remove some. */
export function permissionHolderRoutes(
  api: Api,
  deps: BaseDeps,
  about: {
    kind: 'role' | 'user';
    list: {
      summary: string;
      permission: TSchema;
      /** Returns a page of the permissions in wire format, and their total number. */
      read(id: string, page: OffsetPaging): Promise<{ permissions: unknown[]; total: number }>;
    };
    give: { summary: string };
    take: { summary: string; description: string };
  },
): void {
  const { kind, list, give, take } = about;
  const { url, params, need, missing } = HOLDERS[kind];
  const common = { url, scopes: [`update:${kind}s`], tags: [`${kind}s`], params };
  route(api, {
    ...common,
    method: 'GET',
    scopes: [`read:${kind}s`],
    summary: list.summary,
    query: closed(pageQuery),
    response: { 200: pageOf('permissions', list.permission) },
    handler: async ({ params, query }) => {
      await need(deps.db, params.id);
      const paging = offsetPaging(query);
      const { permissions, total } = await list.read(params.id, paging);
      return offsetPage(paging, 'permissions', permissions, total);
    },
  });
  route(api, {
    ...common,
    ...give,
    method: 'POST',
    description:
      'Adds all the permissions. If one does not exist, adds none. Existing permissions stay.',
    body: permissionsBody,
    response: { 201: Type.Object({}) },
    handler: async ({ params, body }) => {
      const keys = toPermissionKeys(body.permissions);
      const outcome = await givePermissions(deps, { kind, id: params.id }, keys);
      if (outcome.kind === 'no_holder') throw missing();
      if (outcome.kind !== 'granted') throw refuseGrant(outcome);
      return {};
    },
  });
  route(api, {
    ...common,
    ...take,
    method: 'DELETE',
    body: permissionsBody,
    response: { 204: null },
    handler: async ({ params, body }) => {
      const keys = toPermissionKeys(body.permissions);
      const outcome = await takePermissions(deps, { kind, id: params.id }, keys);
      if (outcome.kind === 'no_holder') throw missing();
    },
  });
}
