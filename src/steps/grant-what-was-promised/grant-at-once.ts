import type { Db } from '../../platform/db/db.ts';
import { acceptAtOnce, type Campaign } from '../../records/invitations/invitations.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { holdPeople } from '../../records/users/users.ts';
import { type Accepted, grantInvitations } from './give.ts';

/**
 * Gives what open invitations carry without asking, to users who have proved the invited address before. The others stay invited. Run it in
 * the transaction that has just made the invitations, and note the acceptances after its end with `noteAcceptance`.
 * @param input.wanted the invitations of those who had proved it when they were read
 * @param input.mails the mails of all invitations that were made
 * @returns the invitations that were accepted, and the mails to queue in the same transaction: their users are welcomed instead of invited
 */
export async function grantAtOnce<C extends Pick<Campaign, 'id' | 'plan'>>(
  tx: Db,
  input: {
    campaign: C;
    wanted: { id: string; userId: string }[];
    mails: NewMessage[];
    now: Date;
  },
): Promise<{ accepted: (Accepted & { campaign: C })[]; mails: NewMessage[] }> {
  const { campaign, wanted, now } = input;
  if (wanted.length === 0) return { accepted: [], mails: input.mails };
  // From here to the end nobody can change an address, block or delete a user, or link accounts.
  await holdPeople(
    tx,
    wanted.map(({ userId }) => userId),
  );
  const ids = wanted.map(({ id }) => id);
  const accepted = (await acceptAtOnce(tx, { ids, now })).map((invitation) => {
    if (invitation.acceptedUserId === null) throw new Error('Nobody has accepted the invitation.');
    return { campaign, invitation, userId: invitation.acceptedUserId };
  });
  if (accepted.length === 0) return { accepted, mails: input.mails };
  if (!(await grantInvitations(tx, { campaign, accepted, now }))) {
    throw new Error(`The organization of campaign ${campaign.id} was deleted.`);
  }
  const granted = new Set(accepted.map(({ invitation }) => invitation.id));
  const asking = input.mails.filter(({ invitationId }) => !granted.has(invitationId ?? ''));
  const welcoming = accepted.map(({ invitation }): NewMessage => {
    const { id: invitationId, userId, email: recipient, campaignId } = invitation;
    if (userId === null) throw new Error('An address has no user.');
    return { template: 'welcome_email', recipient, userId, invitationId, campaignId };
  });
  return { accepted, mails: [...asking, ...welcoming] };
}
