import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  type AttackProtection,
  attackProtection,
  isListed,
} from '../../records/attack-protection/attack-protection.ts';
import {
  addressKey,
  type Bucket,
  blockLogin,
  countAttempts,
  forgiveAttempts,
  loginKeys,
  secondsLeft,
  takeTurn,
} from '../../records/throttles/throttles.ts';
import { mailBlockedTask } from './mail-blocked.task.ts';

export type Attempt = {
  connectionId: string;
  identifier: string;
  ip: string;
  clientId: string | null;
};

/** `limit_wc`: too many wrong passwords, blocked until lifted. `limit_sul`: too fast for one account. `limit_mu`: for one address. */
export type Limit = 'limit_wc' | 'limit_sul' | 'limit_mu';

export type CountedLogin =
  | { kind: 'go-on'; settle: Settle }
  | { kind: 'refused'; limit: Limit; retryAfterSeconds: number };

/** What becomes of the attempt: true forgives it. On false it comes back with true when that shut the account. */
type Settle = (wasGood: boolean) => Promise<boolean>;

const FREE_ATTEMPTS = 10;
const ACCOUNT_WINDOW_SECONDS = 24 * 3600;
const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 3600;
const BLOCK_SECONDS = 30 * 24 * 3600;

/**
 * Counts before anything is verified, so that many requests at once don't get more attempts than one after the other. After
 * `max_attempts` wrong ones from one address an account is shut for that address, until somebody lifts it; whatever the addresses,
 * after ten one attempt is let through at a time, each with twice the pause of the one before.
 */
export async function countLogin(
  deps: { db: Db; enqueue: Enqueue },
  typed: Attempt,
  now: Date,
): Promise<CountedLogin> {
  const { db } = deps;
  const attempt = { ...typed, identifier: storable(typed.identifier) };
  const { bruteForce, suspiciousIp } = await attackProtection(db);
  const { ip } = attempt;
  const isGuarded = bruteForce.enabled && !isListed(ip, bruteForce.allowlist);
  const mayBlock = isGuarded && bruteForce.shields.includes('block');
  const blockedFrom = bruteForce.mode === 'count_per_identifier' ? '' : ip;
  const { subject, account, pause, guesses, block } = loginKeys(attempt, blockedFrom);
  const bucket = bucketOf(suspiciousIp, ip);

  const shut = async () => {
    return transaction(db, async (tx) => {
      const blocking = { ...attempt, ip: blockedFrom, seconds: BLOCK_SECONDS, now };
      if (!(await blockLogin(tx, blocking))) return false;
      if (bruteForce.shields.includes('user_notification')) {
        await deps.enqueue(tx, mailBlockedTask, attempt);
      }
      return true;
    });
  };
  const refused = (limit: Limit, retryAfterSeconds: number): CountedLogin => ({
    kind: 'refused',
    limit,
    retryAfterSeconds,
  });

  const window = { windowSeconds: ACCOUNT_WINDOW_SECONDS, subject };
  const counted = await countAttempts(db, {
    counters: [{ key: account, ...window }, ...(isGuarded ? [{ key: guesses, ...window }] : [])],
    bucket,
    unless: mayBlock ? [pause, block] : [pause],
    now,
  });
  if (counted.kind === 'held') {
    return refused(counted.key === block ? 'limit_wc' : 'limit_sul', counted.seconds);
  }
  if (counted.fullSeconds > 0 && suspiciousIp.shields.includes('block')) {
    return refused('limit_mu', counted.fullSeconds);
  }
  const guessed = counted.counts.get(guesses) ?? 0;
  if (mayBlock && guessed > bruteForce.maxAttempts) {
    await shut();
    return refused('limit_wc', BLOCK_SECONDS);
  }
  const free = isGuarded ? Math.max(FREE_ATTEMPTS, bruteForce.maxAttempts) : FREE_ATTEMPTS;
  const attempts = counted.counts.get(account) ?? 0;
  if (attempts >= free) {
    const seconds = Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempts - free), LONGEST_PAUSE_SECONDS);
    if (!(await takeTurn(db, { key: pause, subject, seconds, now }))) {
      return refused('limit_sul', Math.max(1, await secondsLeft(db, { key: pause, now })));
    }
  }
  return {
    kind: 'go-on',
    async settle(wasGood) {
      if (!wasGood) return mayBlock && guessed >= bruteForce.maxAttempts && (await shut());
      await forgiveAttempts(db, { counters: [account, pause, guesses], bucket });
      return false;
    },
  };
}

/** What is typed may hold anything, of any length. */
function storable(identifier: string): string {
  return identifier.slice(0, 320).replaceAll('\0', '\u{fffd}').toWellFormed();
}

function bucketOf({ enabled, allowlist, preLogin }: AttackProtection['suspiciousIp'], ip: string) {
  if (!enabled || isListed(ip, allowlist)) return null;
  return loginBucket(ip, preLogin);
}

/** Attempts from one address, for whatever account. */
function loginBucket(ip: string, pace: { maxAttempts: number; rate: number }): Bucket {
  return { key: addressKey('login-from', ip), most: pace.maxAttempts, everyMs: pace.rate };
}
