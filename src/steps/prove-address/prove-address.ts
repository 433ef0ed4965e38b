import type { Db } from '../../platform/db/db.ts';
import { deleteMethods } from '../../records/authentication-methods/authentication-methods.ts';
import { endSessionsOf } from '../../records/oidc-payloads/oidc-payloads.ts';
import { removePassword } from '../../records/passwords/passwords.ts';
import { supersedeAllTickets } from '../../records/tickets/tickets.ts';
import { holdForProof, settleProof, type User, unlinkIdentity } from '../../records/users/users.ts';

export type Proved =
  | {
      kind: 'proved';
      account: User;
      /** Who it is: the account, or whom it is linked to. */
      person: User;
      /** Whether the address was not verified before. */
      isFirst: boolean;
      /** Whether all that a stranger may have put there is gone: the account has no password now. */
      isEmptied: boolean;
    }
  /** The account is gone, or has another address by now. */
  | { kind: 'changed' };

/**
 * Somebody has shown that an account is theirs: they read the mail of its address, or came with a link that an operator handed out.
 * Until then anybody may have made it, with an address that isn't theirs, and waited (account pre-hijacking: Sudhodanan and Paverd,
 * USENIX Security 2022). So the first proof takes away all that a stranger could plant: password, factors, sessions, tokens, logins and
 * links under way, identities linked to it and the link to somebody else's account, phone number, profile and metadata of the sign-up.
 * What operators made or imported is no stranger's and stays. Every flow that proves an address calls this, before it stores a new
 * password. Needs a transaction.
 * @param input.email the address that was shown to be theirs; null: only the account was
 * @param input.isMaker whether they have also shown what only the maker of the account knows or holds: then nothing was planted
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
  const account = await settleProof(tx, {
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
