import { sql } from 'kysely';
import { type Db, deletionOf, sqlState } from '../../platform/db/db.ts';
import { type LogEntry, type LogsTable, toEntry } from './log-row.ts';
import type { Condition, LogSearch } from './log-search.ts';

const on = (db: Db) => db.withTables<{ logs: LogsTable }>();

export async function entryById(db: Db, logId: string): Promise<LogEntry | null> {
  const row = await on(db)
    .selectFrom('logs')
    .selectAll()
    .where('log_id', '=', logId)
    .executeTakeFirst();
  return row ? toEntry(row) : null;
}

/** Returns the entries after one, in the log's own order. Concurrent writes cause neither gaps nor duplicates. */
export async function entriesAfter(
  db: Db,
  input: { afterId: string; limit: number },
): Promise<LogEntry[]> {
  const rows = await on(db)
    .selectFrom('logs')
    .selectAll()
    .where('log_id', '>', input.afterId)
    .orderBy('log_id')
    .limit(input.limit)
    .execute();
  return rows.map(toEntry);
}

export type LogColumn = keyof LogsTable;
export type EntryOrder = { column: LogColumn; descending: boolean };
export type FoundEntries =
  | { kind: 'found'; entries: LogEntry[]; total: number | null }
  | { kind: 'timeout' };

const QUERY_CANCELED = '57014';

/** Returns a page of matching entries, or `timeout` if the database needs too long. If asked, the total is counted up to `countUpTo`. */
export async function searchEntries(
  db: Db,
  input: {
    search: LogSearch | null;
    userId?: string;
    order: EntryOrder;
    offset: number;
    limit: number;
    countUpTo?: number;
    timeLimitMs: number;
  },
): Promise<FoundEntries> {
  const where = conditionOf(input);
  const { column, descending } = input.order;
  const direction = descending ? 'desc' : 'asc';
  try {
    return await db
      .transaction()
      .setAccessMode('read only')
      .execute(async (tx): Promise<FoundEntries> => {
        await sql`select set_config('statement_timeout', ${String(input.timeLimitMs)}, true)`.execute(
          tx,
        );
        const rows = await on(tx)
          .selectFrom('logs')
          .selectAll()
          .where(where)
          .orderBy(column, direction)
          .orderBy('log_id', direction)
          .offset(input.offset)
          .limit(input.limit)
          .execute();
        const total =
          input.countUpTo === undefined ? null : await countEntries(tx, where, input.countUpTo);
        return { kind: 'found', entries: rows.map(toEntry), total };
      });
  } catch (error) {
    if (sqlState(error) === QUERY_CANCELED) return { kind: 'timeout' };
    throw error;
  }
}

function conditionOf(input: { search: LogSearch | null; userId?: string }): Condition {
  const searched = input.search?.where ?? sql`true`;
  return input.userId === undefined
    ? searched
    : sql`(logs.user_id = ${input.userId} and ${searched})`;
}

async function countEntries(db: Db, where: Condition, upTo: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from logs where ${where} limit ${upTo}) as matching`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** Deletes up to `limit` older entries. Returns how many it deleted. */
export const deleteLogs = deletionOf('logs', {
  key: ['log_id'],
  ended: 'date',
});

export type Day = { date: Date; logins: number; signups: number; leakedPasswords: number };

/** Returns the numbers of logins and sign-ups per day, from `from` until before `until`. Days are in UTC; days without any are omitted. */
export async function countDays(db: Db, input: { from: Date; until: Date }): Promise<Day[]> {
  const { rows } = await sql<{ day: string; logins: number; signups: number; leaked: number }>`
    select to_char(date at time zone 'UTC', 'YYYY-MM-DD') as day,
      count(*) filter (where type in ('s', 'sepft'))::int as logins,
      count(*) filter (where type = 'ss')::int as signups,
      count(*) filter (where type in ('pwd_leak', 'signup_pwd_leak', 'reset_pwd_leak'))::int as leaked
    from logs
    where type in ('s', 'sepft', 'ss', 'pwd_leak', 'signup_pwd_leak', 'reset_pwd_leak')
      and date >= ${input.from} and date < ${input.until}
    group by 1 order by 1`.execute(db);
  return rows.map((row) => ({
    date: new Date(`${row.day}T00:00:00.000Z`),
    logins: row.logins,
    signups: row.signups,
    leakedPasswords: row.leaked,
  }));
}

/** Returns how many users have logged in since. */
export async function countPeopleSince(db: Db, since: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(distinct user_id)::int as n from logs where type in ('s', 'sepft') and date >= ${since}`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}
