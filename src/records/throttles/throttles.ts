import { sql } from 'kysely';
import { type Db, deleteOver } from '../../platform/db/db.ts';
import * as blocks from './login-blocks.ts';
import * as keys from './throttle-keys.ts';

export type LoginBlock = blocks.Block;

/** See `throttle-keys.ts`: what is counted, and for whom. */
export const throttleKey = keys.throttleKey;
export const addressKey = keys.addressKey;
export const loginKeys = keys.loginKeys;
export const loginNamesOf = keys.loginNamesOf;

/** See `login-blocks.ts`: names under which nobody may log in for a while. */
export const blockLogin = blocks.block;
export const loginBlocks = blocks.blocksOf;
export const loginBlocksOf = blocks.blocksUnder;
export const forgetFailures = blocks.forget;
export const forgetFailuresOf = blocks.forgetUnder;
export const deleteEndedBlocks = blocks.deleteEnded;

/**
 * Counts one attempt, on all nodes together, and returns how many there were in the window that began with the first.
 */
export async function countAttempt(
  db: Db,
  input: { key: string; windowSeconds: number; now: Date },
): Promise<number> {
  const { key, windowSeconds, now } = input;
  const { rows } = await sql<{ count: number }>`
    insert into throttles (key, count, window_ends) values (${key}, 1, ${after(now, windowSeconds)})
    on conflict (key) do update set
      count = case when throttles.window_ends <= ${now}::timestamptz then 1 else throttles.count + 1 end,
      window_ends = case when throttles.window_ends <= ${now}::timestamptz
        then excluded.window_ends else throttles.window_ends end
    returning count`.execute(db);
  return rows[0]?.count ?? 1;
}

export type Counter = { key: string; windowSeconds: number; subject?: string };

/** A bucket of attempts: it takes `most`, and one drains away every `everyMs`. */
export type Bucket = { key: string; most: number; everyMs: number };

export type Counted =
  | {
      kind: 'counted';
      /** Attempts in each counter's window, this one included. */
      counts: Map<string, number>;
      /** Seconds until a full bucket takes one more; 0: it took this one. */
      fullSeconds: number;
    }
  /** Nothing was counted: one of `unless` still runs. */
  | { kind: 'held'; key: string; seconds: number };

/**
 * Counts one attempt everywhere it counts, in one statement, on all nodes together; unless one of the keys in `unless` still runs.
 */
