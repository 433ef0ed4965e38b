import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { isInNetworks } from '../../platform/networks/networks.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { attackProtection } from '../../records/attack-protection/attack-protection.ts';
import {
  addressKey,
  blockLogin,
  countAttempts,
  forgiveAttempts,
  GUESS_COUNTERS,
  notePlace,
  type Origin,
  placeKeys,
  subjectOf,
  type ThrottledAccount,
  throttleKey,
  type Way,
  withdrawAttempt,
} from '../../records/throttles/throttles.ts';
import { addressBucket, waitForTurn } from '../../steps/limit-guesses/limit-guesses.ts';
import { countWrongPassword, TOO_MANY_WRONG } from '../../steps/limit-traces/limit-traces.ts';
import { mailBlockedTask } from './mail-blocked.task.ts';

export type Attempt = {
  connectionId: string;
  /** As typed. */
  identifier: string;
  /** The user with this identifier, or `null` if there is none. */
  userId: string | null;
  origin: Origin;
  clientId: string | null;
};

/**
 * `limit_wc`: too many wrong passwords, blocked until lifted. `limit_sul`: too many attempts in a short time for one account. `limit_mu`:
 * for one address.
 */
export type Limit = 'limit_wc' | 'limit_sul' | 'limit_mu';

export type CountedLogin =
  | {
      kind: 'go-on';
      settle: Settle;
      /** Ends the attempt without a judgment: the password could not be verified, and counts neither as right nor as wrong. */
      withdraw(): Promise<void>;
    }
  | {
      kind: 'refused';
      limit: Limit;
      /** The counter that was exceeded. Refusals with the same key become one log entry. */
      key: string;
      retryAfterSeconds: number;
    };

/** Ends the attempt. `true` forgives it. With `false`, returns `true` if this attempt blocked the account. */
type Settle = (wasGood: boolean) => Promise<boolean>;

const FREE_ATTEMPTS = 10;
const ACCOUNT_WINDOW_SECONDS = 24 * 3600;
const BLOCK_SECONDS = 30 * 24 * 3600;

/**
 * Counts an attempt before anything is verified, so that parallel requests do not get more attempts than sequential ones. Counts by
 * account, whichever of its names was typed. After `max_attempts` wrong passwords from one address, the account is blocked for that address
 * until an administrator or the owner lifts the block. After ten wrong passwords from any addresses, one attempt at a time is allowed, and each doubles the
 * pause. A browser or network from which the user has logged in before has its own counter, so that strangers cannot lock the owner out.
 */
export async function countLogin(
  deps: { db: Db; enqueue: Enqueue },
  attempt: Attempt,
  now: Date,
): Promise<CountedLogin> {
  const { db } = deps;
  const { bruteForce } = await attackProtection(db);
  const { ip } = attempt.origin;
  const isGuarded = bruteForce.enabled && !isInNetworks(ip, bruteForce.allowlist);
  const mayBlock = isGuarded && bruteForce.shields.includes('block');
  const everywhere = bruteForce.mode === 'count_per_identifier';
  const bucket = await addressBucket(db, ip);
  const whom = whomOf(attempt);
  const subject = subjectOf(whom);
  const places = 'accountId' in whom ? placeKeys(GUESS_COUNTERS.password, attempt.origin) : [];
  const ways = [...places, null].map((place) => ({
    ...keysFor(subject, place, everywhere ? '' : ip),
    // Other people may share the address with a known browser.
    fillsBucket: attempt.origin.browser === null || place !== places[0],
  }));
  const window = { windowSeconds: ACCOUNT_WINDOW_SECONDS, subject };

  const counted = await countAttempts(db, {
    account: subject,
    ways: ways.map(
      ({ place, fillsBucket, account, pause, guesses, block }): Way => ({
        place,
        fillsBucket,
        counters: [
          { key: account, ...window },
          ...(isGuarded ? [{ key: guesses, ...window }] : []),
        ],
        unless: [pause, ...(mayBlock ? [block] : []), ...(place === null ? [TOO_MANY_WRONG] : [])],
      }),
    ),
    bucket,
    now,
  });
  const way = ways[counted.way];
  if (way === undefined) throw new Error('The attempt was not counted.');
  const { account, pause, guesses, block } = way;
  const refused = (limit: Limit, key: string, retryAfterSeconds: number): CountedLogin => ({
    kind: 'refused',
    limit,
    key,
    retryAfterSeconds,
  });
  const blockAccount = async () =>
    transaction(db, async (tx) => {
      const { connectionId, identifier, clientId } = attempt;
      // Only unknown places are blocked from every address.
      const from = everywhere && way.place === null ? '' : ip;
      const blocking = { key: block, subject, connectionId, identifier, ip: from, now };
      if (!(await blockLogin(tx, { ...blocking, seconds: BLOCK_SECONDS }))) return false;
      if (bruteForce.shields.includes('user_notification')) {
        const about = { connectionId, identifier: canonicalIdentifier(identifier), ip, clientId };
        await deps.enqueue(tx, mailBlockedTask, about);
      }
      return true;
    });

  if (counted.kind === 'held') {
    if (counted.key === null) return refused('limit_mu', bucket?.key ?? '', counted.seconds);
    const limits: Record<string, Limit> = { [block]: 'limit_wc', [TOO_MANY_WRONG]: 'limit_mu' };
    return refused(limits[counted.key] ?? 'limit_sul', counted.key, counted.seconds);
  }
  const guessed = counted.counts.get(guesses) ?? 0;
  if (mayBlock && guessed > bruteForce.maxAttempts) {
    await blockAccount();
    return refused('limit_wc', block, BLOCK_SECONDS);
  }
  const free = isGuarded ? Math.max(FREE_ATTEMPTS, bruteForce.maxAttempts) : FREE_ATTEMPTS;
  const times = (counted.counts.get(account) ?? 0) - free + 1;
  const seconds = await waitForTurn(db, { pause, subject, times, now });
  if (seconds > 0) return refused('limit_sul', pause, seconds);
  const filled = way.fillsBucket ? bucket : null;
  return {
    kind: 'go-on',
    withdraw: () => withdrawAttempt(db, { counters: [account, guesses], bucket: filled }),
    async settle(wasGood) {
      if (!wasGood) {
        if (way.place === null) await countWrongPassword(db, now);
        return mayBlock && guessed >= bruteForce.maxAttempts && (await blockAccount());
      }
      const known = { account: subject, places, now };
      await forgiveAttempts(db, { counters: [account, pause, guesses], bucket: filled, known });
      return false;
    },
  };
}

/** Makes this place a known one of a user who has proved the account in another way than by a login. */
export function rememberPlace(
  { db, clock }: { db: Db; clock: Clock },
  proof: { userId: string; origin: Origin },
): Promise<void> {
  return notePlace(db, { ...proof, now: clock.now() });
}

function whomOf({ userId, connectionId, identifier }: Attempt): ThrottledAccount {
  return userId === null ? { connectionId, identifier } : { accountId: userId };
}

/**
 * Returns the keys of the counters of wrong passwords at one place, or of all unknown places (`place` is `null`): the total, the one of the
 * address (or of all addresses), and the pause.
 */
function keysFor(subject: string, place: string | null, ip: string) {
  const about = place === null ? [subject] : [subject, place];
  return {
    place,
    account: throttleKey('login', ...about),
    pause: throttleKey('login-pause', ...about),
    guesses: addressKey('login-guesses', ip, ...about),
    block: addressKey('login-block', ip, ...about),
  };
}
