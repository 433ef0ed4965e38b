import type { Clock } from '../../../platform/clock/clock.ts';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import { countAttempt } from '../../../records/throttles/throttles.ts';

/**
 * Says whether this is the first use of what a client has signed to show who it is (RFC 7523, 3). Of many at once one is; the
 * library's own way looks first and writes then.
 */
export function onlyOnce({ db, clock }: { db: Db; clock: Clock }) {
  return async (issuer: string, id: string, expires: number): Promise<boolean> => {
    const now = clock.now();
    const windowSeconds = Math.max(1, Math.ceil(expires - now.getTime() / 1000));
    const key = `assertion:${sha256(JSON.stringify([issuer, id])).toString('base64url')}`;
    return (await countAttempt(db, { key, windowSeconds, now })) === 1;
  };
}
