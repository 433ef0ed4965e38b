import { type Db, transactionWithUndo } from '../../../platform/db/db.ts';
import { holdPeople, type User } from '../../../records/users/users.ts';
import {
  findProvidedIdentity,
  type ProvidedAccount,
  storeProvidedIdentity,
} from '../../../steps/adopt-identity/adopt-identity.ts';
import { proveAddress } from '../../../steps/prove-address/prove-address.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { type Completion, finishAcceptance } from '../finish-acceptance.ts';
import { fittingAccount, takesAddress, wrongAccount } from '../judge-account.ts';
import type { AcceptableInvitation, AcceptOutcome, Proof } from '../proof.ts';

type IdentityProof = Proof & { kind: 'identity' };

/**
 * Accepts an invitation with an identity that a provider has just proved. A known identity brings its user. A new one becomes an identity
 * of the invited account, because both are proved: the account by the link, the identity by the provider. If its verified address is
 * another one that the policy takes, it becomes a user of its own: who got the link from the invited person must not get their account.
 * @returns `null` if the invitation or the account has changed since it was read
 */
export async function acceptWithIdentity(
  { db, clock }: SignInDeps,
  {
    view,
    secret,
    proof,
    completion,
  }: {
    view: AcceptableInvitation;
    secret: string;
    proof: IdentityProof;
    completion?: Completion | undefined;
  },
): Promise<AcceptOutcome | null> {
  const { connection, identity } = proof;
  if (!view.connections.some(({ id }) => id === connection.id))
    return { ...view, kind: 'unserved' };
  const known = await findProvidedIdentity(db, proof);
  if (known?.user.blocked) return { ...view, kind: 'blocked' };
  const address = identity.emailVerified ? identity.email : null;
  return transactionWithUndo(db, async (tx, undo: (nothing: null) => never) => {
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
      return wrongAccount(view, { userId: known?.user.id ?? null, address: identity.email });
    }
    const stored = await storeProvidedIdentity(tx, {
      ...proof,
      linkTo: owner.linkTo,
      // The link opens a closed connection for the invited person.
      mayCreate: known === null,
      at,
    });
    if (stored.kind === 'taken') return undo(null);
    if (stored.kind !== 'stored') return { ...view, kind: 'unserved' };
    const { account, user: person } = stored;
    return (
      (await finishAcceptance(tx, {
        view,
        secret,
        by: 'identity',
        account,
        person,
        completion,
        at,
      })) ?? undo(null)
    );
  });
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
  if (address !== null && address !== email)
    return takesAddress(view, address) ? { linkTo: null } : null;
  if (user === null) return { linkTo: null };
  // The link alone is no key to an account that is in use: the provider must say that the address is theirs.
  if (address === null && (view.kind === 'login' || user.loginsCount > 0)) return null;
  const proved = await proveAddress(tx, { accountId: user.id, email, isMaker: false, at });
  return proved.kind === 'proved' ? { linkTo: proved.person.id } : null;
}
