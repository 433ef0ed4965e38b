import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import {
  assignUsers,
  deleteRole,
  findRole,
  grantPermissions,
  insertRole,
  type PermissionKey,
  type Role,
  revokePermissions,
  unassignRoles,
  updateRole,
} from '../../records/roles/roles.ts';
import { findUser } from '../../records/users/users.ts';

export type ManageRolesDeps = { db: Db; clock: Clock };

/** The role or the user that holds permissions. */
export type PermissionHolder = { kind: 'role' | 'user'; id: string };

/** Creates a role. `duplicate`: the name is taken. */
export async function createRole(
  { db, clock }: ManageRolesDeps,
  input: { name: string; description: string | null },
): Promise<{ kind: 'created'; role: Role } | { kind: 'duplicate' }> {
  const now = clock.now();
  const role: Role = { ...input, id: newId('rol'), createdAt: now, updatedAt: now };
  const outcome = await insertRole(db, role);
  return outcome.kind === 'duplicate' ? outcome : { kind: 'created', role };
}

/** Changes only what `changes` names. `duplicate`: the name is taken. */
export function changeRole(
  { db, clock }: ManageRolesDeps,
  id: string,
  changes: { name?: string | undefined; description?: string | undefined },
): Promise<{ kind: 'updated'; role: Role } | { kind: 'missing' } | { kind: 'duplicate' }> {
  return updateRole(db, id, changes, clock.now());
}

/** Deletes a role. Its members lose it in the same moment. */
export async function removeRole(
  { db }: ManageRolesDeps,
  id: string,
): Promise<{ kind: 'removed' | 'missing' }> {
  return { kind: (await deleteRole(db, id)) ? 'removed' : 'missing' };
}

/** Gives each of the roles to each of the users: all, or none if one of them does not exist. */
export function giveRoles(
  { db, clock }: ManageRolesDeps,
  input: { roleIds: string[]; userIds: string[] },
): Promise<{ kind: 'assigned' | 'no_role' | 'no_user' }> {
  return transaction(db, (tx) => assignUsers(tx, { ...input, now: clock.now() }));
}

/** Takes roles from a user. A role that the user does not have changes nothing. */
export async function takeRoles(
  { db }: ManageRolesDeps,
  input: { userId: string; roleIds: string[] },
): Promise<{ kind: 'taken' | 'no_user' }> {
  if ((await findUser(db, input.userId)) === null) return { kind: 'no_user' };
  await unassignRoles(db, input);
  return { kind: 'taken' };
}

/** Gives permissions to a role or a user: all, or none if one of them does not exist. */
export function givePermissions(
  { db }: ManageRolesDeps,
  holder: PermissionHolder,
  permissions: PermissionKey[],
): ReturnType<typeof grantPermissions> {
  return transaction(db, (tx) => grantPermissions(tx, holder, permissions));
}

/** Takes permissions that a role or a user holds directly. One that is not held changes nothing. */
export async function takePermissions(
  { db }: ManageRolesDeps,
  holder: PermissionHolder,
  permissions: PermissionKey[],
): Promise<{ kind: 'taken' | 'no_holder' }> {
  const found = holder.kind === 'role' ? findRole(db, holder.id) : findUser(db, holder.id);
  if ((await found) === null) return { kind: 'no_holder' };
  await revokePermissions(db, holder, permissions);
  return { kind: 'taken' };
}
