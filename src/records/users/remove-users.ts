import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { type Owner, releaseNamesOf } from './user-identifiers.ts';
import { on } from './user-row.ts';

const NAMES = sql.raw('users.id, users.connection_id, email, username, phone_number');

/** Deletes a user and the linked identities. Needs a transaction. @returns the ids of all; empty if there is no such user */
export async function deleteUser(db: Db, id: string): Promise<string[]> {
  const gone = await on(db)
    .deleteFrom('users')
    .where('id', '=', id)
    .where('linked_to', 'is', null)
    .returning(['id', 'connection_id', 'email', 'username', 'phone_number'])
    .execute();
  if (gone.length === 0) return [];
  await releaseNamesOf(db, gone);
  return [id, ...(await removeLinked(db, [id]))];
}

/** Deletes a user who has never had a password. Returns false for a user with one, even one set a moment ago. Needs a transaction. */
export async function deleteUserWithoutPassword(tx: Db, id: string): Promise<boolean> {
  const { rows } = await sql<Owner>`
    delete from users where id = ${id} and linked_to is null
      -- Checked again after a concurrent write of this row.
      and last_password_reset is null
      and not exists (select 1 from passwords where user_id = ${id})
    returning ${NAMES}`.execute(tx);
  await releaseNamesOf(tx, rows);
  return rows.length === 1;
}

/**
 * Deletes up to `limit` users of a connection, with all their data, and skips those that another node has locked.
 * @returns their ids, and those of linked identities in other connections
 */
export async function deleteUsersOfConnection(
  tx: Db,
  batch: { connectionId: string; limit: number },
): Promise<{ removed: string[]; linked: string[] }> {
  const { rows } = await sql<Owner>`
    with batch as materialized (
      select id from users where connection_id = ${batch.connectionId}
      limit ${batch.limit} for update skip locked
    )
    delete from users using batch where users.id = batch.id returning ${NAMES}`.execute(tx);
  await releaseNamesOf(tx, rows);
  const removed = rows.map((row) => row.id);
  return { removed, linked: await removeLinked(tx, removed) };
}

/** Runs after the deletion of the users: a concurrent link to one of them waits for its row, and finds it deleted. */
async function removeLinked(tx: Db, userIds: string[]): Promise<string[]> {
  if (userIds.length === 0) return [];
  const { rows } = await sql<Owner>`delete from users
    where linked_to is not null and linked_to = any(${userIds}::text[]) returning ${NAMES}`.execute(
    tx,
  );
  await releaseNamesOf(tx, rows);
  return rows.map((row) => row.id);
}
