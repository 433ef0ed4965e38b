import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transactionWithUndo } from '../../platform/db/db.ts';
import {
  type AcceptedBy,
  acceptPromised,
  findCampaigns,
  grantsOf,
  type InvitationOfCampaign,
  noteAcceptingLogin,
  type Promised,
  promisedTo,
} from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { lastTicketUsed } from '../../records/tickets/tickets.ts';
import { holdAccounts } from '../../records/users/users.ts';
import { grantInvitations } from './give.ts';
import { leaveMadeAccount } from './leave-made-account.ts';
import { noteAcceptance } from './note-acceptance.ts';

export { grantInvitations } from './give.ts';
export { grantAtOnce } from './grant-at-once.ts';
export { leaveMadeAccount } from './leave-made-account.ts';
export { noteAcceptance } from './note-acceptance.ts';

/**
 * Accepts the open invitations of a user who logs in to an application, if the invited address is proved to be theirs: an invitation
 * belongs to the person, not to the link. Run it before tokens are issued, so that they carry what was given. Without an open invitation it
 * costs one indexed query. Everything read first is checked again under locks.
 * @param input.session names the login, whose ID token carries the data of these invitations; `null`: no token carries it
 * @returns whether an invitation was accepted: what it gave may require a second factor
 */
export async function grantWhatWasPromised(
  { db, clock, audit }: { db: Db; clock: Clock; audit: Audit },
  input: { userId: string; clientId: string; session: string | null },
): Promise<boolean> {
  const { userId } = input;
  let hasGiven = false;
  for (const seen of await promisedTo(db, { ...input, now: clock.now() })) {
    const accepted = await transactionWithUndo(db, (tx, undo: (nothing: null) => never) =>
      accept(tx, seen, { ...input, now: clock.now(), undo }),
    );
    if (accepted === null) continue;
    noteAcceptance(audit, { ...accepted, userId });
    hasGiven = true;
  }
  return hasGiven;
}

/** Accepts an invitation that was found open, if it still is. Returns `null` if it is not, or another request was faster. */
async function accept(
  tx: Db,
  seen: Promised,
  input: {
    userId: string;
    clientId: string;
    session: string | null;
    now: Date;
    undo: (nothing: null) => never;
  },
): Promise<InvitationOfCampaign | null> {
  const { userId, clientId, session, now, undo } = input;
  // From here to the end nobody can change an address, block or delete a user, or link accounts.
  await holdAccounts(tx, [
    userId,
    seen.proofId,
    ...(seen.invitedId === null ? [] : [seen.invitedId]),
  ]);
  const [promised] = await promisedTo(tx, { userId, clientId, now, id: seen.id });
  if (promised?.proofId !== seen.proofId) return null;
  const by = await howProved(tx, promised);
  const { id, invitedId, proofId } = promised;
  const accepting = [userId, proofId];
  const invitation = await leaveMadeAccount(tx, { id, invitedId, accepting }, (how) =>
    acceptPromised(tx, { ...how, id, userId, by, now }),
  );
  if (invitation === null) return null;
  const [campaign] = await findCampaigns(tx, [invitation.campaignId]);
  if (campaign === undefined) throw new Error('An invitation belongs to no campaign.');
  const accepted = [{ invitation, userId }];
  if (!(await grantInvitations(tx, { campaign, accepted, now }))) return undo(null);
  if (session !== null && grantsOf(invitation, campaign).data !== null) {
    const login = { userId, clientId, by: { session }, at: now };
    await noteAcceptingLogin(tx, { invitationId: invitation.id, ...login });
  }
  return { invitation, campaign };
}

/** Returns how the user proved the address. */
async function howProved(db: Db, promised: Promised): Promise<AcceptedBy> {
  if (promised.strategy === 'email' || promised.strategy === 'sms') return 'passwordless';
  const { proofId: userId, createdAt: since } = promised;
  const kind = await lastTicketUsed(db, { userId, since });
  if (kind === 'password-change') return 'reset';
  return kind === 'email-verification' ? 'sign_up' : 'login';
}
