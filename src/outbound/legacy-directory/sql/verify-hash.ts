import type { Clock } from '../../../platform/clock/clock.ts';
import {
  acquireSlot,
  checkImportedHash,
  costOfImported,
  type ImportedHash,
  isTooBusy,
  verifyNothing,
  verifyPassword,
} from '../../../platform/password-hash/password-hash.ts';

type Verdict = 'right' | 'wrong' | 'unreadable' | 'busy';

/** Before the first hash was seen: what bcrypt usually costs, in milliseconds. */
const USUAL_MS = 60;

/** Verifies passwords against hashes of one directory. A refusal takes as long with a name that nobody has as with the costliest hash seen. */
export function createVerifier(clock: Clock) {
  let costliestMs = USUAL_MS;

  async function judge(
    hash: ImportedHash | null,
    password: string,
    turn: Awaited<ReturnType<typeof acquireSlot>>,
  ): Promise<Verdict> {
    if (hash === null) {
      await verifyNothing(password);
      return 'unreadable';
    }
    const isReadable = checkImportedHash(hash).kind === 'ok';
    const stored = { kind: 'imported' as const, imported: hash };
    const { matches } = isReadable
      ? await verifyPassword(stored, password, turn)
      : { matches: false };
    if (!isReadable) return 'unreadable';
    // Tables contain hashes of the empty password.
    return matches && password !== '' ? 'right' : 'wrong';
  }

  return {
    /** @param hash `null`: there is no user, or none with a readable hash */
    async verify(hash: ImportedHash | null, password: string): Promise<Verdict> {
      const began = performance.now();
      if (hash !== null && checkImportedHash(hash).kind === 'ok') {
        costliestMs = Math.max(costliestMs, costOfImported(hash));
      }
      const turn = await acquireSlot(costliestMs);
      let verdict: Verdict;
      try {
        verdict = await judge(hash, password, turn);
      } catch (error) {
        if (!isTooBusy(error)) throw error;
        return 'busy';
      }
      if (verdict === 'right') {
        turn.release();
        return verdict;
      }
      await clock.pause(Math.max(0, turn.refusalInMs - (performance.now() - began)));
      return turn.isOverfull ? 'busy' : verdict;
    },
  };
}
