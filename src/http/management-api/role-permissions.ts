import { Type } from 'typebox';
import { transaction } from '../../platform/db/db.ts';
import {
  grantPermissions,
  listPermissionsOfRole,
  revokePermissions,
} from '../../records/roles/roles.ts';
import type { BaseDeps } from './base-deps.ts';
import { offsetPage, offsetPaging, pageOf, pageQuery } from './paging.ts';
import {
  needRole,
  noRole,
  permissionFields,
  permissionsBody,
  refuseGrant,
  roleParams,
  toPermissionKeys,
  toPermissionWire,
} from './role-wire.ts';
import { type Api, route } from './route.ts';
import { closed } from './wire.ts';

const url = '/roles/:id/permissions';
const tags = ['roles'];
const params = roleParams;

/** `/roles/{id}/permissions`: what a role lets people do. */
export function rolePermissionRoutes(api: Api, { db }: BaseDeps): void {
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
  route(api, {
    method: 'POST',
    url,
    scopes: ['update:roles'],
    summary: 'Add permissions to a role',
    description: 'All of them or, when one does not exist, none. Those it has stay.',
    tags,
    params,
    body: permissionsBody,
    response: { 201: Type.Object({}) },
    handler: async ({ params, body }) => {
      const holder = { kind: 'role' as const, id: params.id };
      const keys = toPermissionKeys(body.permissions);
      const outcome = await transaction(db, (tx) => grantPermissions(tx, holder, keys));
      if (outcome.kind === 'no_holder') throw noRole();
      if (outcome.kind !== 'granted') throw refuseGrant(outcome);
      return {};
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['update:roles'],
    summary: 'Remove permissions from a role',
    description: 'Takes a body. Those it has not change nothing.',
    tags,
    params,
    body: permissionsBody,
    response: { 204: null },
    handler: async ({ params, body }) => {
      await needRole(db, params.id);
      const holder = { kind: 'role' as const, id: params.id };
      await revokePermissions(db, holder, toPermissionKeys(body.permissions));
    },
  });
}
