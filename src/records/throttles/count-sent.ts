import type { Db } from '../../platform/db/db.ts';
import { countAttempts, secondsLeft, type Way } from './count-attempts.ts';
import {
  type Origin,
  placesOf,
  subjectOf,
  type ThrottledAccount,
  throttleKey,
} from './throttle-keys.ts';

/**
 * Counts something sent on request, such as a code. Unknown places share one allowance. Places with an earlier right guess have one of
 * their own each, so that strangers cannot use up the owner's.
 * @param input.what kind of sending
 * @param input.guessed kind of the guesses that make places known
 * @param input.to counts what is sent to this recipient, for any account. Absent: what is sent for the account.
 * @returns seconds to wait, or `0` if the sending may go on
 */
export async function countSent(
  db: Db,
  input: {
    what: string;
    guessed: string;
    whom: ThrottledAccount;
    to?: string;
    origin: Origin;
    most: number;
    windowSeconds: number;
    now: Date;
  },
): Promise<number> {
  const { what, guessed, whom, to, origin, most, windowSeconds, now } = input;
  const subject = subjectOf(whom);
  const { account, places } = placesOf(guessed, { subject, origin });
  const ways = [...places, null].map((place): Way => {
    const counted = to ?? account;
    const key = place === null ? throttleKey(what, counted) : throttleKey(what, counted, place);
    const counters = [{ key, windowSeconds, subject }];
    return { place, counters, fillsBucket: false, unless: [] };
  });
  const counted = await countAttempts(db, { account, ways, now });
  if (counted.kind === 'held') return counted.seconds;
  const [[key, count] = ['', 0]] = counted.counts;
  return count <= most ? 0 : Math.max(1, await secondsLeft(db, { key, now }));
}
