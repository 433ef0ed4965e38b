import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { issueTicket } from '../../records/tickets/tickets.ts';
import { findUserByIdentifier } from '../../records/users/users.ts';
import { countLinkRequest } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

export type MailBlockedDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue };

/** Mails the account's owner, if the account exists, that logins were blocked, with a link that lifts the block. */
export async function mailBlocked(
  { db, clock, keys, enqueue }: MailBlockedDeps,
  about: { connectionId: string; identifier: string; ip: string; clientId: string | null },
): Promise<void> {
  const user = await findUserByIdentifier(db, about);
  if (!user?.email) return;
  const { id: userId, email } = user;
  const now = clock.now();
  if (!(await countLinkRequest(db, { mail: 'blocked-mail', whom: [userId], now }))) return;
  await transaction(db, async (tx) => {
    const ticket = await issueTicket(tx, {
      kind: 'account-unblock',
      userId,
      email,
      clientId: about.clientId,
      ticketKey: keys.ticket,
      now,
    });
    const message: NewMessage = {
      template: 'blocked_account',
      recipient: email,
      userId,
      ticketId: ticket.id,
      data: { sourceIp: about.ip },
    };
    await queueMail(tx, enqueue, [message], now);
  });
}
