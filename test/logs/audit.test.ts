import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { createAudit } from '../../src/records/logs/logs.ts';
import { freshDatabase } from '../harness/harness.ts';

const log = createLog('silent');

test('the log stores ten thousand simultaneous events in order before it closes', async () => {
  const { db } = await freshDatabase();
  const audit = createAudit({ db, clock: systemClock, log });
  for (let n = 0; n < 10_000; n++) audit.record({ type: 's', userId: `auth0|${n}` });
  await audit.close();
  const { rows } = await sql<{
    user_id: string;
  }>`select user_id from logs order by log_id`.execute(db);
  expect(rows.map((row) => row.user_id)).toEqual(
    Array.from({ length: 10_000 }, (_, n) => `auth0|${n}`),
  );
});

test('the log stores the storable part of an event, and the event delays nothing', async () => {
  const { db } = await freshDatabase();
  const audit = createAudit({ db, clock: systemClock, log });
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  audit.record({ type: 's', userName: 'nul\0 and half \ud800', details: { 'a\0': ['\udfff'] } });
  audit.record({ type: 's', details: circle });
  audit.record({ type: 's', details: { big: 10n } });
  audit.record({
    type: 's',
    description: 'x'.repeat(1_000_000),
    details: { long: 'y'.repeat(1e6) },
  });
  audit.record({ type: 's', userName: '𝔘'.repeat(1000) });
  audit.record({ type: 's', userName: 'the last' });
  await audit.close();
  const { rows } = await sql<{
    user_name: string | null;
    size: number;
  }>`select user_name, length(logs::text) as size from logs order by log_id`.execute(db);
  expect(rows.at(0)?.user_name).toBe('nul\u{fffd} and half \u{fffd}');
  expect(rows.at(-1)?.user_name).toBe('the last');
  expect(rows).toHaveLength(4);
  expect(Math.max(...rows.map((row) => row.size))).toBeLessThan(4000);
});

test('log entries wait during an outage of the database, and each is stored once', async () => {
  const { db } = await freshDatabase();
  const audit = createAudit({ db, clock: systemClock, log });
  await sql`alter table log_head rename to log_head_away`.execute(db);
  for (let n = 0; n < 700; n++) audit.record({ type: 'f', userName: `${n}` });
  await audit.flush();
  await sql`alter table log_head_away rename to log_head`.execute(db);
  await audit.flush();
  await audit.close();
  const { rows } = await sql<{
    n: number;
    names: number;
  }>`select count(*)::int as n, count(distinct user_name)::int as names from logs`.execute(db);
  expect(rows[0]).toEqual({ n: 700, names: 700 });
});
