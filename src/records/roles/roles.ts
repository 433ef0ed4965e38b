import { type SqlBool, sql } from 'kysely';
import { type Db, folded, pageAndCount, sqlState } from '../../platform/db/db.ts';
import {
  type Assigned,
  addMembers,
  giveKnownRoles,
  membersAfter,
  pageOfMembers,
  type RoleMember,
} from './members.ts';
import {
  effectiveAt,
  forgetScopes,
  type Granted,
  grant,
  grantKnown,
  type Holder,
  type PermissionKey,
  type PermissionOfRole,
  pageOfRole,
  pageOfUser,
  permissionNames,
  revoke,
  type SourcedPermission,
} from './permissions.ts';
import { roleNames } from './role-names.ts';

export type { RoleMember } from './members.ts';
export type { PermissionKey, PermissionOfRole, SourcedPermission } from './permissions.ts';

type RolesTable = {
  id: string;
  name: string;
  description: string | null;
  created_at: Date;
  updated_at: Date;
};

/** A named set of permissions for a group of users. */
export type Role = {
  id: string;
  name: string;
  description: string | null;
  createdAt: Date;
  updatedAt: Date;
};

const on = (db: Db) => db.withTables<{ roles: RolesTable }>();
const UNIQUE_VIOLATION = '23505';

export async function findRole(db: Db, id: string): Promise<Role | null> {
  const row = await on(db).selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toRole(row) : null;
}

/** Returns a page of roles, oldest first, and their total number. */
export async function listRoles(
  db: Db,
  options: {
    /** A part of the name, in any case. */
    nameFilter?: string;
    offset: number;
    limit: number;
  },
): Promise<{ roles: Role[]; total: number }> {
  const { nameFilter } = options;
  const oldestFirst = on(db)
    .selectFrom('roles')
    .$if(nameFilter !== undefined, (q) =>
      q.where(
        sql<SqlBool>`position(${folded(sql`${nameFilter ?? ''}::text`)} in ${folded(sql.ref('name'))}) > 0`,
      ),
    )
    .selectAll()
    .orderBy('created_at')
    .orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { roles: rows.map(toRole), total };
}

