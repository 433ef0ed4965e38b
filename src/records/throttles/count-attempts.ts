import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';

export type Counter = { key: string; windowSeconds: number; subject?: string };

/** A bucket of attempts: it holds `most`, and one drains every `everyMs` milliseconds. */
export type Bucket = { key: string; most: number; everyMs: number };

/** How one attempt is counted. */
export type Way = {
  /** Applies only if the account is known at this place. `null`: it applies everywhere. */
  place: string | null;
  counters: Counter[];
  /** Whether it takes a place in the bucket. */
  fillsBucket: boolean;
  /** Nothing is counted while one of these counters runs. */
  unless: string[];
};

export type Counted =
  | {
      kind: 'counted';
      /** Number of attempts in each counter's window, including this one. */
      counts: Map<string, number>;
      /** Index of the way that was taken. */
      way: number;
    }
  /** Nothing was counted: a counter of `unless` still runs, or the bucket is full (`key` is `null`). */
  | { kind: 'held'; key: string | null; seconds: number; way: number };

type Row = { kind: 'held' | 'full' | 'counted'; key: string; count: number; ends: Date | null };

/**
 * Counts one attempt in all its counters, in one statement, across all nodes. It takes the first way whose place is known. Refused attempts
 * are not stored.
 * @param input.account the subject whose known places count, or `null` for any
 */
