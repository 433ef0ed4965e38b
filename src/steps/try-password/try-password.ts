import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  acquireSlot,
  hashPassword,
  isTooBusy,
  type StoredHash,
  type Turn,
  verifyNothing,
  verifyPassword,
} from '../../platform/password-hash/password-hash.ts';
import { costliestHash, findPassword } from '../../records/passwords/passwords.ts';

export type PasswordVerdict =
  | { kind: 'right'; stored: StoredHash; outdated: boolean }
  | { kind: 'wrong' }
  /** Too many costly verifications wait. In a connection with costly hashes, everybody without the right password gets this. */
  | { kind: 'busy'; retryAfterSeconds: number };

export type TriedPassword = {
  verdict: PasswordVerdict;
  /** Waits until a refusal may be sent. Call it before every refusal, whatever its reason. It holds no resources meanwhile. */
  hold(): Promise<void>;
};

// Wrong answers take at least as long as a verification of our own hashes, in a connection without imported hashes.
const LEAST_MS = 250;
// Refusals end at multiples of this, so that small differences in duration do not show.
const STEP_MS = 250;

/**
 * Verifies a password, for every endpoint that takes one. The duration of a refusal depends on the connection's costliest hash and on
 * earlier attempts, never on the account: it is the same without an account, without a password, and for every hash.
 * @param input.accountId `null` if no account was found
 * @param input.began `performance.now()` at the start of the attempt
 * @param input.leastMs a refusal takes at least as long, in milliseconds. Default: 0.
 */
export async function tryPassword(
  { db, clock }: { db: Db; clock: Clock },
  input: {
    connectionId: string;
    accountId: string | null;
    password: string;
    began: number;
    leastMs?: number;
  },
): Promise<TriedPassword> {
  const { connectionId, accountId, password, began, leastMs = 0 } = input;
  const costliestMs = await costliestHash(db, connectionId);
  // Queried without an account too: one query fewer would show in the response time.
  const stored = await findPassword(db, accountId ?? '');
  const turn = await acquireSlot(costliestMs);
  const verdict = await verify(stored, password, turn);
  if (verdict.kind === 'right') turn.release();
  const isBusy = verdict.kind === 'busy' || (turn.isOverfull && verdict.kind === 'wrong');
  const retryAfterSeconds = Math.ceil(turn.refusalInMs / 1000);
  return {
    verdict: isBusy ? { kind: 'busy', retryAfterSeconds } : verdict,
    hold: () => holdRefusal(clock, { began, leastMs: Math.max(leastMs, turn.refusalInMs) }),
  };
}

/** The answer of another store to a password, and what a login needs with it. */
export type AskedElsewhere<T> = Pick<TriedPassword, 'hold'> & {
  answer: T;
  /** The typed password, hashed while the other store was asked. `null` if it was not wanted. */
  phc: string | null;
  /** Not `null`: there are too many attempts. A refusal should say so, as {@link tryPassword} does. */
  busy: { kind: 'busy'; retryAfterSeconds: number } | null;
};

/**
 * Asks another store about a password, and hashes it meanwhile. A hash costs as much as the verification that {@link tryPassword} makes for
 * an account that does not exist, so that both take the same time.
 * @param input.began `performance.now()` at the start of the attempt
 * @param input.leastMs returns the milliseconds that a refusal takes at least, when it is sent
 * @param input.isRight whether this answer confirms the password
 */
export async function tryElsewhere<T>(
  { db, clock }: { db: Db; clock: Clock },
  input: {
    connectionId: string;
    password: string;
    began: number;
    keepsHash: boolean;
    leastMs: () => number;
    ask: () => Promise<T>;
    isRight: (answer: T) => boolean;
  },
): Promise<AskedElsewhere<T>> {
  const { connectionId, password, began, keepsHash, leastMs, ask, isRight } = input;
  const turn = await acquireSlot(await costliestHash(db, connectionId));
  const [answer, phc] = await Promise.all([ask(), keepsHash ? hashPassword(password) : null]);
  if (isRight(answer)) turn.release();
  const retryAfterSeconds = Math.ceil(turn.refusalInMs / 1000);
  return {
    answer,
    phc,
    busy: turn.isOverfull ? { kind: 'busy', retryAfterSeconds } : null,
    hold: () => holdRefusal(clock, { began, leastMs: Math.max(leastMs(), turn.refusalInMs) }),
  };
}

async function holdRefusal(
  clock: Clock,
  { began, leastMs }: { began: number; leastMs: number },
): Promise<void> {
  const tookMs = performance.now() - began;
  const heldMs = Math.max(LEAST_MS, leastMs, tookMs);
  await clock.pause(Math.ceil(heldMs / STEP_MS) * STEP_MS - tookMs);
}

async function verify(
  stored: StoredHash | null,
  password: string,
  turn: Turn,
): Promise<Exclude<PasswordVerdict, { kind: 'busy' }> | { kind: 'busy' }> {
  if (stored === null) {
    await verifyNothing(password);
    return { kind: 'wrong' };
  }
  try {
    const { matches, outdated } = await verifyPassword(stored, password, turn);
    // Exports of other systems contain hashes of the empty password.
    return matches && password !== '' ? { kind: 'right', stored, outdated } : { kind: 'wrong' };
  } catch (error) {
    if (isTooBusy(error)) return { kind: 'busy' };
    throw error;
  }
}
