import type { Db } from '../../platform/db/db.ts';
import { acceptAtOnce, type Campaign } from '../../records/invitations/invitations.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { grantInvitation } from './give.ts';

/**
 * Gives what open invitations carry without asking, to users who have proved the invited address before. Run it in the transaction that has
 * just made the invitations.
 * @param input.mails the mails of all invitations that were made
 * @returns the mails to queue in the same transaction: these users are welcomed instead of invited
 */
export async function grantAtOnce(
  tx: Db,
  input: {
    campaign: Pick<Campaign, 'id' | 'clientId' | 'connectionId' | 'plan'>;
    ids: string[];
    mails: NewMessage[];
    now: Date;
  },
): Promise<NewMessage[]> {
  const { campaign, ids, now } = input;
  if (ids.length === 0) return input.mails;
  const given = new Set(ids);
  const mails = input.mails.filter(({ invitationId }) => !given.has(invitationId ?? ''));
  for (const invitation of await acceptAtOnce(tx, { ids, now })) {
    const { id: invitationId, userId, acceptedUserId, email } = invitation;
    if (userId === null || acceptedUserId === null) throw new Error('An address has no user.');
    const given = await grantInvitation(tx, { invitation, campaign, userId: acceptedUserId, now });
    if (!given) throw new Error(`The organization of campaign ${campaign.id} was deleted.`);
    const about = { invitationId, campaignId: campaign.id };
    mails.push({ template: 'welcome_email', recipient: email, userId, ...about });
  }
  return mails;
}
