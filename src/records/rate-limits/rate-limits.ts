import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** A bucket of up to `burst` tokens. One token is added every `everyMicroseconds`, a whole number. */
export type Bucket = { key: string; burst: number; everyMicroseconds: number };

export type Taken =
  /** The remaining tokens, and the time until the next one. */
  | { kind: 'taken'; remaining: number; nextInMicroseconds: number }
  /** The bucket was empty. The time is 0 if another request emptied it in the same instant. */
  | { kind: 'empty'; nextInMicroseconds: number }
  /** An earlier bucket was empty. */
  | { kind: 'untouched' };

type Row = { now_ms: number } & Record<string, number | null>;

/**
 * Takes a token from each bucket in turn. An empty bucket leaves the ones after it untouched. It is one statement, and uses the database's
 * time because the clocks of nodes differ.
 * @returns the outcome of each bucket, and the database's time in milliseconds
 */
export async function takeTokens(
  db: Db,
  buckets: readonly Bucket[],
): Promise<{ nowMs: number; taken: Taken[] }> {
  const steps = buckets.map((bucket, index) => takeFrom(bucket, index));
  const columns = buckets.map(
    ({ key }, index) => sql`
      (select microseconds from ${sql.ref(`level${index}`)}) as ${sql.ref(`after${index}`)},
      (select (extract(epoch from full_at - time.now) * 1000000)::float8
        from rate_limit_buckets where key = ${key}) as ${sql.ref(`before${index}`)}`,
  );
  const { rows } = await sql<Row>`
    with time as materialized (select clock_timestamp() as now), ${sql.join(steps)}
    select (extract(epoch from time.now) * 1000)::float8 as now_ms, ${sql.join(columns)}
    from time`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('The database does not report the time.');
  let goOn = true;
  const taken = buckets.map((bucket, index): Taken => {
    if (!goOn) return { kind: 'untouched' };
    const after = row[`after${index}`] ?? null;
    goOn = after !== null;
    return after === null
      ? { kind: 'empty', nextInMicroseconds: waitOf(bucket, row[`before${index}`] ?? 0) }
      : { kind: 'taken', ...contentOf(bucket, after) };
  });
  return { nowMs: row.now_ms, taken };
}

/** Returns the upsert of one bucket. It gives no row if the bucket, or the one before it, is empty. */
function takeFrom({ key, burst, everyMicroseconds }: Bucket, index: number): RawBuilder<unknown> {
  const every = microseconds(everyMicroseconds);
  const capacity = microseconds(everyMicroseconds * burst);
  const source = index === 0 ? sql`time` : sql`time, ${sql.ref(`level${index - 1}`)}`;
  // `excluded` is a full bucket after one token: now + every. A moment too late to be caused by a request comes from a clock that was set
  // back, or from another profile.
  return sql`${sql.ref(`level${index}`)} as (
    insert into rate_limit_buckets as bucket (key, full_at, forget_after)
    select ${key}, time.now + ${every}, date_trunc('hour', time.now + ${capacity}) + interval '2 hours' from ${source}
    on conflict (key) do update set
      full_at = greatest(excluded.full_at, least(bucket.full_at + ${every}, excluded.full_at - ${every} + ${capacity})),
      forget_after = excluded.forget_after
      where bucket.full_at <= excluded.full_at - ${every} - ${every} + ${capacity}
        or bucket.full_at > excluded.full_at + ${capacity} + interval '1 minute'
    returning (extract(epoch from full_at - (select now from time)) * 1000000)::float8 as microseconds)`;
}

function microseconds(count: number): RawBuilder<unknown> {
  return sql`${count}::float8 * interval '1 microsecond'`;
}

/**
 * Share of a token. A request may read the time before another one and get the row's lock after it: the bucket then seems to miss a moment
 * more than whole tokens.
 */
const LATE_TO_THE_LOCK = 0.02;

/**
 * Returns the content of a bucket.
 * @param untilFull microseconds until the bucket is full
 */
function contentOf({ burst, everyMicroseconds }: Bucket, untilFull: number) {
  const missing = Math.ceil(untilFull / everyMicroseconds - LATE_TO_THE_LOCK);
  return {
    remaining: Math.max(0, burst - missing),
    nextInMicroseconds: Math.max(0, untilFull - (missing - 1) * everyMicroseconds),
  };
}

function waitOf({ burst, everyMicroseconds }: Bucket, untilFull: number): number {
  return Math.max(0, untilFull - (burst - 1) * everyMicroseconds);
}

/** Deletes up to `limit` buckets that have been full for a while. Returns how many it deleted. */
export async function deleteFullBuckets(db: Db, input: { limit: number }): Promise<number> {
  const { rows } = await sql`
    delete from rate_limit_buckets
    where full_at < clock_timestamp() and key in (
      select key from rate_limit_buckets where forget_after < clock_timestamp()
      order by forget_after limit ${input.limit})
    returning key`.execute(db);
  return rows.length;
}
