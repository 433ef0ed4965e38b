import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

export type MigrationCounts = {
  /** Users whom the directory has given, without partial ones. */
  migrated: number;
  /** Users of whom only the profile is here. */
  partial: number;
  migratedInLastHour: number;
  migratedInLastDay: number;
  migratedInLastWeek: number;
  /** Users whom imports have brought, without those that the directory gave. */
  imported: number;
  /** Imported users who have never logged in. */
  notComeYet: number;
};

/** Returns how far the migration of a connection has come. It counts; the cost grows with the connection. */
export async function migrationCounts(
  db: Db,
  { connectionId, now }: { connectionId: string; now: Date },
): Promise<MigrationCounts> {
  const { rows } = await sql<Record<keyof MigrationCounts, number>>`
    select m.*, u.* from (
      select count(*) filter (where not is_partial)::float8 as migrated,
        count(*) filter (where is_partial)::float8 as partial,
        count(*) filter (where not is_partial and migrated_at > ${now}::timestamptz - interval '1 hour')::float8 as "migratedInLastHour",
        count(*) filter (where not is_partial and migrated_at > ${now}::timestamptz - interval '1 day')::float8 as "migratedInLastDay",
        count(*) filter (where not is_partial and migrated_at > ${now}::timestamptz - interval '7 days')::float8 as "migratedInLastWeek"
      from migrated_users where connection_id = ${connectionId}) as m,
    (
      select count(*)::float8 as imported,
        count(*) filter (where logins_count = 0)::float8 as "notComeYet"
      from users left join migrated_users on user_id = users.id
      where users.connection_id = ${connectionId} and import_job_id is not null and user_id is null) as u`.execute(
    db,
  );
  const [row] = rows;
  if (!row) throw new Error('A count gives one row.');
  return row;
}

export type NotComeYet = { id: string; email: string | null; username: string | null };

/** Returns imported users of a connection who have never logged in, in the order of their ids. */
export async function notComeYet(
  db: Db,
  page: { connectionId: string; afterId: string | null; limit: number },
): Promise<NotComeYet[]> {
  const { rows } = await sql<NotComeYet>`
    select id, email, username from users
    where connection_id = ${page.connectionId} and id > ${page.afterId ?? ''}
      and import_job_id is not null and logins_count = 0 and linked_to is null
    order by id limit ${page.limit}`.execute(db);
  return rows;
}
