import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { queueMessages } from '../../records/messages/messages.ts';
import { countAttempt, throttleKey } from '../../records/throttles/throttles.ts';
import { findTicketBySecret, issueTicket } from '../../records/tickets/tickets.ts';
import { findAccount } from '../../records/users/users.ts';
import { DELIVER_ONCE, deliverMailTask } from '../deliver-mail/deliver-mail.task.ts';

export type MailVerificationDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue };

const MAILS_PER_PERSON = 5;
const WINDOW_SECONDS = 3600;

/** Mails a new verification link in place of one that is over, if the address is still the same and not verified. */
export async function mailVerificationAgain(
  { db, clock, keys, enqueue }: MailVerificationDeps,
  secretHash: Buffer,
): Promise<void> {
  const old = await findTicketBySecret(db, secretHash);
  if (old?.kind !== 'email-verification') return;
  const user = await findAccount(db, old.userId);
  const email = user?.email ?? null;
  if (!user || email === null || user.emailVerified) return;
  if (old.email !== null && old.email !== email) return;
  const now = clock.now();
  const key = throttleKey('verification-mail', user.id);
  if ((await countAttempt(db, { key, windowSeconds: WINDOW_SECONDS, now })) > MAILS_PER_PERSON) {
    return;
  }
  await transaction(db, async (tx) => {
    const issued = await issueTicket(tx, {
      kind: 'email-verification',
      userId: user.id,
      email,
      clientId: old.clientId,
      organizationId: old.organizationId,
      resultUrl: old.resultUrl,
      includeEmailInRedirect: old.includeEmailInRedirect,
      ttlSec: Math.round((old.expiresAt.getTime() - old.createdAt.getTime()) / 1000),
      ticketKey: keys.ticket,
      now,
    });
    const message = {
      template: 'verify_email',
      recipient: email,
      userId: user.id,
      ticketId: issued.id,
    };
    await queueMessages(tx, [message], now);
    await enqueue(tx, deliverMailTask, {}, DELIVER_ONCE);
  });
}
