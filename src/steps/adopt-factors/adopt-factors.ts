import type { Clock } from '../../platform/clock/clock.ts';
import { decrypt, type Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import {
  type AuthenticationMethod,
  insertMethod,
  methodsOfUser,
  type NewMethod,
} from '../../records/authentication-methods/authentication-methods.ts';
import { takeImportedFactors, type User } from '../../records/users/users.ts';

/**
 * Returns a user's methods. Factors that an import stored for the user become methods first. That happens once, even if two requests ask at
 * the same moment.
 */
export async function adoptFactors(
  { db, clock, keys }: { db: Db; clock: Clock; keys: Pick<Keys, 'encryption'> },
  userId: string,
): Promise<AuthenticationMethod[]> {
  const found = await methodsOfUser(db, userId);
  if (!found.imported) return found.methods;
  const key = keys.encryption;
  await transaction(db, async (tx) => {
    for (const factor of await takeImportedFactors(tx, userId)) {
      const method = toNewMethod(userId, factor, key);
      if (method) await insertMethod(tx, method, { key, now: clock.now() });
    }
  });
  return (await methodsOfUser(db, userId)).methods;
}

/**
 * Makes the verified address of a user's account a factor. Codes then go only there, so that nobody else can choose where they go.
 * @returns the user's methods, or `null` if the account has no verified address
 */
export async function adoptVerifiedEmail(
  { db, clock, keys }: { db: Db; clock: Clock; keys: Pick<Keys, 'encryption'> },
  { id: userId, email, emailVerified }: User,
): Promise<AuthenticationMethod[] | null> {
  if (email === null || !emailVerified) return null;
  const method: NewMethod = { userId, kind: 'email', email, confirmed: true };
  // Of two logins at once, one adds it.
  await insertMethod(db, method, { key: keys.encryption, now: clock.now() });
  return (await methodsOfUser(db, userId)).methods;
}

function toNewMethod(userId: string, factor: unknown, key: Buffer): NewMethod | null {
  const common = { userId, confirmed: true };
  const sealed = textIn(factor, 'totp', 'sealed');
  const secret =
    sealed === null
      ? textIn(factor, 'totp', 'secret')
      : decrypt(key, Buffer.from(sealed, 'base64'));
  if (secret !== null) return { ...common, kind: 'totp', totpSecret: secret };
  const phoneNumber = textIn(factor, 'phone', 'value');
  if (phoneNumber !== null) {
    return { ...common, kind: 'phone', phoneNumber: canonicalIdentifier(phoneNumber) };
  }
  const email = textIn(factor, 'email', 'value');
  return email === null ? null : { ...common, kind: 'email', email: canonicalIdentifier(email) };
}

function textIn(value: unknown, ...path: string[]): string | null {
  let found = value;
  for (const key of path) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
  }
  return typeof found === 'string' ? found : null;
}
