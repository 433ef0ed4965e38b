import { findTickets, type Ticket } from '../../src/records/tickets/tickets.ts';
import type { World } from './world.ts';

type MessagesTable = {
  template: string;
  recipient: string;
  user_id: string | null;
  invitation_id: string | null;
};

/** The mails in the outbox for this person. */
export async function messagesOf({ db }: World, userId: string) {
  return db
    .withTables<{ messages: MessagesTable }>()
    .selectFrom('messages')
    .select(['template', 'recipient', 'invitation_id'])
    .where('user_id', '=', userId)
    .execute();
}

/** Marks this person's mails as sent. */
export async function markSent({ db }: World, userId: string): Promise<void> {
  await db
    .withTables<{ messages: { user_id: string; state: string } }>()
    .updateTable('messages')
    .set({ state: 'sent' })
    .where('user_id', '=', userId)
    .execute();
}

/** Returns the newest link in this person's mails. */
export async function ticketOf({ db }: World, userId: string): Promise<Ticket | undefined> {
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
