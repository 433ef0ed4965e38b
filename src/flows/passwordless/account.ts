import { type Db, transaction } from '../../platform/db/db.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  type Account,
  findAccount,
  findAccountByIdentifier,
  findUserByIdentifier,
  holdAccount,
  insertUser,
  type User,
  updateUser,
} from '../../records/users/users.ts';
import { mayCreateAccount, type Newcomer } from '../../steps/admit-newcomer/admit-newcomer.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';

/**
 * Returns the account of a person who has proved an address or a number. Creates one if there is none.
 * @returns `null` if the person may not create one, or if the address has moved to another account in the meantime
 */
export async function accountOf(
  { db, audit }: { db: Db; audit: Audit },
  newcomer: Newcomer,
  recipient: string,
): Promise<User | null> {
  const { connection, now } = newcomer;
  const key = { connectionId: connection.id, identifier: recipient };
  const byMail = connection.strategy === 'email';
  const known = await findAccountByIdentifier(db, key);
  if (known) {
    const person = await verified(db, known, { byMail, recipient, now });
    // The block of the identity alone counts too.
    return person !== null && known.user.blocked === true ? { ...person, blocked: true } : person;
  }
  if (!(await mayCreateAccount(db, newcomer))) return null;
  const inserted = await insertUser(db, {
    connectionId: connection.id,
    provider: connection.strategy,
    ...(byMail
      ? { email: recipient, emailVerified: true }
      : { phoneNumber: recipient, phoneVerified: true }),
    now,
  });
  if (inserted.kind === 'inserted') {
    audit.record({
      type: 'ss',
      userId: inserted.user.id,
      userName: recipient,
      connectionId: connection.id,
    });
    return inserted.user;
  }
  return findUserByIdentifier(db, key);
}

/** Marks the address or number as verified, because the code proves it. Returns `null` if the account has a different one now. */
async function verified(
  db: Db,
  { id, user }: Account,
  { byMail, recipient, now }: { byMail: boolean; recipient: string; now: Date },
): Promise<User | null> {
  // The proof belongs to the identity, which may be linked to the user.
  const account = await findAccount(db, id);
  if (byMail && account?.email === recipient && (!account.emailVerified || account.isUnproven)) {
    const proof = { accountId: id, email: recipient, isMaker: false, at: now };
    const proved = await transaction(db, (tx) => proveAddress(tx, proof));
    return proved.kind === 'proved' ? proved.person : null;
  }
  if (byMail || account?.phoneNumber !== recipient || account.phoneVerified === true) return user;
  return transaction(db, async (tx) => {
    const held = await holdAccount(tx, id);
    if (held?.account.phoneNumber !== recipient) return null;
    const outcome = await updateUser(tx, id, { phoneVerified: true }, now);
    if (outcome.kind !== 'updated') return null;
    return held.person.id === id ? outcome.user : held.person;
  });
}
