import type { Db } from '../../platform/db/db.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { issueTicket, type NewTicket } from '../../records/tickets/tickets.ts';

export type Confirmation = {
  accountId: string;
  email: string;
  /** Lifetime and target of the link, its application and its organization. */
  link: Pick<
    NewTicket,
    | 'clientId'
    | 'organizationId'
    | 'resultUrl'
    | 'includeEmailInRedirect'
    | 'ttlSeconds'
    | 'details'
  >;
  /** See `NewMessage`. */
  once?: NewMessage['once'];
  ticketKey: Buffer;
  now: Date;
};

/**
 * Makes a link that confirms the address of an account. An older link of this kind stops working. Needs a transaction.
 * @returns the mail with the link: queue it in the same transaction
 */
export async function confirmationMail(tx: Db, input: Confirmation): Promise<NewMessage> {
  const { accountId: userId, email, link, once, ticketKey, now } = input;
  const kind = 'email-verification';
  const ticket = await issueTicket(tx, { ...link, kind, userId, email, ticketKey, now });
  return { template: 'verify_email', recipient: email, userId, ticketId: ticket.id, once };
}
