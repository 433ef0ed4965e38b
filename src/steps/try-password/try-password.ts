import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type CostlyLoad,
  costlyLoad,
  isCostlyVerification,
  isTooBusy,
  type StoredHash,
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
// Estimates are of an idle core of a usual machine.
const MARGIN = 1.5;
// Of what takes longer after all, only this much is told.
const QUANTUM_MS = 250;

/**
 * Verifies a password, at whatever door it is typed. How long a refusal takes follows the costliest hash of the user store, not the account:
 * it is the same for nobody, without a password, and for whatever hash.
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
  const load = costlyLoad();
  const floorMs = refusalTakesMs(costliestMs, load);
  const verdict = await verify(stored, password);
  const isBusy = load.isFull && isCostlyVerification(costliestMs) && verdict.kind === 'wrong';
  const retryAfterSeconds = Math.max(1, Math.ceil((load.waitMs * load.slowness) / 1000));
  return {
    verdict: isBusy || verdict.kind === 'busy' ? { kind: 'busy', retryAfterSeconds } : verdict,
    async hold() {
      const tookMs = performance.now() - began;
      const untilMs = Math.ceil(Math.max(floorMs, tookMs) / QUANTUM_MS) * QUANTUM_MS;
      await clock.pause(untilMs - tookMs);
    },
  };
}

/** How long a refusal takes: as the costliest hash of the user store would, behind those who wait now. */
export function refusalTakesMs(costliestMs: number, load: CostlyLoad): number {
  const waitMs = isCostlyVerification(costliestMs) ? load.waitMs : 0;
  return Math.max(LEAST_MS, (costliestMs * MARGIN + waitMs) * load.slowness);
}

async function verify(
  stored: StoredHash | null,
  password: string,
): Promise<Exclude<PasswordVerdict, { kind: 'busy' }> | { kind: 'busy' }> {
  if (stored === null) {
    await verifyNothing(password);
    return { kind: 'wrong' };
  }
  try {
    const { matches, outdated } = await verifyPassword(stored, password);
    // Other systems' exports hold hashes of nothing.
    return matches && password !== '' ? { kind: 'right', stored, outdated } : { kind: 'wrong' };
  } catch (error) {
    if (isTooBusy(error)) return { kind: 'busy' };
    throw error;
  }
}