export async function countAttempts(
  db: Db,
  input: { account: string | null; ways: Way[]; bucket?: Bucket | null; now: Date },
): Promise<Counted> {
  const { bucket = null, now } = input;
  const ways = input.ways.map((way, number) => ({
    number,
    place: way.place,
    fills: way.fillsBucket && bucket !== null,
    unless: way.unless,
    // In a fixed order, so that two logins never deadlock.
    counters: way.counters
      .map(({ key, subject, windowSeconds }) => ({
        key,
        subject: subject ?? null,
        ends: momentAfter(now, windowSeconds),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
  }));
  const isTheirs = input.account === null ? sql`true` : sql`k.account = ${input.account}`;
  const every = (bucket?.everyMs ?? 0) / 1000;
  const most = every * (bucket?.most ?? 0);
  const { rows } = await sql<Row & { way: number }>`
    with way as materialized (
      select w.* from jsonb_to_recordset(${JSON.stringify(ways)}::jsonb)
        as w(number int, place text, fills boolean, unless jsonb, counters jsonb)
      where w.place is null or exists (
        select 1 from known_places k where ${isTheirs} and k.place = w.place)
      order by w.number limit 1
    ), held as (
      select key, window_ends from throttles
      where key in (select jsonb_array_elements_text(unless) from way) and window_ends > ${now}::timestamptz
    ), filled as (
      insert into throttles (key, count, window_ends)
      select ${bucket?.key ?? ''}, 0, ${momentAfter(now, every)}::timestamptz from way
      where fills and not exists (select 1 from held)
      on conflict (key) do update set
        window_ends = greatest(throttles.window_ends, ${now}::timestamptz) + make_interval(secs => ${every}::float8)
        where greatest(throttles.window_ends, ${now}::timestamptz) + make_interval(secs => ${every}::float8)
          <= ${momentAfter(now, most)}::timestamptz
      returning key
    ), counted as (
      insert into throttles (key, subject, count, window_ends)
      select c.key, c.subject, 1, c.ends from way, jsonb_to_recordset(way.counters)
        as c(key text, subject text, ends timestamptz)
      where not exists (select 1 from held) and (not way.fills or exists (select 1 from filled))
      order by c.key
      on conflict (key) do update set
        subject = excluded.subject,
        count = case when throttles.window_ends <= ${now}::timestamptz then 1 else throttles.count + 1 end,
        window_ends = case when throttles.window_ends <= ${now}::timestamptz
          then excluded.window_ends else throttles.window_ends end
      returning key, count
    )
    select w.number as way, r.* from way w, (
      select 'held' as kind, key, 0 as count, window_ends as ends from held
      union all select 'counted', key, count, null from counted
      union all select 'full', '', 0, (select window_ends from throttles where key = ${bucket?.key ?? ''})
        from way where fills and not exists (select 1 from held) and not exists (select 1 from filled)
    ) r`.execute(db);
  const way = rows[0]?.way ?? 0;
  const held = rows.find((row) => row.kind !== 'counted');
  if (held === undefined) {
    return { kind: 'counted', counts: new Map(rows.map((row) => [row.key, row.count])), way };
  }
  if (held.kind === 'held') {
    return { kind: 'held', key: held.key, seconds: secondsUntil(held.ends ?? now, now), way };
  }
  // From the moment at which one more attempt fits.
  const fits = (held.ends?.getTime() ?? 0) - (most - every) * 1000;
  return { kind: 'held', key: null, seconds: secondsUntil(new Date(fits), now), way };
}

/** Withdraws an attempt that succeeded: deletes counters, and frees its place in the bucket. */
export async function forgiveAttempts(
  db: Db,
  input: {
    counters: string[];
    bucket?: Bucket | null;
    /** The places at which this account is known from now on. */
    known?: { account: string; places: string[]; now: Date } | null;
  },
): Promise<void> {
  const { bucket, known } = input;
  const places = JSON.stringify(known?.places ?? []);
  // In the same order as attempts are counted.
  await sql`
    with drained as (
      update throttles set window_ends = window_ends - make_interval(secs => ${(bucket?.everyMs ?? 0) / 1000}::float8)
      where key = ${bucket?.key ?? ''} returning key
    ), locked as materialized (
      select key from throttles
      where key in (select jsonb_array_elements_text(${JSON.stringify(input.counters)}::jsonb))
        and (select count(*) from drained) >= 0
      order by key for update
    ), gone as (
      delete from throttles where key in (select key from locked)
    ), over as (
      delete from known_places where account = ${known?.account ?? ''} and place in (
        select place from known_places
        where account = ${known?.account ?? ''} and place not in (select jsonb_array_elements_text(${places}::jsonb))
        order by seen_at desc offset ${MOST_PLACES - (known?.places.length ?? 0)})
    )
    insert into known_places (account, place, seen_at)
    select ${known?.account ?? ''}, place, ${known?.now ?? new Date(0)}::timestamptz
    from jsonb_array_elements_text(${places}::jsonb) as place order by place
    on conflict (account, place) do update set seen_at = excluded.seen_at
      where known_places.seen_at < excluded.seen_at - interval '1 day'`.execute(db);
}

/** Withdraws an attempt that was not judged: it counts no more, and earlier ones still do. */
export async function withdrawAttempt(
  db: Db,
  { counters, bucket }: { counters: string[]; bucket: Bucket | null },
): Promise<void> {
  // In the same order as attempts are counted.
  await sql`
    with drained as (
      update throttles set window_ends = window_ends - make_interval(secs => ${(bucket?.everyMs ?? 0) / 1000}::float8)
      where key = ${bucket?.key ?? ''} returning key
    ), locked as materialized (
      select key from throttles
      where key in (select jsonb_array_elements_text(${JSON.stringify(counters)}::jsonb))
        and (select count(*) from drained) >= 0
      order by key for update
    )
    update throttles set count = greatest(count - 1, 0) where key in (select key from locked)`.execute(
    db,
  );
}

/** Returns the seconds until the window of this counter ends, rounded up, or 0 if there is none. */
export async function secondsLeft(db: Db, input: { key: string; now: Date }): Promise<number> {
  const { rows } = await sql<{ window_ends: Date }>`
    select window_ends from throttles where key = ${input.key}`.execute(db);
  const ends = rows[0]?.window_ends;
  return ends === undefined
    ? 0
    : Math.max(0, Math.ceil((ends.getTime() - input.now.getTime()) / 1000));
}

/** Maximum number of known places per account. Beyond it the longest unused are deleted. */
const MOST_PLACES = 20;

function secondsUntil(moment: Date, now: Date): number {
  return Math.max(1, Math.ceil((moment.getTime() - now.getTime()) / 1000));
}
