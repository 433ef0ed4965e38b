import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  findCampaigns,
  findInvitation,
  type Invitation,
  reopenInvitation,
  revokeInvitation,
} from '../../records/invitations/invitations.ts';
import {
  cancelMessages,
  latestMessages,
  type NewMessage,
} from '../../records/messages/messages.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

export type ManageInvitationsDeps = { db: Db; clock: Clock; ticketKey: Buffer; enqueue: Enqueue };

/**
 * Mails an invitation again: the same link while it works, a new one after it has expired.
 * @throws Refusal `invitation_not_found`, `invitation_closed`
 */
export async function resendInvitation(
  deps: ManageInvitationsDeps,
  id: string,
): Promise<Invitation> {
  const { clock, ticketKey } = deps;
  return transaction(deps.db, async (tx) => {
    const found = await findInvitation(tx, id);
    if (!found) throw missing();
    const [campaign] = await findCampaigns(tx, [found.campaignId]);
    const now = clock.now();
    const ttlSec = campaign?.plan.ttlSec ?? 0;
    const outcome = await reopenInvitation(tx, { id, now, ttlSec, ticketKey });
    if (outcome.kind === 'missing') throw missing();
    if (outcome.kind === 'closed') {
      throw new Refusal('invitation_closed', `The invitation is ${found.state}.`);
    }
    const { invitation } = outcome;
    const last = (await latestMessages(tx, [id])).get(id);
    // A mail that is still in the queue delivers the link as well.
    if (last?.state !== 'queued' || last.attempts > 0) {
      const mail: NewMessage = {
        template: 'user_invitation',
        recipient: invitation.email,
        userId: invitation.userId,
        invitationId: id,
        campaignId: invitation.campaignId,
      };
      await queueMail(tx, deps.enqueue, [mail], now);
    }
    return invitation;
  });
}

/**
 * Revokes an invitation and cancels its mails. A repeat changes nothing.
 * @throws Refusal `invitation_not_found`
 */
export async function endInvitation(deps: ManageInvitationsDeps, id: string): Promise<void> {
  await transaction(deps.db, async (tx) => {
    const revoked = await revokeInvitation(tx, { id, now: deps.clock.now() });
    if (revoked)
      await cancelMessages(tx, { invitationId: id, reason: 'The invitation was revoked.' });
    else if (!(await findInvitation(tx, id))) throw missing();
  });
}

const missing = () => new Refusal('invitation_not_found', 'The invitation does not exist.');
