import { type Db, transaction } from '../../platform/db/db.ts';
import type { Connection } from '../../records/connections/connections.ts';
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
import { proveAddress } from '../../steps/prove-address/prove-address.ts';

/**
 * The account of somebody who has shown that an address or a number is theirs; made when there is none.
 * @returns null where nobody may make one, and where it has become another's meanwhile
 */
export async function accountOf(
  { db, audit }: { db: Db; audit: Audit },
  connection: Connection,
  recipient: string,
  signUp: boolean,
  now: Date,
): Promise<User | null> {
  const key = { connectionId: connection.id, identifier: recipient };
  const byMail = connection.strategy === 'email';
  const known = await findAccountByIdentifier(db, key);
  if (known) {
    const person = await verified(db, known, { byMail, recipient, now });
    // Also when only the identity is.
    return person !== null && known.user.blocked === true ? { ...person, blocked: true } : person;
  }
  if (!signUp) return null;
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

/** Whoever has the code reads what is sent there. null: the account has another address or number by now. */
async function verified(
  db: Db,
  { id, user }: Account,
  { byMail, recipient, now }: { byMail: boolean; recipient: string; now: Date },
): Promise<User | null> {
  // What is proved belongs to the identity, which may be linked to the person.
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
