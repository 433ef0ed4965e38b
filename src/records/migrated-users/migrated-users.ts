import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

export {
  forgetMigrationFailure,
  type MigrationFailure,
  migrationFailures,
  noteMigrationFailure,
} from './migration-failures.ts';
export { type MigrationCounts, migrationCounts, notComeYet } from './migration-progress.ts';

/** How a user of a legacy directory came here. `login`: the directory has verified the password. `reset`: the person asked for a new one. */
export type MigrationWay = 'login' | 'reset';

/**
 * Records that the legacy directory has given a user to the connection. A partial user becomes a whole one by a login; the reverse never
 * happens. Needs a transaction.
 * @param migrated.isPartial only the profile is here: the person has asked for a new password, and neither set it nor logged in
 * @returns whether the user has become whole by this call
 */
export async function noteMigrated(
  tx: Db,
  migrated: {
    userId: string;
    connectionId: string;
    way: MigrationWay;
    isPartial: boolean;
    at: Date;
  },
): Promise<boolean> {
  const { userId, connectionId, way, isPartial, at } = migrated;
  const { rows } = await sql`
    insert into migrated_users (user_id, connection_id, way, is_partial, migrated_at)
    values (${userId}, ${connectionId}, ${way}, ${isPartial}, ${at})
    on conflict (user_id) do update
      set is_partial = false, way = excluded.way, migrated_at = excluded.migrated_at
      where migrated_users.is_partial and not excluded.is_partial
    returning user_id`.execute(tx);
  return !isPartial && rows.length > 0;
}

/** Records that a partial user is whole now: the password was chosen, or an import brought it. Does nothing for others. */
export async function completeMigrated(tx: Db, userIds: string[], at: Date): Promise<void> {
  if (userIds.length === 0) return;
  await sql`update migrated_users set is_partial = false, migrated_at = ${at}
    where user_id = any(${userIds}::text[]) and is_partial`.execute(tx);
}

/** Returns whether only the profile of this account is here: its password is still in the legacy directory. */
export async function isPartial(db: Db, userId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from migrated_users where user_id = ${userId} and is_partial`.execute(db);
  return rows.length > 0;
}

/** A user of an import whom the directory has given before. */
export type MigratedUser = {
  id: string;
  email: string | null;
  isPartial: boolean;
};

/** Returns the users among these whom the directory has given to the connection, found by id or by email address. */
export async function findMigratedUsers(
  db: Db,
  sought: { connectionId: string; ids: string[]; emails: string[] },
): Promise<MigratedUser[]> {
  const { connectionId, ids, emails } = sought;
  // Two statements in one: each uses the index of its column.
  const { rows } = await sql<{ id: string; email: string | null; is_partial: boolean }>`
    select u.id, u.email, m.is_partial from users as u join migrated_users as m on m.user_id = u.id
      where u.id = any(${ids}::text[]) and u.connection_id = ${connectionId}
    union
    select u.id, u.email, m.is_partial from users as u join migrated_users as m on m.user_id = u.id
      where u.email = any(${emails}::text[]) and u.connection_id = ${connectionId}`.execute(db);
  return rows.map(({ id, email, is_partial }) => ({ id, email, isPartial: is_partial }));
}

/** Returns those of `userIds` whom the directory has given, and whether they are partial. */
export async function migratedAmong(db: Db, userIds: string[]): Promise<Map<string, boolean>> {
  if (userIds.length === 0) return new Map();
  const { rows } = await sql<{ user_id: string; is_partial: boolean }>`
    select user_id, is_partial from migrated_users where user_id = any(${userIds}::text[])`.execute(
    db,
  );
  return new Map(rows.map((row) => [row.user_id, row.is_partial]));
}

/** How and when a user came from the legacy directory. */
export type MigrationMark = { way: MigrationWay; at: Date };

/** Returns the marks of those of `userIds` whom the directory has given, without partial ones. */
export async function migrationMarks(
  db: Db,
  userIds: string[],
): Promise<Map<string, MigrationMark>> {
  if (userIds.length === 0) return new Map();
  const { rows } = await sql<{ user_id: string; way: MigrationWay; migrated_at: Date }>`
    select user_id, way, migrated_at from migrated_users
    where user_id = any(${userIds}::text[]) and not is_partial`.execute(db);
  return new Map(rows.map((row) => [row.user_id, { way: row.way, at: row.migrated_at }]));
}
