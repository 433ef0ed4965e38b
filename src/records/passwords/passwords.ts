import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import {
  type ImportedHash,
  type StoredHash,
  verifyPassword,
} from '../../platform/password-hash/password-hash.ts';
import { endAwaiting } from './awaited-passwords.ts';

export { awaitPasswords, hasAwaitedPasswords, isPasswordAwaited } from './awaited-passwords.ts';

type PasswordsTable = {
  user_id: string;
  kind: 'argon2id' | 'imported';
  phc: string | null;
  imported: ImportedHash | null;
  set_at: Date;
};

type HistoryTable = { user_id: string; set_at: Date; stored: StoredHash };

const on = (db: Db) =>
  db.withTables<{ passwords: PasswordsTable; password_history: HistoryTable }>();

/** Returns the user's stored hash, or `null` if the account has no password (yet). */
export async function findPassword(db: Db, userId: string): Promise<StoredHash | null> {
  const row = await on(db)
    .selectFrom('passwords')
    .select(['kind', 'phc', 'imported'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row ? toStored(row) : null;
}

/** Returns when the password was last set, or `null` if there is none. A new hash of the same password does not count. */
export async function passwordSetAt(db: Db, userId: string): Promise<Date | null> {
  const row = await on(db)
    .selectFrom('passwords')
    .select('set_at')
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.set_at ?? null;
}

/** Returns those of `userIds` who have a password, themselves or by a linked identity. It is one query, by the index. */
export async function havePasswords(db: Db, userIds: string[]): Promise<Set<string>> {
  if (userIds.length === 0) return new Set();
  const { rows } = await sql<{ person: string }>`
    select distinct coalesce(u.linked_to, u.id) as person
    from users u join passwords p on p.user_id = u.id
    where u.id = any(${userIds}::text[]) or u.linked_to = any(${userIds}::text[])`.execute(db);
  return new Set(rows.map((row) => row.person));
}

/**
 * Sets or replaces the password. The previous one is added to the history. Needs a transaction.
 * @param input.historySize number of earlier passwords to keep; 0 deletes them all
 */
export async function setPassword(
  tx: Db,
  input: { userId: string; phc: string; at: Date; historySize: number },
): Promise<void> {
  const { userId, phc, at, historySize } = input;
  if (historySize > 0) {
    await sql`insert into password_history (user_id, set_at, stored)
      select user_id, set_at, case kind
        when 'argon2id' then jsonb_build_object('kind', kind, 'phc', phc)
        else jsonb_build_object('kind', kind, 'imported', imported) end
      from passwords where user_id = ${userId}
      on conflict do nothing`.execute(tx);
  }
  await sql`insert into passwords (user_id, kind, phc, imported, set_at)
    values (${userId}, 'argon2id', ${phc}, null, ${at})
    on conflict (user_id) do update
      set kind = excluded.kind, phc = excluded.phc, imported = null, set_at = excluded.set_at`.execute(
    tx,
  );
  await sql`delete from password_history where user_id = ${userId} and set_at not in (
    select set_at from password_history where user_id = ${userId} order by set_at desc limit ${historySize})`.execute(
    tx,
  );
  await endAwaiting(tx, [userId]);
}

/**
 * Replaces an outdated hash by a current one of the same password. Does nothing and returns false if the stored one has changed since it
 * was read: a password set meanwhile wins.
 */
export async function replaceOutdated(
  db: Db,
  input: { userId: string; before: StoredHash; phc: string },
): Promise<boolean> {
  const { userId, before, phc } = input;
  const unchanged =
    before.kind === 'argon2id'
      ? sql`phc = ${before.phc}`
      : sql`imported = ${JSON.stringify(before.imported)}::text::jsonb`;
  const { rows } = await sql`update passwords
    set kind = 'argon2id', phc = ${phc}, imported = null
    where user_id = ${userId} and kind = ${before.kind} and ${unchanged}
    returning user_id`.execute(db);
  return rows.length > 0;
}

/** Deletes the password and the earlier ones. Needs a transaction. */
export async function removePassword(tx: Db, userId: string): Promise<void> {
  await sql`delete from passwords where user_id = ${userId}`.execute(tx);
  await sql`delete from password_history where user_id = ${userId}`.execute(tx);
}

/** Returns the current password and earlier ones, newest first, up to `limit`. */
export async function recentPasswords(
  db: Db,
  input: { userId: string; limit: number },
): Promise<StoredHash[]> {
  if (input.limit < 1) return [];
  const present = await findPassword(db, input.userId);
  const earlier = await on(db)
    .selectFrom('password_history')
    .select('stored')
    .where('user_id', '=', input.userId)
    .orderBy('set_at', 'desc')
    .limit(input.limit)
    .execute();
  return [...(present ? [present] : []), ...earlier.map((row) => row.stored)].slice(0, input.limit);
}

/**
 * Returns whether this is one of the person's last `limit` passwords, including the current one. It hashes, so do not call it in a
 * transaction.
 * @throws an error with statusCode 503 if too many costly verifications wait
 */
export async function isRecentPassword(
  db: Db,
  input: { userId: string; password: string; limit: number },
): Promise<boolean> {
  for (const stored of await recentPasswords(db, input)) {
    if ((await verifyPassword(stored, input.password)).matches) return true;
  }
  return false;
}

/**
 * Returns the estimated time in milliseconds of verifying the costliest hash that imports have brought to this connection, or 0 if there is
 * none.
 */
export async function costliestHash(db: Db, connectionId: string): Promise<number> {
  const { rows } = await sql<{ costliest_ms: number }>`
    select costliest_ms from password_costs where connection_id = ${connectionId}`.execute(db);
  return rows[0]?.costliest_ms ?? 0;
}

/** Raises {@link costliestHash} and never lowers it. It takes no lock if the value is high enough already. */
export async function raiseCostliest(
  tx: Db,
  { connectionId, ms }: { connectionId: string; ms: number },
): Promise<void> {
  if (ms <= 0) return;
  await sql`insert into password_costs (connection_id, costliest_ms)
    select ${connectionId}::text, ${ms}::integer
    where not exists (select 1 from password_costs where connection_id = ${connectionId} and costliest_ms >= ${ms}::integer)
    on conflict (connection_id) do update set costliest_ms = excluded.costliest_ms
      where password_costs.costliest_ms < excluded.costliest_ms`.execute(tx);
}

export type ImportedPassword = { userId: string; imported: ImportedHash };

/** Stores imported hashes for users without a password, many in one statement. */
export async function insertImported(db: Db, rows: ImportedPassword[], at: Date): Promise<void> {
  if (rows.length === 0) return;
  const { ids, hashes } = columns(rows);
  await sql`insert into passwords (user_id, kind, imported, set_at)
    select u, 'imported', h::jsonb, ${at}::timestamptz
    from unnest(${ids}::text[], ${hashes}::text[]) as t (u, h)`.execute(db);
}

/**
 * Works as {@link insertImported}, but also replaces imported hashes with which no user has logged in yet. Others stay.
 * @returns the users whose password has changed
 */
export async function replaceImported(
  db: Db,
  rows: ImportedPassword[],
  at: Date,
): Promise<string[]> {
  if (rows.length === 0) return [];
  const { ids, hashes } = columns(rows);
  const { rows: changed } = await sql<{
    user_id: string;
  }>`insert into passwords (user_id, kind, imported, set_at)
    select u, 'imported', h::jsonb, ${at}::timestamptz
    from unnest(${ids}::text[], ${hashes}::text[]) as t (u, h)
    on conflict (user_id) do update set imported = excluded.imported, set_at = excluded.set_at
      where passwords.kind = 'imported' and passwords.imported is distinct from excluded.imported
    returning user_id`.execute(db);
  const userIds = changed.map((row) => row.user_id);
  await endAwaiting(db, userIds);
  return userIds;
}

/** A password and the earlier ones, temporarily outside the tables. */
export type KeptPassword = {
  password: Omit<PasswordsTable, 'user_id'> | null;
  history: Omit<HistoryTable, 'user_id'>[];
};

/** Reads all of a user's passwords. {@link restorePasswords} writes them back after the user's row was replaced. */
export async function keepPasswords(tx: Db, userId: string): Promise<KeptPassword> {
  const password = await on(tx)
    .selectFrom('passwords')
    .select(['kind', 'phc', 'imported', 'set_at'])
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
  const history = await on(tx)
    .selectFrom('password_history')
    .select(['set_at', 'stored'])
    .where('user_id', '=', userId)
    .execute();
  return { password: password ?? null, history };
}

/** Writes back the passwords from {@link keepPasswords}, in the same transaction. */
export async function restorePasswords(tx: Db, userId: string, kept: KeptPassword): Promise<void> {
  if (kept.password) {
    const { kind, phc, imported, set_at } = kept.password;
    await sql`insert into passwords (user_id, kind, phc, imported, set_at)
      values (${userId}, ${kind}, ${phc}, ${imported === null ? null : JSON.stringify(imported)}::jsonb, ${set_at})`.execute(
      tx,
    );
  }
  for (const { set_at, stored } of kept.history) {
    await sql`insert into password_history (user_id, set_at, stored)
      values (${userId}, ${set_at}, ${JSON.stringify(stored)}::jsonb)`.execute(tx);
  }
}

function columns(rows: ImportedPassword[]): { ids: string[]; hashes: string[] } {
  return {
    ids: rows.map((row) => row.userId),
    hashes: rows.map((row) => JSON.stringify(row.imported)),
  };
}

function toStored(row: Pick<PasswordsTable, 'kind' | 'phc' | 'imported'>): StoredHash | null {
  if (row.phc !== null) return { kind: 'argon2id', phc: row.phc };
  return row.imported === null ? null : { kind: 'imported', imported: row.imported };
}
