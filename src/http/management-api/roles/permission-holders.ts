import { Type } from 'typebox';
import { transaction } from '../../../platform/db/db.ts';
import { grantPermissions, revokePermissions } from '../../../records/roles/roles.ts';
import { type Api, type BaseDeps, route } from '../route/route.ts';
import {
  memberParams,
  needRole,
  needUser,
  noRole,
  noUser,
  permissionsBody,
  refuseGrant,
  roleParams,
  toPermissionKeys,
} from './role-wire.ts';

const HOLDERS = {
  role: { url: '/roles/:id/permissions', params: roleParams, need: needRole, missing: noRole },
  user: { url: '/users/:id/permissions', params: memberParams, need: needUser, missing: noUser },
};

/** How a role, or a user, is given permissions and loses them. */
export function permissionHolderRoutes(
  api: Api,
  { db }: BaseDeps,
  about: {
    kind: 'role' | 'user';
    give: { summary: string };
    take: { summary: string; description: string };
  },
): void {
  const { kind, give, take } = about;
  const { url, params, need, missing } = HOLDERS[kind];
  const common = { url, scopes: [`update:${kind}s`], tags: [`${kind}s`], params };
  route(api, {
    ...common,
    ...give,
    method: 'POST',
    description: 'All of them or, when one does not exist, none. Those it has stay.',
    body: permissionsBody,
    response: { 201: Type.Object({}) },
    handler: async ({ params, body }) => {
      const keys = toPermissionKeys(body.permissions);
      const outcome = await transaction(db, (tx) =>
        grantPermissions(tx, { kind, id: params.id }, keys),
      );
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
      await need(db, params.id);
      await revokePermissions(db, { kind, id: params.id }, toPermissionKeys(body.permissions));
    },
  });
}
