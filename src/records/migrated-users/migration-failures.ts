import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** An account that the legacy directory could not give. */
export type MigrationFailure = {
  /** As it was typed, in canonical form. */
  identifier: string;
  /** Such as `timed-out` or `invalid-profile`. */
  reason: string;
  problem: string;
  times: number;
  firstAt: Date;
  lastAt: Date;
};

/** Each connection keeps this many, the newest. */
const MOST_FAILURES = 1000;
const MOST_CHARACTERS = 320;

/** Records that an account could not be migrated. A repeat counts. The oldest failures of the connection make room. */
export async function noteMigrationFailure(
  db: Db,
  failure: {
    connectionId: string;
    identifier: string;
    reason: string;
    problem: string;
    at: Date;
  },
): Promise<void> {
  const { connectionId, reason, at } = failure;
  const { rows } = await sql<{ is_new: boolean }>`
    insert into migration_failures (connection_id, identifier, reason, problem, first_at, last_at)
    select ${connectionId}, ${stored(failure.identifier)}, ${reason}, ${stored(failure.problem)}, ${at}, ${at}
    where exists (select 1 from connections where id = ${connectionId})
    on conflict (connection_id, identifier) do update set
      reason = excluded.reason, problem = excluded.problem, last_at = excluded.last_at, times = migration_failures.times + 1
    returning times = 1 as is_new`.execute(db);
  if (!rows[0]?.is_new) return;
  await sql`delete from migration_failures where connection_id = ${connectionId} and last_at < (
    select last_at from migration_failures where connection_id = ${connectionId}
    order by last_at desc offset ${MOST_FAILURES - 1} limit 1)`.execute(db);
}

/** Forgets the failures of an account that was migrated after all. */
export async function forgetMigrationFailure(
  tx: Db,
  account: { connectionId: string; identifiers: (string | null)[] },
): Promise<void> {
  const identifiers = account.identifiers.filter((name) => name !== null);
  await sql`delete from migration_failures
    where connection_id = ${account.connectionId} and identifier = any(${identifiers}::text[])`.execute(
    tx,
  );
}

/** Returns the newest failures of a connection, and how many there are. */
export async function migrationFailures(
  db: Db,
  { connectionId, limit }: { connectionId: string; limit: number },
): Promise<{ failures: MigrationFailure[]; total: number }> {
  const { rows } = await sql<{
    identifier: string;
    reason: string;
    problem: string;
    times: number;
    first_at: Date;
    last_at: Date;
  }>`select identifier, reason, problem, times, first_at, last_at from migration_failures
    where connection_id = ${connectionId} order by last_at desc limit ${limit}`.execute(db);
  const counted = await sql<{ n: number }>`
    select count(*)::integer as n from migration_failures where connection_id = ${connectionId}`.execute(
    db,
  );
  return {
    failures: rows.map((row) => ({
      identifier: row.identifier,
      reason: row.reason,
      problem: row.problem,
      times: row.times,
      firstAt: row.first_at,
      lastAt: row.last_at,
    })),
    total: counted.rows[0]?.n ?? 0,
  };
}

function stored(text: string): string {
  return text.slice(0, MOST_CHARACTERS).replaceAll('\0', '\ufffd').toWellFormed();
}
