import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { type Bucket, forgiveAttempts } from './count-attempts.ts';
import { GUESS_COUNTERS, type Origin, placeKeys, subjectOf } from './throttle-keys.ts';

export {
  type Bucket,
  countAttempts,
  forgiveAttempts,
  secondsLeft,
  type Way,
  withdrawAttempt,
} from './count-attempts.ts';
export { countSent } from './count-sent.ts';
export {
  blockLogin,
  deleteEndedBlocks,
  forgetFailures,
  forgetFailuresOf,
  type LoginBlock,
  loginBlocks,
  loginBlocksOf,
} from './login-blocks.ts';
export { type LoginSigns, newLoginSigns, noteLoginSigns } from './login-signs.ts';
export {
  addressKey,
  FROM_ADDRESS,
  GUESS_COUNTERS,
  knownNetworkKeys,
  loginNamesOf,
  type Origin,
  placeKeys,
  placesOf,
  subjectOf,
  type ThrottledAccount,
  throttleKey,
} from './throttle-keys.ts';

/** Counts one attempt across all nodes. Returns how many there were in the window that began with the first. */
export async function countAttempt(
  db: Db,
  input: { key: string; windowSeconds: number; now: Date },
): Promise<number> {
  const { key, windowSeconds, now } = input;
  const { rows } = await sql<{ count: number }>`
    insert into throttles (key, count, window_ends) values (${key}, 1, ${momentAfter(now, windowSeconds)})
    on conflict (key) do update set
      count = case when throttles.window_ends <= ${now}::timestamptz then 1 else throttles.count + 1 end,
      window_ends = case when throttles.window_ends <= ${now}::timestamptz
        then excluded.window_ends else throttles.window_ends end
    returning count`.execute(db);
  return rows[0]?.count ?? 1;
}

/** Returns the counts of those counters whose window has not ended. */
export async function readCounts(
  db: Db,
  keys: string[],
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ key: string; count: number }>`
    select key, count from throttles
    where key in (select jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb)) and window_ends > ${now}::timestamptz`.execute(
    db,
  );
  return new Map(rows.map((row) => [row.key, row.count]));
}

/** Makes a place a known one of a user who has proved the account, as a right password does. */
export function notePlace(
  db: Db,
  { userId, origin, now }: { userId: string; origin: Origin; now: Date },
): Promise<void> {
  const account = subjectOf({ accountId: userId });
  const known = { account, places: placeKeys(GUESS_COUNTERS.password, origin), now };
  return forgiveAttempts(db, { counters: [], known });
}

/** Returns whether the bucket of an address is full, so that further attempts from there are refused. */
export async function isFull(db: Db, bucket: Bucket, now: Date): Promise<boolean> {
  const { rows } = await sql<{ window_ends: Date }>`
    select window_ends from throttles where key = ${bucket.key}`.execute(db);
  const ends = rows[0]?.window_ends.getTime() ?? 0;
  return ends > now.getTime() + bucket.everyMs * (bucket.most - 1);
}

/** Takes the only turn of the next `seconds`. Returns false if it is taken. Of many at once exactly one gets it. */
export async function acquireSlot(
  db: Db,
  input: { key: string; subject?: string; seconds: number; now: Date },
): Promise<boolean> {
  const { key, subject = null, seconds, now } = input;
  const { rows } = await sql`
    insert into throttles (key, subject, count, window_ends) values (${key}, ${subject}, 1, ${momentAfter(now, seconds)})
    on conflict (key) do update set window_ends = excluded.window_ends
      where throttles.window_ends <= ${now}::timestamptz
    returning key`.execute(db);
  return rows.length > 0;
}

export async function clearAttempts(db: Db, keys: string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`delete from throttles where key in (${sql.join(keys)})`.execute(db);
}

/** Deletes up to `limit` counters whose window has ended. Returns how many it deleted. */
export const deleteEndedThrottles = deletionOf('throttles', {
  key: ['key'],
  ended: 'window_ends',
});

const PLACES_KNOWN_MS = 180 * 24 * 3600 * 1000;

/** Deletes up to `limit` places from which an account was not used for half a year. Returns how many it deleted. */
export const deleteOldPlaces = deletionOf('known_places', {
  key: ['account', 'place'],
  ended: 'seen_at',
  keptMs: PLACES_KNOWN_MS,
});
