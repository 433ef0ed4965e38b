import type { Db } from '../../platform/db/db.ts';
import { type NewMessage, queueMessages } from '../../records/messages/messages.ts';
import { countAttempt, throttleKey } from '../../records/throttles/throttles.ts';
import { issueTicket, type NewTicket } from '../../records/tickets/tickets.ts';

export type Confirmation = {
  accountId: string;
  email: string;
  /** Lifetime and target of the link, its application and its organization. */
  link: Pick<
    NewTicket,
    'clientId' | 'organizationId' | 'resultUrl' | 'includeEmailInRedirect' | 'ttlSec' | 'details'
  >;
  /** See `NewMessage`. */
  once?: NewMessage['once'];
  ticketKey: Buffer;
  now: Date;
};

const MAILS_PER_ACCOUNT = 5;
const WINDOW_SECONDS = 3600;

/**
 * Queues a mail with a link that confirms the address of an account. An older link of this kind stops working. Needs a transaction; enqueue
 * `deliverMailTask` in the same one.
 */
export async function askForConfirmation(tx: Db, input: Confirmation): Promise<void> {
  const { accountId: userId, email, link, once, ticketKey, now } = input;
  const kind = 'email-verification';
  const ticket = await issueTicket(tx, { ...link, kind, userId, email, ticketKey, now });
  const message = { template: 'verify_email', recipient: email, userId, ticketId: ticket.id, once };
  await queueMessages(tx, [message], now);
}

/**
 * Like {@link askForConfirmation}, for a repeated request: a few times per hour.
 * @returns whether the mail was queued
 */
export async function askForConfirmationAgain(tx: Db, input: Confirmation): Promise<boolean> {
  const key = throttleKey('verification-mail', input.accountId);
  const counter = { key, windowSeconds: WINDOW_SECONDS, now: input.now };
  if ((await countAttempt(tx, counter)) > MAILS_PER_ACCOUNT) return false;
  await askForConfirmation(tx, input);
  return true;
}
