import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { RESERVED_IDS } from '../../platform/ids/ids.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { subjectOf, type ThrottledAccount } from './throttle-keys.ts';

/** Logins with an identifier are refused: from one address, or from everywhere if `ip` is empty. */
export type LoginBlock = { identifier: string; connectionId: string; ip: string; createdAt: Date };

/**
 * Refuses further logins to one account, or with an identifier that no user has, from one address, or from everywhere if `ip` is empty.
 * @param input.key of the counter that refuses
 * @param input.identifier the typed identifier, for display
 * @returns false if it is blocked already
 */
export async function blockLogin(
  tx: Db,
  input: {
    key: string;
    subject: string;
    connectionId: string;
    identifier: string;
    ip: string;
    seconds: number;
    now: Date;
  },
): Promise<boolean> {
  const { now, ip, connectionId, key, subject } = input;
  const endsAt = momentAfter(now, input.seconds);
  const identifier = canonicalIdentifier(input.identifier);
  const { rows } = await sql`
    with counter as (
      insert into throttles (key, subject, count, window_ends) values (${key}, ${subject}, 1, ${endsAt})
      on conflict (key) do update set window_ends = excluded.window_ends where throttles.window_ends <= ${now}::timestamptz
      returning key
    )
    insert into login_blocks (key, subject, connection_id, identifier, ip, created_at, ends_at)
    select key, ${subject}, ${connectionId}, ${identifier}, ${ip}, ${now}::timestamptz, ${endsAt}::timestamptz from counter
    on conflict (key) do update set created_at = excluded.created_at, ends_at = excluded.ends_at
    returning key`.execute(tx);
  return rows.length === 1;
}

/** Returns the blocks of any of these. */
export async function loginBlocks(
  db: Db,
  names: ThrottledAccount[],
  now: Date,
): Promise<LoginBlock[]> {
  return blocksWhere(db, sql`subject in (${joined(names.map(subjectOf))})`, now);
}

/** Returns the blocks of an identifier in every connection except the administrators'. */
export async function loginBlocksOf(db: Db, identifier: string, now: Date): Promise<LoginBlock[]> {
  return blocksWhere(db, isCalled(identifier), now);
}

async function blocksWhere(
  db: Db,
  condition: ReturnType<typeof sql>,
  now: Date,
): Promise<LoginBlock[]> {
  const { rows } = await sql<{
    identifier: string;
    connection_id: string;
    ip: string;
    created_at: Date;
  }>`
    select identifier, connection_id, ip, created_at from login_blocks
    where ${condition} and ends_at > ${now}::timestamptz order by created_at, key limit 1000`.execute(
    db,
  );
  return rows.map((row) => ({
    identifier: row.identifier,
    connectionId: row.connection_id,
    ip: row.ip,
    createdAt: row.created_at,
  }));
}

/** Deletes all failed attempts of these, from every address, and removes the blocks. Returns how many blocks there were. */
export async function forgetFailures(tx: Db, names: ThrottledAccount[]): Promise<number> {
  return forgetSubjects(tx, names.map(subjectOf));
}

/** Does the same for an identifier in every connection except the administrators'. */
export async function forgetFailuresOf(tx: Db, identifier: string): Promise<number> {
  const { rows } = await sql<{ subject: string }>`
    select distinct subject from login_blocks where ${isCalled(identifier)}`.execute(tx);
  return forgetSubjects(
    tx,
    rows.map((row) => row.subject),
  );
}

async function forgetSubjects(tx: Db, subjects: string[]): Promise<number> {
  const these = joined([...new Set(subjects)]);
  await sql`delete from throttles where subject in (${these})`.execute(tx);
  const { rows } =
    await sql`delete from login_blocks where subject in (${these}) returning key`.execute(tx);
  return rows.length;
}

const isCalled = (identifier: string) =>
  sql`identifier = ${canonicalIdentifier(identifier)} and connection_id <> ${RESERVED_IDS.connectionId}`;

/** Deletes up to `limit` ended blocks. Returns how many it deleted. */
export const deleteEndedBlocks = deletionOf('login_blocks', {
  key: ['key'],
  ended: 'ends_at',
});

function joined(values: string[]) {
  return values.length === 0 ? sql`null` : sql.join(values);
}