export async function countAttempts(
  db: Db,
  input: { counters: Counter[]; bucket?: Bucket | null; unless?: string[]; now: Date },
): Promise<Counted> {
  const { bucket, now } = input;
  // In one order, so that two logins never wait for each other.
  const counters = input.counters
    .map((one) => ({
      key: one.key,
      subject: one.subject ?? null,
      ends: after(now, one.windowSeconds),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const everySeconds = (bucket?.everyMs ?? 0) / 1000;
  const unless = JSON.stringify(input.unless ?? []);
  const { rows } = await sql<{
    kind: 'held' | 'counted' | 'bucket';
    key: string;
    count: number;
    ends: Date;
  }>`
    with held as (
      select key, window_ends from throttles
      where key in (select jsonb_array_elements_text(${unless}::jsonb)) and window_ends > ${now}::timestamptz
    ), counted as (
      insert into throttles (key, subject, count, window_ends)
      select key, subject, 1, ends from jsonb_to_recordset(${JSON.stringify(counters)}::jsonb)
        as c(key text, subject text, ends timestamptz)
      where not exists (select 1 from held) order by key
      on conflict (key) do update set
        subject = excluded.subject,
        count = case when throttles.window_ends <= ${now}::timestamptz then 1 else throttles.count + 1 end,
        window_ends = case when throttles.window_ends <= ${now}::timestamptz
          then excluded.window_ends else throttles.window_ends end
      returning key, count, window_ends
    ), filled as (
      insert into throttles (key, count, window_ends)
      select ${bucket?.key ?? ''}, 0, ${after(now, everySeconds)}::timestamptz
      where ${bucket !== undefined && bucket !== null}::boolean and not exists (select 1 from held)
      on conflict (key) do update set window_ends = least(
        greatest(throttles.window_ends, ${now}::timestamptz) + make_interval(secs => ${everySeconds}::float8),
        ${after(now, everySeconds * ((bucket?.most ?? 0) + 1))}::timestamptz)
      returning key, window_ends
    )
    select 'held' as kind, key, 0 as count, window_ends as ends from held
    union all select 'counted', key, count, window_ends from counted
    union all select 'bucket', key, 0, window_ends from filled`.execute(db);
  const held = rows.find((row) => row.kind === 'held');
  if (held) return { kind: 'held', key: held.key, seconds: secondsUntil(held.ends, now) };
  const filled = rows.find((row) => row.kind === 'bucket')?.ends ?? now;
  const over = filled.getTime() - everySeconds * (bucket?.most ?? 0) * 1000;
  return {
    kind: 'counted',
    counts: new Map(rows.map((row) => [row.key, row.count])),
    fullSeconds: over > now.getTime() ? secondsUntil(new Date(over), now) : 0,
  };
}

/** Takes an attempt back that turned out to be a good one: forgets counters, and gives the bucket its place again. */
export async function forgiveAttempts(
  db: Db,
  input: { counters: string[]; bucket?: Bucket | null },
): Promise<void> {
  const counters = JSON.stringify(input.counters);
  const { bucket } = input;
  await sql`
    with gone as (
      delete from throttles where key in (select jsonb_array_elements_text(${counters}::jsonb))
    )
    update throttles set window_ends = window_ends - make_interval(secs => ${(bucket?.everyMs ?? 0) / 1000}::float8)
    where key = ${bucket?.key ?? ''}`.execute(db);
}

/** Whether the bucket of an address is full: further attempts from there are refused. */
export async function isFull(db: Db, bucket: Bucket, now: Date): Promise<boolean> {
  const { rows } = await sql<{ window_ends: Date }>`
    select window_ends from throttles where key = ${bucket.key}`.execute(db);
  const ends = rows[0]?.window_ends.getTime() ?? 0;
  return ends > now.getTime() + bucket.everyMs * (bucket.most - 1);
}

/** Seconds until the window of this counter ends, rounded up; 0 when there is none. */
export async function secondsLeft(db: Db, input: { key: string; now: Date }): Promise<number> {
  const { rows } = await sql<{ window_ends: Date }>`
    select window_ends from throttles where key = ${input.key}`.execute(db);
  const ends = rows[0]?.window_ends;
  return ends === undefined
    ? 0
    : Math.max(0, Math.ceil((ends.getTime() - input.now.getTime()) / 1000));
}

/** Takes the only turn of the next `seconds`. False: somebody has it. Of many at once exactly one gets it. */
export async function takeTurn(
  db: Db,
  input: { key: string; subject?: string; seconds: number; now: Date },
): Promise<boolean> {
  const { key, subject = null, seconds, now } = input;
  const { rows } = await sql`
    insert into throttles (key, subject, count, window_ends) values (${key}, ${subject}, 1, ${after(now, seconds)})
    on conflict (key) do update set window_ends = excluded.window_ends
      where throttles.window_ends <= ${now}::timestamptz
    returning key`.execute(db);
  return rows.length > 0;
}

export async function clearAttempts(db: Db, keys: string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`delete from throttles where key in (${sql.join(keys)})`.execute(db);
}

/** Forgets counters whose window ended, at most `limit` at once. Returns how many went. */
export function deleteEndedThrottles(
  db: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  return deleteOver(db, 'throttles', { key: ['key'], ended: 'window_ends', before: now, limit });
}

function secondsUntil(moment: Date, now: Date): number {
  return Math.max(1, Math.ceil((moment.getTime() - now.getTime()) / 1000));
}

function after(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}
