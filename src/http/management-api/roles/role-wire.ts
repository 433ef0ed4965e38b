import { Type } from 'typebox';
import type { Db } from '../../../platform/db/db.ts';
import {
  findRole,
  type PermissionKey,
  type PermissionOfRole,
  type Role,
} from '../../../records/roles/roles.ts';
import { ApiError, badRequest, type Caller, closed, idParams, notFound } from '../route/route.ts';

export const roleParams = idParams('ID of the role');
export const memberParams = idParams('ID of the user');

export const roleSchema = Type.Object({
  id: Type.String({ description: 'ID of the role' }),
  name: Type.String({ description: 'Name of the role' }),
  description: Type.Optional(Type.String({ description: 'Description of the role' })),
});

/** Auth0's schema of a permission in lists. Permissions of users also have sources. */
export const permissionFields = {
  permission_name: Type.String({ description: 'Name of the permission: a scope of the API' }),
  description: Type.Optional(Type.String({ description: 'Description of the permission' })),
  resource_server_name: Type.Optional(Type.String({ description: 'Name of the API' })),
  resource_server_identifier: Type.String({ description: 'Identifier of the API' }),
};

/** A permission as requests name it. */
export const permissionKey = closed({
  resource_server_identifier: Type.String({
    minLength: 1,
    maxLength: 600,
    description: 'Identifier of the API',
  }),
  permission_name: Type.String({ minLength: 1, maxLength: 280, description: 'Scope of the API' }),
});

/** The body of requests that add or remove permissions. */
export const permissionsBody = closed({
  permissions: Type.Array(permissionKey, {
    minItems: 1,
    maxItems: 10_000,
    description: 'Permissions: pairs of an API and one of its scopes',
  }),
});

export const noRole = () => notFound('The role does not exist.');

export function toRoleWire(role: Pick<Role, 'id' | 'name' | 'description'>) {
  return {
    id: role.id,
    name: role.name,
    ...(role.description !== null && { description: role.description }),
  };
}

export function toPermissionWire(permissionOfRole: PermissionOfRole) {
  return {
    permission_name: permissionOfRole.permission,
    description: permissionOfRole.description ?? '',
    resource_server_name: permissionOfRole.resourceServerName ?? '',
    resource_server_identifier: permissionOfRole.audience,
  };
}

export function toPermissionKeys(
  wire: { resource_server_identifier: string; permission_name: string }[],
): PermissionKey[] {
  return wire.map((each) => ({
    audience: each.resource_server_identifier,
    permission: each.permission_name,
  }));
}

/** @throws ApiError 404 */
export async function needRole(db: Db, id: string): Promise<void> {
  if ((await findRole(db, id)) === null) throw noRole();
}

/** The response if permissions cannot be assigned. */
export function refuseGrant(
  outcome: { kind: 'unknown_api' } | { kind: 'unknown_permission'; permissions: string[] },
): ApiError {
  return outcome.kind === 'unknown_api'
    ? notFound('The resource server does not exist.')
    : badRequest(
        `The API does not have the following scopes: ${[...new Set(outcome.permissions)].join(', ')}`,
      );
}

/** Checks the scopes for reading the users of a role: `read:role_members`, or the scopes of both resources. */
export function requireMemberScopes(caller: Caller): void {
  const { scopes } = caller;
  if (scopes.has('read:role_members')) return;
  if (scopes.has('read:users') && scopes.has('read:roles')) return;
  throw new ApiError(
    403,
    'Insufficient scope, expected all of: read:users,read:roles',
    'insufficient_scope',
  );
}
