import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type Db, transaction } from '../../src/platform/db/db.ts';
import { eventually, freshDatabase } from '../harness/harness.ts';

/** Two rows that two sides change in opposite orders. `first` continues only when the other side is known to wait for it. */
async function lockUp(db: Db, other: () => Promise<unknown>): Promise<unknown[]> {
  await sql`create table pair (id int primary key, changes int not null default 0)`.execute(db);
  await sql`insert into pair values (1), (2)`.execute(db);
  let answer: Promise<unknown> = Promise.resolve();
  let rounds = 0;
  await db.transaction().execute(async (tx) => {
    rounds++;
    // This makes the other side the deadlock's victim.
    await sql`set local deadlock_timeout = '60s'`.execute(tx);
    await sql`update pair set changes = changes + 1 where id = 2`.execute(tx);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    answer = other();
    answer.catch(() => {});
    await eventually(async () => {
      const waiting = await sql`select 1 from pg_stat_activity
        where ${rows[0]?.pid}::int = any(pg_blocking_pids(pid))`.execute(db);
      return waiting.rows.length > 0 ? true : undefined;
    });
    await sql`update pair set changes = changes + 1 where id = 1`.execute(tx);
  });
  await answer;
  expect(rounds).toBe(1);
  const { rows } = await sql`select changes from pair order by id`.execute(db);
  return rows;
}

const CHANGED_TWICE = [{ changes: 2 }, { changes: 2 }];

test('a single statement that lost a deadlock is repeated', async () => {
  const { db } = await freshDatabase();
  const changed = lockUp(db, () =>
    sql`
      with one as (update pair set changes = changes + 1 where id = 1 returning id)
      update pair set changes = changes + 1 from one where pair.id = 2`.execute(db),
  );
  expect(await changed).toEqual(CHANGED_TWICE);
});

test('a transaction that lost a deadlock is repeated as a whole', async () => {
  const { db } = await freshDatabase();
  let tries = 0;
  const changed = lockUp(db, () =>
    transaction(db, async (tx) => {
      tries++;
      for (const id of [1, 2]) {
        await sql`update pair set changes = changes + 1 where id = ${id}`.execute(tx);
      }
    }),
  );
  expect(await changed).toEqual(CHANGED_TWICE);
  // On a busy machine the repeated transaction can lock its first row again before the other side wakes up, and lose once more.
  expect(tries).toBeGreaterThanOrEqual(2);
});
