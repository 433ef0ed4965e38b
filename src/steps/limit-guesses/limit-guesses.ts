import type { Db } from '../../platform/db/db.ts';
import { isInNetworks } from '../../platform/networks/networks.ts';
import { attackProtection } from '../../records/attack-protection/attack-protection.ts';
import {
  acquireSlot,
  addressKey,
  type Bucket,
  countAttempts,
  FROM_ADDRESS,
  forgiveAttempts,
  type Origin,
  placesOf,
  secondsLeft,
  subjectOf,
  type ThrottledAccount,
  throttleKey,
  type Way,
} from '../../records/throttles/throttles.ts';

const FREE_ATTEMPTS = 10;
const WINDOW_SECONDS = 24 * 3600;
const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 3600;

export type CountedGuess =
  | {
      kind: 'go-on';
      /** Reports a right guess: it no longer counts, and its place becomes a known one. */
      forgive(): Promise<void>;
    }
  | {
      kind: 'refused';
      /** The counter that was exceeded. Refusals with the same key become one log entry. */
      key: string;
      retryAfterSeconds: number;
    };

/**
 * Counts a guess before it is checked, on all nodes together. After ten wrong guesses, one at a time is allowed, and each doubles the
 * pause. A browser or network with an earlier right guess has its own allowance, so that strangers cannot use up the owner's. At most
 * twenty such places count, so that the total of guesses stays bounded.
 * @param input.what kind of guess, such as `second-factor`
 * @param input.bucket limit of the address over all accounts; a right guess returns its place
 */
export async function countGuess(
  db: Db,
  input: {
    what: string;
    whom: ThrottledAccount;
    origin: Origin;
    bucket?: Bucket | null;
    now: Date;
  },
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
      // Other people may share the address with a known browser.
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

/** Returns the bucket of attempts from one address over all accounts, or `null` if operators exempt the address. */
export async function addressBucket(db: Db, ip: string): Promise<Bucket | null> {
  const { enabled, shields, allowlist, preLogin } = (await attackProtection(db)).suspiciousIp;
  if (!enabled || !shields.includes('block') || isInNetworks(ip, allowlist)) return null;
  return {
    key: addressKey(FROM_ADDRESS.login, ip),
    most: preLogin.maxAttempts,
    everyMs: preLogin.rate,
  };
}

/**
 * Allows one attempt at a time after too many.
 * @param input.times attempts over the limit; each doubles the pause
 * @returns seconds to wait, or `0` if the attempt may go on
 */
export async function waitForTurn(
  db: Db,
  input: { pause: string; subject: string; times: number; now: Date },
): Promise<number> {
  const { pause: key, subject, times, now } = input;
  if (times <= 0) return 0;
  const seconds = Math.min(FIRST_PAUSE_SECONDS * 2 ** (times - 1), LONGEST_PAUSE_SECONDS);
  if (await acquireSlot(db, { key, subject, seconds, now })) return 0;
  return Math.max(1, await secondsLeft(db, { key, now }));
}
