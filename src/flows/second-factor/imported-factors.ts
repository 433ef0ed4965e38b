import { decrypt } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import {
  insertMethod,
  type NewMethod,
} from '../../records/authentication-methods/authentication-methods.ts';
import { takeImportedFactors } from '../../records/users/users.ts';

/**
 * Creates authentication methods from the factors that an import stored for a user. Does so once, even if two logins try at the same
 * moment.
 */
export async function adoptImported(
  db: Db,
  input: { userId: string; key: Buffer; now: Date },
): Promise<void> {
  const { userId, key, now } = input;
  await transaction(db, async (tx) => {
    for (const factor of await takeImportedFactors(tx, userId)) {
      const method = toNewMethod(userId, factor, key);
      if (method) await insertMethod(tx, method, { key, now });
    }
  });
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
