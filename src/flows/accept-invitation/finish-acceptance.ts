import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type AcceptedBy,
  acceptInvitation,
  grantsOf,
  noteAcceptingLogin,
} from '../../records/invitations/invitations.ts';
import type { LoginTicket } from '../../records/login-handoffs/login-handoffs.ts';
import type { User } from '../../records/users/users.ts';
import {
  grantInvitations,
  leaveMadeAccount,
} from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import { handOverLogin } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import type { AcceptableInvitation, AcceptedInvitation } from './proof.ts';

/** What an acceptance does besides. */
export type Completion = {
  /** Makes the login handoff one that travels in an address, for a page of the application. */
  ticket?: LoginTicket;
  /** The methods that a flow has seen (RFC 8176), second factors included. Absent: those of the proof. */
  amr?: string[];
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
    /** The methods that the person has shown (RFC 8176). A flow's own come before. */
    amr: string[];
    account: User;
    person: User;
    completion?: Completion | undefined;
    at: Date;
  },
): Promise<AcceptedInvitation | null> {
  const { view, secret, by, account, person, completion, at } = input;
  const { ticket = null, amr = input.amr } = completion ?? {};
  const { kind: _, ...found } = view;
  const userId = person.id;
  const { id, userId: invitedId } = view.invitation;
  const accepting = [account.id, userId];
  const invitation = await leaveMadeAccount(tx, { id, invitedId, accepting }, (how) =>
    acceptInvitation(tx, { ...how, secretHash: sha256(secret), by, userId, now: at }),
  );
  if (invitation === null) return null;
  const { campaign } = view;
  const accepted = [{ invitation, userId }];
  if (!(await grantInvitations(tx, { campaign, accepted, now: at }))) return null;
  if (completion && !(await completion.alongside(tx, { userId, at }))) return null;
  const { clientId } = invitation;
  const handoff = await handOverLogin(tx, { user: person, account, clientId, amr, ticket, at });
  if (handoff !== null && grantsOf(invitation, campaign).data !== null) {
    const by = { handoff };
    await noteAcceptingLogin(tx, { invitationId: invitation.id, userId, clientId, by, at });
  }
  return { ...found, kind: 'done', userId, user: account, invitation, handoff };
}
