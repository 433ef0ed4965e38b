import { sql } from 'kysely';
import { type Db, openDatabase, transaction } from '../../src/platform/db/db.ts';
import { eventually } from './harness.ts';
import type { World } from './world.ts';

/** Lets a world have a transaction open for each of sixteen requests, and connections for what they read besides. */
export const ROOM_FOR_SIXTEEN = { databasePoolSize: 40 };

/**
 * Starts requests, and changes the database after they have read it and before they write: the change is made first, in a transaction that
 * ends as soon as all of them wait for it. Each must come to a lock or a write that the change blocks.
 * @returns the answers
 */
export async function overtaken<T>(
  { server }: Pick<World, 'server'>,
  change: (tx: Db) => Promise<unknown>,
  requests: (() => Promise<T>)[],
): Promise<T[]> {
  const database = await openDatabase({ url: server.config.databaseUrl, dataDir: '', poolSize: 2 });
  let answers: Promise<T[]> | undefined;
  let waited = 0;
  try {
    await transaction(database.db, async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await change(tx);
      answers = Promise.all(requests.map((request) => request()));
      // Awaited below. A request may fail before the others wait.
      answers.catch(() => {});
      await eventually(async () => {
        waited = await waiting(database.db, rows[0]?.pid ?? 0);
        return waited >= requests.length ? true : undefined;
      });
    });
    if (answers === undefined) throw new Error('There was no request.');
    return await answers;
  } catch (error) {
    throw new Error(`${waited} of ${requests.length} requests waited.`, { cause: error });
  } finally {
    await database.close();
  }
}

/**
 * Starts `n` requests that write to these tables, and lets them go on when all have read what they decide by: they wait at their first lock
 * of a row or their first write there.
 * @param tables only those at which every request comes by
 */
export function pastTheirReads<T>(
  world: Pick<World, 'server'>,
  { n, tables }: { n: number; tables: string[] },
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  // Plain reads pass this lock. Locks of rows and writes wait.
  const hold = (tx: Db) =>
    sql`lock table ${sql.join(tables.map((name) => sql.table(name)))} in exclusive mode`.execute(
      tx,
    );
  const requests = Array.from({ length: n }, (_, index) => () => work(index));
  return overtaken(world, hold, requests);
}

async function waiting(db: Db, pid: number): Promise<number> {
  const { rows } = await sql`select 1 from pg_stat_activity
    where datname = current_database() and ${pid}::integer = any(pg_blocking_pids(pid))`.execute(
    db,
  );
  return rows.length;
}
