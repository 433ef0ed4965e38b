import type { Db } from '../../platform/db/db.ts';
import { acceptAtOnce, type Campaign } from '../../records/invitations/invitations.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { holdAccounts } from '../../records/users/users.ts';
import { grantInvitation } from './give.ts';

/**
 * Gives what open invitations carry without asking, to users who have proved the invited address before. The others stay invited. Run it in
 * the transaction that has just made the invitations.
 * @param input.wanted the invitations of those who had proved it when they were read
 * @param input.mails the mails of all invitations that were made
 * @returns the invitations that were accepted, and the mails to queue in the same transaction: their users are welcomed instead of invited
 */
export async function grantAtOnce(
  tx: Db,
  input: {
    campaign: Pick<Campaign, 'id' | 'clientId' | 'connectionId' | 'plan'>;
    wanted: { id: string; userId: string }[];
    mails: NewMessage[];
    now: Date;
  },
): Promise<{ granted: Set<string>; mails: NewMessage[] }> {
  const { campaign, wanted, now } = input;
  if (wanted.length === 0) return { granted: new Set(), mails: input.mails };
  const userIds = wanted.map(({ userId }) => userId);
  // From here to the end nobody can change an address, or block a user.
  await holdAccounts(tx, userIds);
  const ids = wanted.map(({ id }) => id);
  const accepted = await acceptAtOnce(tx, { ids, now });
  const granted = new Set(accepted.map(({ id }) => id));
  const mails = input.mails.filter(({ invitationId }) => !granted.has(invitationId ?? ''));
  for (const invitation of accepted) {
    const { id: invitationId, userId, acceptedUserId, email } = invitation;
    if (userId === null || acceptedUserId === null) throw new Error('An address has no user.');
    const given = await grantInvitation(tx, { invitation, campaign, userId: acceptedUserId, now });
    if (!given) throw new Error(`The organization of campaign ${campaign.id} was deleted.`);
    const about = { invitationId, campaignId: campaign.id };
    mails.push({ template: 'welcome_email', recipient: email, userId, ...about });
  }
  return { granted, mails };
}
