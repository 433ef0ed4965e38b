import type { Clock } from '../../../platform/clock/clock.ts';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import { countAttempt } from '../../../records/throttles/throttles.ts';

/**
 * Returns whether this is the first use of a client's signed assertion (RFC 7523, 3). Only one of many simultaneous uses is the first. The
 * library itself reads first and writes later.
 */
export function onlyOnce({ db, clock }: { db: Db; clock: Clock }) {
  return async (issuer: string, id: string, expires: number): Promise<boolean> => {
    const now = clock.now();
    const windowSeconds = Math.max(1, Math.ceil(expires - now.getTime() / 1000));
    const key = `assertion:${sha256(JSON.stringify([issuer, id])).toString('base64url')}`;
    return (await countAttempt(db, { key, windowSeconds, now })) === 1;
  };
}
