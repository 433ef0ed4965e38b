import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  campaignOfJob,
  invitationObstacle,
  invitePeople,
} from '../../steps/invite-people/invite-people.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import type { RowOutcome } from './segment-codec.ts';

/** Invites the users of one segment, in its transaction: an import that repeats after a crash invites nobody twice. */
export async function inviteImported(
  deps: { keys: Keys; enqueue: Enqueue },
  tx: Db,
  jobId: string,
  users: { outcome: RowOutcome; isBlocked: boolean }[],
  now: Date,
): Promise<void> {
  const wanted = users.flatMap(({ outcome, isBlocked }) => {
    outcome.invitation = 'not_invited';
    const { userId, email } = outcome;
    const isOpen = invitationObstacle({ email, blocked: isBlocked }) === null;
    return isOpen && userId !== null && email !== null ? [{ outcome, userId, email }] : [];
  });
  const { outcomes, mails } = await invitePeople(tx, {
    campaign: await campaignOfJob(tx, jobId),
    people: wanted.map(({ userId, email }) => ({ userId, email })),
    ticketKey: deps.keys.ticket,
    now,
  });
  wanted.forEach(({ outcome }, index) => {
    outcome.invitation = outcomes[index]?.kind === 'invited' ? 'invited' : 'already_invited';
  });
  await queueMail(tx, deps.enqueue, mails, now);
}
