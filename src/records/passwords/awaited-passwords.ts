import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/**
 * Records that these users choose a password at their first visit, by a link in a mail. Those who have a password are left out. Needs a
 * transaction.
 */
export async function awaitPasswords(
  tx: Db,
  { connectionId, userIds }: { connectionId: string; userIds: string[] },
): Promise<void> {
  if (userIds.length === 0) return;
  await sql`insert into awaited_passwords (user_id, connection_id)
    select u, ${connectionId}::text from unnest(${userIds}::text[]) as t (u)
    where not exists (select 1 from passwords where user_id = u)
    on conflict do nothing`.execute(tx);
}

/** Returns whether the connection has such users. A strange name at the login page gets the same words as theirs. */
export async function hasAwaitedPasswords(db: Db, connectionId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from awaited_passwords where connection_id = ${connectionId} limit 1`.execute(db);
  return rows.length > 0;
}

/** Returns whether this user chooses a password at the first visit. */
export async function isPasswordAwaited(db: Db, userId: string): Promise<boolean> {
  const { rows } = await sql`select 1 from awaited_passwords where user_id = ${userId}`.execute(db);
  return rows.length > 0;
}

/** Ends the waiting: the users have a password. */
export async function endAwaiting(tx: Db, userIds: string[]): Promise<void> {
  if (userIds.length === 0) return;
  await sql`delete from awaited_passwords where user_id = any(${userIds}::text[])`.execute(tx);
}
