import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  findInvitation,
  type Invitation,
  revokeInvitation,
} from '../../records/invitations/invitations.ts';
import { cancelMessages } from '../../records/messages/messages.ts';
import { inviteAgain } from '../../steps/invite-people/invite-people.ts';
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
  const { db, clock, enqueue, ticketKey } = deps;
  return transaction(db, async (tx) => {
    const now = clock.now();
    const outcome = await inviteAgain(tx, { id, ticketKey, now });
    if (outcome.kind === 'missing') throw missing();
    if (outcome.kind === 'closed') {
      throw new Refusal('invitation_closed', `The invitation is ${outcome.state}.`);
    }
    await queueMail(tx, enqueue, outcome.mails, now);
    return outcome.invitation;
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
      await cancelMessages(tx, { invitationIds: [id], reason: 'The invitation was revoked.' });
    else if (!(await findInvitation(tx, id))) throw missing();
  });
}

const missing = () => new Refusal('invitation_not_found', 'The invitation does not exist.');
