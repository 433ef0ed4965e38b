import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  ensureSigningKeys,
  revokeSigningKey,
  rotateSigningKeys,
  type SigningKey,
} from '../../records/signing-keys/signing-keys.ts';

export type ManageKeysDeps = { db: Db; clock: Clock; keys: Keys; publicUrl: string };

/** Creates the signing keys that are missing. Safe to repeat, on many nodes at once. */
export function ensureKeys({ db, clock, keys, publicUrl }: ManageKeysDeps): Promise<void> {
  const subject = new URL(publicUrl).hostname;
  return ensureSigningKeys(db, keys, { subject, now: clock.now() });
}

/** Signs with the next key from now on. @returns null: another rotation is under way */
export function rotateKeys({
  db,
  clock,
  keys,
  publicUrl,
}: ManageKeysDeps): Promise<SigningKey | null> {
  const subject = new URL(publicUrl).hostname;
  return rotateSigningKeys(db, keys, { subject, now: clock.now() });
}

/** Makes the tokens of a former key void. `in-use`: it signs now, or will next. */
export function revokeKey(
  { db, clock }: Pick<ManageKeysDeps, 'db' | 'clock'>,
  kid: string,
): ReturnType<typeof revokeSigningKey> {
  return revokeSigningKey(db, { kid, now: clock.now() });
}
