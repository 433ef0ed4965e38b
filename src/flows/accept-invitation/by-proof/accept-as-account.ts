import { transactionWithUndo } from '../../../platform/db/db.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { holdPeople } from '../../../records/users/users.ts';
import { proveAddress } from '../../../steps/prove-address/prove-address.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { type Completion, finishAcceptance } from '../finish-acceptance.ts';
import { fittingAccount, wrongAccount } from '../judge-account.ts';
import type { AcceptableInvitation, AcceptOutcome, Proof } from '../proof.ts';

/**
 * Accepts an invitation with an account that exists: the invited one, or another that the invitation's policy takes.
 * @returns `null` if the invitation or the account has changed since it was read
 */
export async function acceptAsAccount(
  { db, clock }: SignInDeps,
  {
    view,
    secret,
    proof: { userId, hasLoggedIn, amr = ['pwd'] },
    completion,
  }: {
    view: AcceptableInvitation;
    secret: string;
    proof: Proof & { kind: 'account' };
    completion?: Completion | undefined;
  },
): Promise<AcceptOutcome | null> {
  const { invitation } = view;
  return transactionWithUndo(db, async (tx, undo: (nothing: null) => never) => {
    const at = clock.now();
    const ids = invitation.userId === null ? [userId] : [userId, invitation.userId];
    const held = await holdPeople(tx, ids);
    const own = held.find((account) => account.id === userId);
    const personId = own?.linkedTo ?? userId;
    const person = held.find((account) => account.id === personId);
    if (!own || !person) return null;
    if (own.blocked || person.blocked) return { ...view, kind: 'blocked' };
    const invited = held.find((account) => account.id === invitation.userId);
    if (invitation.userId !== null && invited?.email !== invitation.email) return null;
    const accounts = [own, person, ...held.filter((account) => account.linkedTo === person.id)];
    const fitting = fittingAccount(view, accounts);
    if (fitting === null) return wrongAccount(view, { userId, address: person.email });
    // A login with a password from before the current epoch does not count.
    if (hasLoggedIn && !(await loginEpoch.isCurrent(tx, person.id))) return null;
    const parties = { account: fitting.account, person };
    if (fitting.isProvedByLink) {
      // A person who has logged in made the account, or got it from its owner. A session alone does not prove that the owner follows the link.
      const link = {
        accountId: fitting.account.id,
        email: invitation.email,
        isMaker: hasLoggedIn,
        at,
      };
      const proved = await proveAddress(tx, link);
      if (proved.kind !== 'proved') throw new Error('An account that is held changed its address.');
      Object.assign(parties, { account: proved.account, person: proved.person });
    }
    const done = await finishAcceptance(tx, {
      view,
      secret,
      by: 'login',
      amr,
      ...parties,
      completion,
      at,
    });
    return done ?? undo(null);
  });
}
