import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type AcceptedBy,
  acceptInvitation,
  grantsOf,
  isMadeOnlyFor,
  noteAcceptingLogin,
} from '../../records/invitations/invitations.ts';
import type { LoginTicket } from '../../records/login-handoffs/login-handoffs.ts';
import { deleteUnusedUser, type User } from '../../records/users/users.ts';
import { grantInvitations } from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import { handOverLogin } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import type { AcceptableInvitation, AcceptedInvitation } from './proof.ts';

/** What an acceptance does besides. */
export type Completion = {
  /** Makes the login handoff one that travels in an address, for a page of the application. */
  ticket?: LoginTicket;
  /** Runs in the same transaction. Returns false to undo everything. */
  alongside(tx: Db, accepted: { userId: string; at: Date }): Promise<boolean>;
};

/**
 * Ends every acceptance, in its transaction: one guarded UPDATE consumes the invitation, then the person gets everything that it carries,
 * and a login. The accounts that it touches are locked.
 * @param input.account what was proved: the person, or an identity that is linked to the person
 * @returns `null` if the invitation is not open any more, or its organization is gone: then undo everything
 */
export async function finishAcceptance(
  tx: Db,
  input: {
    view: AcceptableInvitation;
    secret: string;
    by: AcceptedBy;
    /** The methods that the person has shown (RFC 8176). A flow's ticket has its own. */
    amr: string[];
    account: User;
    person: User;
    completion?: Completion | undefined;
    at: Date;
  },
): Promise<AcceptedInvitation | null> {
  const { view, secret, by, amr, account, person, completion, at } = input;
  const { kind: _, ...found } = view;
  const invitedId = view.invitation.userId;
  const isAnother = invitedId !== null && invitedId !== account.id && invitedId !== person.id;
  const left =
    isAnother && (await isMadeOnlyFor(tx, { id: view.invitation.id, userId: invitedId }))
      ? invitedId
      : null;
  const leavesUser = left !== null;
  const userId = person.id;
  const invitation = await acceptInvitation(tx, {
    secretHash: sha256(secret),
    by,
    userId,
    leavesUser,
    now: at,
  });
  if (invitation === null) return null;
  if (left !== null) await deleteUnusedUser(tx, left);
  const { campaign } = view;
  const accepted = [{ invitation, userId }];
  if (!(await grantInvitations(tx, { campaign, accepted, now: at }))) return null;
  if (completion && !(await completion.alongside(tx, { userId, at }))) return null;
  const { clientId } = invitation;
  const ticket = completion?.ticket ?? null;
  const handoff = await handOverLogin(tx, { user: person, account, clientId, amr, ticket, at });
  if (handoff !== null && grantsOf(invitation, campaign).data !== null) {
    const by = { handoff };
    await noteAcceptingLogin(tx, { invitationId: invitation.id, userId, clientId, by, at });
  }
  return { ...found, kind: 'done', userId, user: account, invitation, handoff };
}
