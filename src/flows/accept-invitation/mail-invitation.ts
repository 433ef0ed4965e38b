import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findInvitationBySecret, reopenInvitation } from '../../records/invitations/invitations.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { countLinkRequest } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

export type MailInvitationDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue };

/**
 * Mails an invitation to the invited address again, if it is open or expired. It may run twice: the person then gets the same link twice.
 */
export async function mailInvitationAgain(
  { db, clock, keys, enqueue }: MailInvitationDeps,
  secretHash: Buffer,
): Promise<void> {
  const found = await findInvitationBySecret(db, secretHash);
  if (found?.invitation.state !== 'pending') return;
  const { invitation, campaign } = found;
  const now = clock.now();
  if (!(await countLinkRequest(db, { mail: 'invitation-mail', whom: [invitation.id], now })))
    return;
  await transaction(db, async (tx) => {
    const reopened = await reopenInvitation(tx, {
      id: invitation.id,
      now,
      ttlSec: campaign.plan.ttlSec,
      ticketKey: keys.ticket,
    });
    if (reopened.kind !== 'open') return;
    const message: NewMessage = {
      template: 'user_invitation',
      recipient: invitation.email,
      userId: invitation.userId,
      invitationId: invitation.id,
      campaignId: campaign.id,
    };
    await queueMail(tx, enqueue, [message], now);
  });
}
