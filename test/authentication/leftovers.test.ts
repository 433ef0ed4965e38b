import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { sweepLeftovers } from '../../src/flows/sweep-leftovers/sweep-leftovers.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { freshDatabase } from '../harness/harness.ts';

test('one sweep removes all that has run out, however much a busy time has left', async () => {
  const { db } = await freshDatabase();
  await sql`insert into oidc_payloads (model, id_hash, payload, expires_at)
    select 'AuthorizationCode', n::text, '{}'::jsonb, now() - interval '1 hour' from generate_series(1, 3500) as n
    union all select 'AuthorizationCode', 'fresh', '{}'::jsonb, now() + interval '1 hour'`.execute(
    db,
  );
  await sql`insert into throttles (key, count, window_ends)
    select n::text, 1, now() - interval '1 hour' from generate_series(1, 2500) as n`.execute(db);
  await sweepLeftovers({ db, clock: systemClock, logRetentionDays: 30 });
  const { rows } = await sql<{ id_hash: string }>`select id_hash from oidc_payloads`.execute(db);
  expect(rows).toEqual([{ id_hash: 'fresh' }]);
  const counters = await sql`select key from throttles`.execute(db);
  expect(counters.rows).toEqual([]);
});
