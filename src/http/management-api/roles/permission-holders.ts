import { Type } from 'typebox';
import { givePermissions, takePermissions } from '../../../flows/manage-roles/manage-roles.ts';
import { type Api, type BaseDeps, route } from '../route/route.ts';
import {
  memberParams,
  noRole,
  noUser,
  permissionsBody,
  refuseGrant,
  roleParams,
  toPermissionKeys,
} from './role-wire.ts';

const HOLDERS = {
  role: { url: '/roles/:id/permissions', params: roleParams, missing: noRole },
  user: { url: '/users/:id/permissions', params: memberParams, missing: noUser },
};

/** Routes that add permissions to a role or a user and remove them. */
export function permissionHolderRoutes(
  api: Api,
  deps: BaseDeps,
  about: {
    kind: 'role' | 'user';
    give: { summary: string };
    take: { summary: string; description: string };
  },
): void {
  const { kind, give, take } = about;
  const { url, params, missing } = HOLDERS[kind];
  const common = { url, scopes: [`update:${kind}s`], tags: [`${kind}s`], params };
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
