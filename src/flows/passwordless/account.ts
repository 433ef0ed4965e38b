import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
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
import { type Actions, judgeRegistration } from '../../steps/run-actions/run-actions.ts';
import { enqueueAsyncActions, isAwaited } from '../run-async-actions/run-async-actions.task.ts';

/**
 * Returns the account of a person who has proved an address or a number. Creates one if there is none.
 * @returns `null` if the person may not create one, or if the address has moved to another account in the meantime
 */
export async function accountOf(
  deps: { db: Db; audit: Audit; actions: Actions; publicUrl: string; enqueue: Enqueue },
  newcomer: Newcomer,
  recipient: string,
): Promise<User | null> {
  const { db, audit } = deps;
  const { connection, now, clientId } = newcomer;
  const key = { connectionId: connection.id, identifier: recipient };
  const byMail = connection.strategy === 'email';
  const known = await findAccountByIdentifier(db, key);
  if (known) {
    const person = await verified(db, known, { byMail, recipient, now });
    // The block of the identity alone counts too.
    return person !== null && known.user.blocked === true ? { ...person, blocked: true } : person;
  }
  if (!(await mayCreateAccount(db, newcomer))) return null;
  const profile = byMail
    ? { email: recipient, emailVerified: true }
    : { phoneNumber: recipient, phoneVerified: true };
  const registered = await judgeRegistration(deps, { connection, clientId, profile });
  if (registered.kind === 'denied') {
    audit.record({
      type: 'fs',
      userName: recipient,
      connectionId: connection.id,
      description: DENIED,
    });
    return null;
  }
  const { appMetadata, userMetadata } = registered;
  const isAsked = await isAwaited(deps, 'post-user-registration');
  const inserted = await transaction(db, async (tx) => {
    const made = await insertUser(tx, {
      connectionId: connection.id,
      provider: connection.strategy,
      ...profile,
      appMetadata,
      userMetadata,
      now,
    });
    if (made.kind === 'inserted' && isAsked) {
      const about = {
        trigger: 'post-user-registration',
        accountId: made.user.id,
        clientId,
      } as const;
      await enqueueAsyncActions(tx, deps.enqueue, about);
    }
    return made;
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

const DENIED = 'An action has refused the sign-up.';

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
