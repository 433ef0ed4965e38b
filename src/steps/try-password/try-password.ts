import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  acquireSlot,
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
 */
export async function tryPassword(
  { db, clock }: { db: Db; clock: Clock },
  input: { connectionId: string; accountId: string | null; password: string; began: number },
): Promise<TriedPassword> {
  const { connectionId, accountId, password, began } = input;
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
    async hold() {
      const tookMs = performance.now() - began;
      const leastMs = Math.max(LEAST_MS, turn.refusalInMs, tookMs);
      await clock.pause(Math.ceil(leastMs / STEP_MS) * STEP_MS - tookMs);
    },
  };
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
