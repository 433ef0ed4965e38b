import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findInvitationBySecret, noteRenewal } from '../../records/invitations/invitations.ts';
import { inviteAgain } from '../../steps/invite-people/invite-people.ts';
import { countRenewal } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

export type MailInvitationDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue };

/**
 * Mails an invitation to the invited address again, if it is open or expired. It may run twice:
 * while the last mail waits, no other is queued.
 */
export async function mailInvitationAgain(
  { db, clock, keys, enqueue }: MailInvitationDeps,
  secretHash: Buffer,
): Promise<void> {
  const found = await findInvitationBySecret(db, secretHash);
  if (found?.invitation.state !== 'pending' || found.campaign.plan.renewable === false) return;
  const { id } = found.invitation;
  await transaction(db, async (tx) => {
    const now = clock.now();
    if (!(await countRenewal(tx, { mail: 'invitation-mail', whom: [id], now }))) return;
    const outcome = await inviteAgain(tx, { id, ticketKey: keys.ticket, now });
    if (outcome.kind !== 'open' || outcome.mails.length === 0) return;
    await noteRenewal(tx, { id, now });
    await queueMail(tx, enqueue, outcome.mails, now);
  });
}
