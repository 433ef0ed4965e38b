import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findCampaigns, insertInvitations } from '../../records/invitations/invitations.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import type { RowOutcome } from './segment-codec.ts';

/**
 * Invites the users of one segment, in its transaction: an import that repeats after a crash invites nobody twice. Does not invite blocked
 * users and users without an email address.
 */
export async function inviteImported(
  deps: { keys: Keys; enqueue: Enqueue },
  tx: Db,
  campaignId: string,
  people: { outcome: RowOutcome; record: { blocked?: boolean } }[],
  now: Date,
): Promise<void> {
  const [campaign] = await findCampaigns(tx, [campaignId]);
  if (!campaign) throw new Error(`The campaign ${campaignId} does not exist.`);
  for (const { outcome } of people) outcome.invitation = 'not_invited';
  const wanted = people.flatMap(({ outcome, record }) =>
    outcome.userId === null || outcome.email === null || record.blocked === true
      ? []
      : [{ outcome, userId: outcome.userId, email: outcome.email }],
  );
  if (wanted.length === 0) return;
  const results = await insertInvitations(tx, {
    campaignId,
    rows: wanted.map(({ userId, email }) => ({ userId, email })),
    clientKey: campaign.clientId ?? '',
    ttlSec: campaign.plan.ttlSec,
    now,
    ticketKey: deps.keys.ticket,
  });
  const messages = wanted.flatMap(({ outcome, userId, email }, index): NewMessage[] => {
    const result = results[index];
    outcome.invitation = result?.kind === 'invited' ? 'invited' : 'already_invited';
    return result?.kind === 'invited'
      ? [
          {
            template: 'user_invitation',
            recipient: email,
            userId,
            invitationId: result.id,
            campaignId,
          },
        ]
      : [];
  });
  await queueMail(tx, deps.enqueue, messages, now);
}
