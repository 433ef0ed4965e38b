import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Over = { before: Date; limit: number };

/** Deletes up to `limit` finished mails without an invitation that were queued before a moment. Returns how many it deleted. */
export async function deleteOldMessages(db: Db, over: Over): Promise<number> {
  return remove(db, over, sql`invitation_id is null`);
}

/** Deletes finished mails of invitations likewise. They record the outcome of each invitation's mails. */
export async function deleteOldInvitationMails(db: Db, over: Over): Promise<number> {
  return remove(db, over, sql`invitation_id is not null`);
}

/** Deletes mails without a recipient likewise. They were never sent. */
export async function deleteOldMailsToNobody(db: Db, over: Over): Promise<number> {
  return remove(db, over, sql`invitation_id is null and user_id is null and state = 'canceled'`);
}

async function remove(
  db: Db,
  { before, limit }: Over,
  which: ReturnType<typeof sql>,
): Promise<number> {
  const { rows } = await sql`
    delete from messages where id in (
      select id from messages
      where ${which} and state in ('sent', 'failed', 'canceled') and created_at < ${before}
      order by created_at limit ${limit})
    returning id`.execute(db);
  return rows.length;
}
