import type { Db } from '../../platform/db/db.ts';
import { deleteMethods } from '../../records/authentication-methods/authentication-methods.ts';
import { endSessionsOf } from '../../records/oidc-payloads/oidc-payloads.ts';
import { removePassword } from '../../records/passwords/passwords.ts';
import { supersedeAllTickets } from '../../records/tickets/tickets.ts';
import {
  holdForProof,
  recordFirstProof,
  type User,
  unlinkIdentity,
} from '../../records/users/users.ts';

export type Proved =
  | {
      kind: 'proved';
      account: User;
      /** The user: the account itself, or the one it is linked to. */
      person: User;
      /** Whether the address was not verified before. */
      isFirst: boolean;
      /** Whether everything that a stranger may have planted was removed. The account then has no password. */
      isEmptied: boolean;
    }
  /** The account was deleted, or has a different address now. */
  | { kind: 'changed' };

/**
 * Records that a person has proved an account to be theirs: they read the mail of its address, or came with a link from an operator. Before
 * that, anybody may have created it with another person's address and waited (account pre-hijacking: Sudhodanan and Paverd, USENIX Security
 * 2022). So the first proof removes everything that a stranger could plant: password, factors, sessions, tokens, logins and links under
 * way, linked identities, the link to another account, phone number, profile and metadata of the sign-up. What operators created or
 * imported stays. Every flow that proves an address calls this before it stores a new password. Needs a transaction.
 * @param input.email the proved address; `null` if only the account was proved
 * @param input.isMaker whether the person has also shown what only the account's maker knows or holds: then nothing was planted
 */
export async function proveAddress(
  tx: Db,
  input: { accountId: string; email: string | null; isMaker: boolean; at: Date },
): Promise<Proved> {
  const { accountId, email, isMaker, at } = input;
  const held = await holdForProof(tx, accountId);
  if (held === null || (email !== null && held.account.email !== email)) return { kind: 'changed' };
  const { primary } = held;
  const verified = email !== null;
  const isFirst = verified && !held.account.emailVerified;
  const planted = isMaker ? null : held.signedUpWith;
  if (planted === null && !isFirst) {
    return {
      kind: 'proved',
      account: held.account,
      person: primary ?? held.account,
      isFirst,
      isEmptied: false,
    };
  }
  const isOwn = (other: User) => other.emailVerified && other.email === held.account.email;
  let person = primary;
  if (planted !== null) {
    if (primary !== null && !isOwn(primary)) {
      await unlinkIdentity(tx, { userId: primary.id, identityId: accountId, now: at });
      person = null;
    }
    for (const identity of held.identities) {
      if (isOwn(identity)) continue;
      await unlinkIdentity(tx, { userId: accountId, identityId: identity.id, now: at });
    }
    await removePassword(tx, accountId);
    await deleteMethods(tx, { userId: accountId });
    await supersedeAllTickets(tx, { userId: accountId, now: at });
    await endSessionsOf(tx, accountId);
    if (person !== null) await endSessionsOf(tx, person.id);
  }
  const account = await recordFirstProof(tx, {
    accountId,
    verified,
    planted,
    dropsPhone: planted !== null && held.hasStrangePhone,
    at,
  });
  return {
    kind: 'proved',
    account,
    person: person ?? account,
    isFirst,
    isEmptied: planted !== null,
  };
}
