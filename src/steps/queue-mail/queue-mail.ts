import type { Db } from '../../platform/db/db.ts';
import { defineTask, type Enqueue } from '../../platform/tasks/tasks.ts';
import { type NewMessage, queueMessages } from '../../records/messages/messages.ts';

/** Sends every due mail in the outbox. Enqueue it with the singleton key below. */
export const deliverMailTask = defineTask<{ reason?: string }>('deliver-mail');

/** A second waiting delivery would find nothing to do. */
export const DELIVER_ONCE = { singletonKey: 'deliver' };

/**
 * Puts mails into the outbox and enqueues their delivery, both in the caller's transaction. Without mails it does nothing.
 */
export async function queueMail(
  tx: Db,
  enqueue: Enqueue,
  mails: NewMessage[],
  now: Date,
): Promise<void> {
  if (mails.length === 0) return;
  await queueMessages(tx, mails, now);
  await enqueue(tx, deliverMailTask, {}, DELIVER_ONCE);
}
