import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { countAttempt } from '../../records/throttles/throttles.ts';

/**
 * Uses up a client's signed assertion (RFC 7523, 3).
 * @param input.id the `jti` of the assertion
 * @param input.expires end of the assertion, in seconds since 1970
 * @returns whether this is its first use. Of many simultaneous uses only one is the first.
 */
export async function acceptAssertion(
  { db, clock }: { db: Db; clock: Clock },
  input: { issuer: string; id: string; expires: number },
): Promise<boolean> {
  const { issuer, id, expires } = input;
  const now = clock.now();
  const windowSeconds = Math.max(1, Math.ceil(expires - now.getTime() / 1000));
  const key = `assertion:${sha256(JSON.stringify([issuer, id])).toString('base64url')}`;
  return (await countAttempt(db, { key, windowSeconds, now })) === 1;
}
