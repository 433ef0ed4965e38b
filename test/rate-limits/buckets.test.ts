import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/platform/db/db.ts';
import {
  type Bucket,
  deleteFullBuckets,
  takeTokens,
} from '../../src/records/rate-limits/rate-limits.ts';
import { freshDatabase } from '../harness/harness.ts';

let database: Database;
beforeAll(async () => {
  database = await freshDatabase();
});

const HOUR = 3_600_000_000;
const slow = (key: string, burst: number): Bucket => ({ key, burst, everyMicroseconds: HOUR });
const kinds = async (...buckets: Bucket[]) =>
  (await takeTokens(database.db, buckets)).taken.map((taken) => taken.kind);

/** Acts as if this much time had passed. */
async function pass(key: string, microseconds: number): Promise<void> {
  await sql`update rate_limit_buckets set full_at = full_at - ${microseconds}::float8 * interval '1 microsecond'
    where key = ${key}`.execute(database.db);
}

test('a bucket gives as many tokens as it holds, and then one per interval', async () => {
  const bucket = slow('a', 3);
  const remaining = [];
  for (let turn = 0; turn < 3; turn++) {
    const { taken } = await takeTokens(database.db, [bucket]);
    remaining.push(taken[0]?.kind === 'taken' ? taken[0].remaining : taken[0]);
  }
  expect(remaining).toEqual([2, 1, 0]);
  const refused = (await takeTokens(database.db, [bucket])).taken[0];
  expect(refused?.kind).toBe('empty');
  if (refused?.kind !== 'empty') return;
  expect(refused.nextInMicroseconds).toBeGreaterThan(HOUR - 60_000_000);
  expect(refused.nextInMicroseconds).toBeLessThanOrEqual(HOUR);

  await pass('a', HOUR);
  expect(await kinds(bucket)).toEqual(['taken']);
  expect(await kinds(bucket)).toEqual(['empty']);
});

test('a bucket never holds more than its burst, however long it was idle', async () => {
  const bucket = slow('b', 2);
  await kinds(bucket);
  await pass('b', 100 * HOUR);
  expect([await kinds(bucket), await kinds(bucket), await kinds(bucket)].flat()).toEqual([
    'taken',
    'taken',
    'empty',
  ]);
});

test('an empty bucket leaves those after it untouched, and one after it returns nothing', async () => {
  const [tenant, endpoint] = [slow('tenant', 3), slow('endpoint', 1)];
  expect(await kinds(tenant, endpoint)).toEqual(['taken', 'taken']);
  expect(await kinds(tenant, endpoint)).toEqual(['taken', 'empty']);
  expect(await kinds(tenant)).toEqual(['taken']);
  await pass('endpoint', HOUR);
  expect(await kinds(tenant, endpoint)).toEqual(['empty', 'untouched']);
  expect(await kinds(endpoint)).toEqual(['taken']);
});

test('a clock that was set back closes a bucket for no longer than its refill time', async () => {
  const bucket = slow('c', 2);
  await kinds(bucket);
  await pass('c', -50 * HOUR);
  expect(await kinds(bucket)).toEqual(['taken']);
  expect(await kinds(bucket)).toEqual(['empty']);
  await pass('c', HOUR);
  expect(await kinds(bucket)).toEqual(['taken']);
});

test('full buckets are forgotten, and others are not', async () => {
  await kinds(slow('full', 2), slow('filling', 2));
  await pass('full', 3 * HOUR);
  await sql`update rate_limit_buckets set forget_after = now() - interval '1 minute'
    where key in ('full', 'filling')`.execute(database.db);
  expect(await deleteFullBuckets(database.db, { limit: 10 })).toBe(1);
  const { rows } = await sql<{ key: string }>`
    select key from rate_limit_buckets where key in ('full', 'filling')`.execute(database.db);
  expect(rows).toEqual([{ key: 'filling' }]);
});
