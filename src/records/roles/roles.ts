import { type Selectable, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { permissionNames } from './permissions.ts';

type RolesTable = {
  id: string;
  name: string;
  description: string | null;
  created_at: Date;
  updated_at: Date;
};
type Tables = { roles: RolesTable };

/** A name for what a group of people may do. */
export type Role = {
  id: string;
  name: string;
  description: string | null;
  createdAt: Date;
  updatedAt: Date;
};

const on = (db: Db) => db.withTables<Tables>();

export async function findRole(db: Db, id: string): Promise<Role | null> {
  const row = await on(db).selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toRole(row) : null;
}

/** Those of `ids` that are no roles. */
export async function missingRoles(db: Db, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await on(db).selectFrom('roles').select('id').where('id', 'in', ids).execute();
  const found = new Set(rows.map((row) => row.id));
  return [...new Set(ids)].filter((id) => !found.has(id));
}

/** Gives a user these roles; whichever it has, and whichever is gone, changes nothing. */
export async function assignRoles(
  db: Db,
  input: { userId: string; roleIds: string[]; now: Date },
): Promise<void> {
  if (input.roleIds.length === 0) return;
  // The lock keeps the role from being deleted under the insert, which the foreign key would answer with an error.
  await sql`
    insert into user_roles (user_id, role_id, created_at)
    select ${input.userId}, id, ${input.now} from roles where id = any(${input.roleIds}::text[]) order by id for key share
    on conflict do nothing`.execute(db);
}

/** A page of a user's own roles, in the order of their ids. Those of an organization are not among them. */
export async function rolesOfUser(
  db: Db,
  page: { userId: string; afterId?: string | null; offset?: number; limit: number },
): Promise<Role[]> {
  const { rows } = await sql<RolesTable>`
    select r.* from user_roles ur join roles r on r.id = ur.role_id
    where ur.user_id = ${page.userId} and ur.role_id > ${page.afterId ?? ''}
    order by ur.role_id offset ${page.offset ?? 0} limit ${page.limit}`.execute(db);
  return rows.map(toRole);
}

/**
 * The scopes of an API that a user has: directly, by roles, and by roles as a member of the organization the login was for.
 * @param input.audience the API's identifier
 */
export function permissionsOfUser(
  db: Db,
  input: { userId: string; audience: string; organizationId: string | null },
): Promise<string[]> {
  return permissionNames(db, input);
}

function toRole(row: Selectable<RolesTable>): Role {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