/** Inserts a role. Returns `duplicate` if the name is taken. */
export async function insertRole(
  db: Db,
  role: Role,
): Promise<{ kind: 'inserted' } | { kind: 'duplicate' }> {
  const result = await on(db)
    .insertInto('roles')
    .values({
      id: role.id,
      name: role.name,
      description: role.description,
      created_at: role.createdAt,
      updated_at: role.updatedAt,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/** Writes only the properties in `changes`. */
export async function updateRole(
  db: Db,
  id: string,
  changes: { name?: string | undefined; description?: string | undefined },
  now: Date,
): Promise<{ kind: 'updated'; role: Role } | { kind: 'missing' } | { kind: 'duplicate' }> {
  try {
    const row = await on(db)
      .updateTable('roles')
      .set({ name: changes.name, description: changes.description, updated_at: now })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    return row ? { kind: 'updated', role: toRole(row) } : { kind: 'missing' };
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'duplicate' };
    throw error;
  }
}

/** Deletes a role, also from its members, in one step. Returns false if there is none. */
export async function deleteRole(db: Db, id: string): Promise<boolean> {
  const result = await on(db).deleteFrom('roles').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Returns those of `ids` that are no roles. */
export async function missingRoles(db: Db, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{
    id: string;
  }>`select id from roles where id = any(${ids}::text[])`.execute(db);
  const found = new Set(rows.map((row) => row.id));
  return [...new Set(ids)].filter((id) => !found.has(id));
}

/** Locks roles against deletion until the transaction ends. Returns those of `ids` that do not exist. */
export async function holdRoles(tx: Db, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from roles where id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))
    order by id for key share`.execute(tx);
  const found = new Set(rows.map((row) => row.id));
  return ids.filter((id) => !found.has(id));
}

/** Gives roles to users, in a transaction. Existing and deleted roles are ignored. The users must exist. */
export function assignRoles(
  tx: Db,
  input: { userIds: string[]; roleIds: string[]; now: Date },
): Promise<void> {
  return giveKnownRoles(tx, input);
}

/** Removes roles from a user. Missing ones are ignored. */
export async function unassignRoles(
  db: Db,
  input: { userId: string; roleIds: string[] },
): Promise<void> {
  await sql`
    delete from user_roles where user_id = ${input.userId} and role_id = any(${input.roleIds}::text[])`.execute(
    db,
  );
}

/** Returns a page of a user's own roles, in the order of their ids, without those of organizations. */
export async function rolesOfUser(
  db: Db,
  page: {
    userId: string;
    afterId?: string | null;
    offset?: number;
    limit: number;
    /** Only roles with this permission. */
    withPermission?: PermissionKey;
  },
): Promise<Role[]> {
  const { withPermission: key } = page;
  const having = key
    ? sql`and exists (
        select 1 from role_permissions rp join resource_servers api on api.id = rp.resource_server_id
        where rp.role_id = r.id and api.identifier = ${key.audience} and rp.permission = ${key.permission})`
    : sql``;
  const { rows } = await sql<RolesTable>`
    select r.* from user_roles ur join roles r on r.id = ur.role_id
    where ur.user_id = ${page.userId} and ur.role_id > ${page.afterId ?? ''} ${having}
    order by ur.role_id offset ${page.offset ?? 0} limit ${page.limit}`.execute(db);
  return rows.map(toRole);
}

export async function countRolesOfUser(db: Db, userId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from user_roles where user_id = ${userId}`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Gives roles to users, all or none, in a transaction (see `members.ts`). */
export function assignUsers(
  tx: Db,
  input: { roleIds: string[]; userIds: string[]; now: Date },
): Promise<Assigned> {
  return addMembers(tx, input);
}

/** Returns the members after one, in the order of their ids (see `members.ts`). */
export function roleMembersAfter(
  db: Db,
  page: { roleId: string; afterId: string | null; limit: number },
): Promise<RoleMember[]> {
  return membersAfter(db, page);
}

/** Returns a page of members by offset, and their total number (see `members.ts`). */
export function listRoleMembers(
  db: Db,
  page: { roleId: string; offset: number; limit: number; count: boolean },
): Promise<{ members: RoleMember[]; total: number }> {
  return pageOfMembers(db, page);
}

/**
 * Returns the scopes of an API that a user has: directly, by roles, and by roles as a member of the login's organization.
 * @param input.audience the API's identifier
 */
export function permissionsOfUser(
  db: Db,
  input: { userId: string; audience: string; organizationId: string | null },
): Promise<string[]> {
  return permissionNames(db, input);
}

/** Returns the names of a user's roles in alphabetical order: the user's own, and those as a member of the login's organization. */
export function roleNamesOfUser(
  db: Db,
  input: { userId: string; organizationId: string | null },
): Promise<string[]> {
  return roleNames(db, input);
}

/** Gives permissions to a role or a user, all or none, in a transaction (see `permissions.ts`). */
export function grantPermissions(tx: Db, holder: Holder, keys: PermissionKey[]): Promise<Granted> {
  return grant(tx, holder, keys);
}

/** Gives permissions to users, in a transaction. Existing ones, and those that their APIs no longer have, are ignored. The users must exist. */
export function grantKnownPermissions(
  tx: Db,
  input: { userIds: string[]; keys: PermissionKey[] },
): Promise<void> {
  return grantKnown(tx, input);
}

/** Removes permissions from a role or a user (see `permissions.ts`). */
export function revokePermissions(db: Db, holder: Holder, keys: PermissionKey[]): Promise<void> {
  return revoke(db, holder, keys);
}

/** Returns a page of a role's permissions (see `permissions.ts`). */
export function listPermissionsOfRole(
  db: Db,
  page: { roleId: string; offset: number; limit: number },
): Promise<{ permissions: PermissionOfRole[]; total: number }> {
  return pageOfRole(db, page);
}

/** Returns a page of a user's permissions, direct and by the user's own roles (see `permissions.ts`). */
export function listPermissionsOfUser(
  db: Db,
  page: { userId: string; offset: number; limit: number },
): Promise<{ permissions: SourcedPermission[]; total: number }> {
  return pageOfUser(db, page);
}

/** Returns a user's permissions for one API after a name (see `permissions.ts`). */
export function effectivePermissions(
  db: Db,
  page: { userId: string; audience: string; after: string | null; limit: number },
): Promise<SourcedPermission[]> {
  return effectiveAt(db, page);
}

/** Removes all permissions for scopes that an API no longer has (see `permissions.ts`). */
export function forgetPermissions(
  tx: Db,
  input: { resourceServerId: string; kept: string[] },
): Promise<void> {
  return forgetScopes(tx, input);
}

function toRole(row: RolesTable): Role {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
