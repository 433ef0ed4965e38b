import type { Db } from '../../platform/db/db.ts';
import { attackProtection, isListed } from '../../records/attack-protection/attack-protection.ts';
import {
  addressKey,
  type Bucket,
  countAttempts,
  forgiveAttempts,
  type Origin,
  placeKeys,
  secondsLeft,
  subjectOf,
  takeTurn,
  throttleKey,
  type Way,
  type Whom,
} from '../../records/throttles/throttles.ts';

const FREE_ATTEMPTS = 10;
const WINDOW_SECONDS = 24 * 3600;
const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 3600;

export type CountedGuess =
  | {
      kind: 'go-on';
      /** The guess was right: it counts no more, and its place is known from now on. */
      forgive(): Promise<void>;
    }
  | {
      kind: 'refused';
      /** What was too much: the refusals of one are noted together. */
      key: string;
      retryAfterSeconds: number;
    };

/**
 * Counts a guess before it is looked at, on all nodes together. After ten that were wrong, one is let through at a time, each with twice
 * the pause of the one before. A browser or network from which a guess was right before has such an allowance of its own, so that
 * strangers can't use up the owner's; there are at most twenty of these, so that all guesses together stay bounded.
 * @param input.what is guessed, such as `second-factor`
 * @param input.bucket of the address, for whatever account; a right guess gives its place back
 */
export async function countGuess(
  db: Db,
  input: { what: string; whom: Whom; origin: Origin; bucket?: Bucket | null; now: Date },
): Promise<CountedGuess> {
  const { what, whom, origin, bucket = null, now } = input;
  const subject = subjectOf(whom);
  const { account, places } = placesOf(what, { subject, origin });
  const keys = [...places, null].map((place) => {
    const about = place === null ? [account] : [account, place];
    return { guesses: throttleKey(what, ...about), pause: throttleKey(`${what}-pause`, ...about) };
  });
  const ways = keys.map(
    ({ guesses, pause }, number): Way => ({
      place: places[number] ?? null,
      counters: [{ key: guesses, windowSeconds: WINDOW_SECONDS, subject }],
      // Others may share the address with a browser that is known.
      fillsBucket: origin.browser === null || number > 0,
      unless: [pause],
    }),
  );
  const counted = await countAttempts(db, { account, ways, bucket, now });
  if (counted.kind === 'held') {
    const { key, seconds } = counted;
    return { kind: 'refused', key: key ?? bucket?.key ?? '', retryAfterSeconds: seconds };
  }
  const { guesses = '', pause = '' } = keys[counted.way] ?? {};
  const times = (counted.counts.get(guesses) ?? 0) - FREE_ATTEMPTS;
  const retryAfterSeconds = await waitForTurn(db, { pause, subject, times, now });
  if (retryAfterSeconds > 0) return { kind: 'refused', key: pause, retryAfterSeconds };
  const filled = ways[counted.way]?.fillsBucket ? bucket : null;
  const known = { account, places, now };
  return {
    kind: 'go-on',
    forgive: () => forgiveAttempts(db, { counters: [guesses, pause], bucket: filled, known }),
  };
}

/**
 * Counts what is sent because somebody asked, a code for instance. Strangers share one allowance; places from which a guess was right before
 * have one of their own each, so that strangers can't use up the owner's.
 * @param input.what is sent
 * @param input.guessed what the guesses are counted as that make places known
 * @returns seconds to wait; 0: go on
 */
export async function countSent(
  db: Db,
  input: {
    what: string;
    guessed: string;
    whom: Whom;
    origin: Origin;
    most: number;
    windowSeconds: number;
    now: Date;
  },
): Promise<number> {
  const { what, guessed, whom, origin, most, windowSeconds, now } = input;
  const subject = subjectOf(whom);
  const { account, places } = placesOf(guessed, { subject, origin });
  const ways = [...places, null].map((place): Way => {
    const key = place === null ? throttleKey(what, account) : throttleKey(what, account, place);
    const counters = [{ key, windowSeconds, subject }];
    return { place, counters, fillsBucket: false, unless: [] };
  });
  const counted = await countAttempts(db, { account, ways, now });
  if (counted.kind === 'held') return counted.seconds;
  const [[key, count] = ['', 0]] = counted.counts;
  return count <= most ? 0 : Math.max(1, await secondsLeft(db, { key, now }));
}

/** Where an account is known by what was guessed right there. */
function placesOf(what: string, { subject, origin }: { subject: string; origin: Origin }) {
  return { account: throttleKey(what, subject), places: placeKeys(what, origin) };
}

/** Attempts from one address, for whatever account; null: operators let them be. */
export async function addressBucket(db: Db, ip: string): Promise<Bucket | null> {
  const { enabled, shields, allowlist, preLogin } = (await attackProtection(db)).suspiciousIp;
  if (!enabled || !shields.includes('block') || isListed(ip, allowlist)) return null;
  return { key: addressKey('login-from', ip), most: preLogin.maxAttempts, everyMs: preLogin.rate };
}

/**
 * Lets one attempt through at a time once there were too many.
 * @param input.times how many there were too many; the pause after it doubles with each
 * @returns seconds to wait; 0: go on
 */
export async function waitForTurn(
  db: Db,
  input: { pause: string; subject: string; times: number; now: Date },
): Promise<number> {
  const { pause: key, subject, times, now } = input;
  if (times <= 0) return 0;
  const seconds = Math.min(FIRST_PAUSE_SECONDS * 2 ** (times - 1), LONGEST_PAUSE_SECONDS);
  if (await takeTurn(db, { key, subject, seconds, now })) return 0;
  return Math.max(1, await secondsLeft(db, { key, now }));
}
