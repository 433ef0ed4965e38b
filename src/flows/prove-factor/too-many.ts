import type { Db } from '../../platform/db/db.ts';
import {
  clearAttempts,
  countAttempt,
  secondsLeft,
  takeTurn,
  throttleKey,
} from '../../records/throttles/throttles.ts';

const FREE_ATTEMPTS = 10;
const WINDOW_SECONDS = 24 * 3600;
const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 3600;

const keysOf = (userId: string) => ({
  attempts: throttleKey('second-factor', userId),
  pause: throttleKey('second-factor-pause', userId),
});

/**
 * Counts a try of somebody's second factor before it is looked at, on all nodes together. After ten that were wrong, one try is let
 * through at a time, each with twice the pause of the one before.
 * @returns seconds to wait; 0: go on
 */
export async function countedTooMany(db: Db, userId: string, now: Date): Promise<number> {
  const keys = keysOf(userId);
  const pause = await secondsLeft(db, { key: keys.pause, now });
  if (pause > 0) return pause;
  const attempts = await countAttempt(db, {
    key: keys.attempts,
    windowSeconds: WINDOW_SECONDS,
    now,
  });
  if (attempts <= FREE_ATTEMPTS) return 0;
  const seconds = Math.min(
    FIRST_PAUSE_SECONDS * 2 ** (attempts - FREE_ATTEMPTS - 1),
    LONGEST_PAUSE_SECONDS,
  );
  if (await takeTurn(db, { key: keys.pause, seconds, now })) return 0;
  return Math.max(1, await secondsLeft(db, { key: keys.pause, now }));
}

/** Forgets the tries: the last one was right. */
export async function forgetTries(db: Db, userId: string): Promise<void> {
  await clearAttempts(db, Object.values(keysOf(userId)));
}
