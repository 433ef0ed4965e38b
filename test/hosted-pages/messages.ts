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
