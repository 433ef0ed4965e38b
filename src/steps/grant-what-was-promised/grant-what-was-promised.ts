import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import {
  type AcceptedBy,
  acceptPromised,
  type Campaign,
  findCampaigns,
  grantsOf,
  type Invitation,
  type Promised,
  promisedTo,
} from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { cancelMessages } from '../../records/messages/messages.ts';
import { assignRoles } from '../../records/roles/roles.ts';
import { lastTicketUsed } from '../../records/tickets/tickets.ts';
import { grantMetadata, holdAccounts } from '../../records/users/users.ts';

/**
 * Gives what an invitation carries, and cancels its mails. Run it in the transaction that has just accepted the invitation: of many
 * acceptances at once exactly one gives.
 */
export async function grantInvitation(
  tx: Db,
  input: { invitation: Invitation; campaign: Campaign; userId: string; now: Date },
): Promise<void> {
  const { invitation, campaign, userId, now } = input;
  const { appMetadata, userMetadata, roles } = grantsOf(invitation, campaign);
  await grantMetadata(tx, { userId, appMetadata, userMetadata, at: now });
  // A role that was deleted in the meantime cannot be given.
  await assignRoles(tx, { userId, roleIds: roles, now });
  const reason = 'The invitation was accepted.';
  await cancelMessages(tx, { invitationId: invitation.id, reason });
}

/**
 * Accepts the open invitations of a user who logs in to an application, if the invited address is proved to be theirs: an invitation
 * belongs to the person, not to the link. Run it before tokens are issued, so that they carry what was given. Without an open invitation it
 * costs one indexed query. Everything read first is checked again under locks.
 */
export async function grantWhatWasPromised(
  { db, clock, audit }: { db: Db; clock: Clock; audit: Audit },
  input: { userId: string; clientId: string },
): Promise<void> {
  const { userId, clientId } = input;
  for (const seen of await promisedTo(db, { userId, clientId, now: clock.now() })) {
    const accepted = await transaction(db, (tx) =>
      accept(tx, seen, { ...input, now: clock.now() }),
    );
    if (accepted === null) continue;
    const { invitation, by } = accepted;
    audit.record({
      type: 'si',
      description: 'Invitation accepted.',
      userId,
      userName: invitation.email,
      clientId,
      details: { invitation_id: invitation.id, accepted_by: by },
    });
  }
}

/** Accepts an invitation that was found open, if it still is. Returns `null` if it is not, or another request was faster. */
async function accept(
  tx: Db,
  seen: Promised,
  { userId, clientId, now }: { userId: string; clientId: string; now: Date },
): Promise<{ invitation: Invitation; by: AcceptedBy } | null> {
  // From here to the end nobody can change an address, block or delete a user, or link accounts.
  await holdAccounts(tx, [userId, seen.proofId, seen.invitedId]);
  const [promised] = await promisedTo(tx, { userId, clientId, now, id: seen.id });
  if (promised?.proofId !== seen.proofId) return null;
  const by = await howProved(tx, promised);
  const invitation = await acceptPromised(tx, { id: promised.id, by, now });
  if (invitation === null) return null;
  const [campaign] = await findCampaigns(tx, [invitation.campaignId]);
  if (campaign === undefined) throw new Error('An invitation belongs to no campaign.');
  await grantInvitation(tx, { invitation, campaign, userId, now });
  return { invitation, by };
}

/** Returns how the user proved the address. */
async function howProved(db: Db, promised: Promised): Promise<AcceptedBy> {
  if (promised.strategy === 'email' || promised.strategy === 'sms') return 'passwordless';
  const { proofId: userId, createdAt: since } = promised;
  const kind = await lastTicketUsed(db, { userId, since });
  if (kind === 'password-change') return 'reset';
  return kind === 'email-verification' ? 'sign_up' : 'login';
}
