import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  isTooBusy,
  type StoredHash,
  type Turn,
  takeTurn,
  verifyNothing,
  verifyPassword,
} from '../../platform/password-hash/password-hash.ts';
import { costliestHash, findPassword } from '../../records/passwords/passwords.ts';

export type PasswordVerdict =
  | { kind: 'right'; stored: StoredHash; outdated: boolean }
  | { kind: 'wrong' }
  /** Too many costly verifications wait: said to everybody in a user store with costly hashes who hasn't the right password. */
  | { kind: 'busy'; retryAfterSeconds: number };

export type TriedPassword = {
  verdict: PasswordVerdict;
  /** Waits until a refusal may be told. Call it before every one, whatever the reason: it holds nothing meanwhile. */
  hold(): Promise<void>;
};

// Wrong answers take at least as long as ours, in a user store without imported hashes.
const LEAST_MS = 250;
// Refusals are told at whole steps, so that what takes a little longer after all isn't seen.
const STEP_MS = 250;

/**
 * Verifies a password, at whatever door it is typed. How long a refusal takes follows the costliest hash of the user store and the attempts
 * that came earlier, not the account: it is the same for nobody, without a password, and for whatever hash.
 * @param input.accountId null: there is no such account
 * @param input.began `performance.now()` when the attempt began
 */
export async function tryPassword(
  { db, clock }: { db: Db; clock: Clock },
  input: { connectionId: string; accountId: string | null; password: string; began: number },
): Promise<TriedPassword> {
  const { connectionId, accountId, password, began } = input;
  const costliestMs = await costliestHash(db, connectionId);
  // Also asked for nobody: one query less would tell.
  const stored = await findPassword(db, accountId ?? '');
  const turn = await takeTurn(costliestMs);
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
    // Other systems' exports hold hashes of nothing.
    return matches && password !== '' ? { kind: 'right', stored, outdated } : { kind: 'wrong' };
  } catch (error) {
    if (isTooBusy(error)) return { kind: 'busy' };
    throw error;
  }
}
