import { type Db, transactionWithUndo } from '../../../platform/db/db.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type { AcceptedBy } from '../../../records/invitations/invitations.ts';
import { holdPeople, linkedIdentities, type User } from '../../../records/users/users.ts';
import type { ProvidedAccount } from '../../../steps/adopt-identity/adopt-identity.ts';
import { proveAddress } from '../../../steps/prove-address/prove-address.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { type Completion, finishAcceptance } from '../finish-acceptance.ts';
import { fittingAccount, takesAddress, wrongAccount } from '../judge-account.ts';
import type { AcceptableInvitation, AcceptOutcome } from '../proof.ts';

/** An identity that the person has just shown. */
export type ShownIdentity = {
  connection: Connection;
  by: AcceptedBy;
  /** The methods that it shows (RFC 8176). */
  amr: string[];
  /** Its account, or `null` if nobody has the identity yet. */
  known: ProvidedAccount | null;
  /** Its address, for the explanation of a wrong account. */
  email: string | null;
  /** Its verified address. */
  address: string | null;
  /**
   * Stores it in the transaction of the acceptance. `lost`: something has changed since it was read. `unserved`: the connection takes none.
   * @param at.linkTo the user whose identity a new one becomes; `null`: a user of its own
   */
  store(
    tx: Db,
    at: { linkTo: string | null; at: Date },
  ): Promise<({ kind: 'stored' } & ProvidedAccount) | { kind: 'lost' } | { kind: 'unserved' }>;
};

/**
 * Accepts an invitation with an identity that the person has just shown. A known identity brings its user. A new one becomes an identity
 * of the invited account, because both are proved: the account by the link, the identity by what was shown. If its verified address is
 * another one that the policy takes, it becomes a user of its own: who got the link from the invited person must not get their account.
 * @returns `null` if the invitation or the account has changed since it was read
 */
export async function acceptWithShownIdentity(
  { db, clock }: SignInDeps,
  {
    view,
    secret,
    shown,
    completion,
  }: {
    view: AcceptableInvitation;
    secret: string;
    shown: ShownIdentity;
    completion?: Completion | undefined;
  },
): Promise<AcceptOutcome | null> {
  const { connection, by, amr, known, email, address } = shown;
  if (!view.connections.some(({ id }) => id === connection.id))
    return { ...view, kind: 'unserved' };
  if (known?.user.blocked) return { ...view, kind: 'blocked' };
  return transactionWithUndo(db, async (tx, undo: (outcome: AcceptOutcome | null) => never) => {
    const at = clock.now();
    const invited = view.user;
    const ids = [known?.user.id, invited?.id].flatMap((id) => id ?? []);
    const held = await holdPeople(tx, ids);
    if (invited && held.find(({ id }) => id === invited.id)?.email !== view.invitation.email) {
      return null;
    }
    const owner = known
      ? isTaken(view, { known, held, address }) && { linkTo: null }
      : await ownerOfNew(tx, { view, address, at });
    if (!owner) {
      return wrongAccount(view, { userId: known?.user.id ?? null, address: email });
    }
    const stored = await shown.store(tx, { linkTo: owner.linkTo, at });
    if (stored.kind === 'lost') return undo(null);
    if (stored.kind === 'unserved') return undo({ ...view, kind: 'unserved' });
    const { account, user: person } = stored;
    // An operator may have blocked the person, or moved the identity, since it was read without a lock.
    if (person.blocked) return undo({ ...view, kind: 'blocked' });
    if (known !== null && person.id !== known.user.id) return undo(null);
    return (
      (await finishAcceptance(tx, {
        view,
        secret,
        by,
        amr,
        account,
        person,
        completion,
        at,
      })) ?? undo(null)
    );
  });
}

/**
 * Returns whether the invitation would take an identity now. Changes nothing. The acceptance judges again.
 * @param shown.address its verified address
 */
export async function takesShownIdentity(
  db: Db,
  view: AcceptableInvitation,
  { known, address }: Pick<ShownIdentity, 'known' | 'address'>,
): Promise<boolean> {
  if (known === null) return placeOfNew(view, address) !== null;
  const { user } = known;
  const linked = (await linkedIdentities(db, [user.id])).get(user.id) ?? [];
  return isTaken(view, { known, held: [user, ...linked], address });
}

/** Returns whether the invitation takes the user of a known identity: by an address of an account, or by the identity's own. */
function isTaken(
  view: AcceptableInvitation,
  about: { known: ProvidedAccount; held: User[]; address: string | null },
): boolean {
  const { known, held, address } = about;
  if (known.user.id === view.user?.id || known.user.id === view.user?.linkedTo) return true;
  const { id } = known.user;
  const accounts = held.filter((account) => account.id === id || account.linkedTo === id);
  return (
    fittingAccount(view, accounts) !== null || (address !== null && takesAddress(view, address))
  );
}

/** Returns whose identity a new one becomes; `null`: the invitation does not take it. */
async function ownerOfNew(
  tx: Db,
  about: { view: AcceptableInvitation; address: string | null; at: Date },
): Promise<{ linkTo: string | null } | null> {
  const { view, address, at } = about;
  const { user, invitation } = view;
  const { email } = invitation;
  const place = placeOfNew(view, address);
  if (place === null) return null;
  if (place === 'own' || user === null) return { linkTo: null };
  const proved = await proveAddress(tx, { accountId: user.id, email, isMaker: false, at });
  return proved.kind === 'proved' ? { linkTo: proved.person.id } : null;
}

/** Returns whether a new identity becomes one of the invited account or a user of its own; `null`: the invitation does not take it. */
function placeOfNew(view: AcceptableInvitation, address: string | null): 'invited' | 'own' | null {
  const { user, invitation } = view;
  if (address !== null && address !== invitation.email)
    return takesAddress(view, address) ? 'own' : null;
  if (user === null) return 'own';
  // The link alone is no key to an account that is in use: the provider must say that the address is theirs.
  const isUsed = view.kind === 'login' || view.connection === null || user.loginsCount > 0;
  if (address === null && isUsed) return null;
  return 'invited';
}
