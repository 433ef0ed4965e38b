import { findTickets, type Ticket } from '../../src/records/tickets/tickets.ts';
import type { StillWorld } from '../harness/world.ts';

type MessagesTable = {
  template: string;
  recipient: string;
  user_id: string | null;
  invitation_id: string | null;
};

/** The mails in the outbox for this person. */
export async function messagesOf({ db }: StillWorld, userId: string) {
  return db
    .withTables<{ messages: MessagesTable }>()
    .selectFrom('messages')
    .select(['template', 'recipient', 'invitation_id'])
    .where('user_id', '=', userId)
    .execute();
}

/** Returns the newest link in this person's mails. */
export async function ticketOf({ db }: StillWorld, userId: string): Promise<Ticket | undefined> {
  const rows = await db
    .withTables<{ messages: { ticket_id: string | null; user_id: string; created_at: Date } }>()
    .selectFrom('messages')
    .select('ticket_id')
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .execute();
  const [ticket] = await findTickets(db, [rows[0]?.ticket_id ?? '']);
  return ticket;
}
