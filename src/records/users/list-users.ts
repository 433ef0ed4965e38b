import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { RESERVED_IDS, RESERVED_USERS_PATTERN } from '../../platform/ids/ids.ts';
import { on, toUser, type User, users } from './user-row.ts';

/** Returns the next `limit` users in the order of their ids. Administrators are never listed. */
export async function usersById(
  db: Db,
  page: { afterId: string | null; limit: number; connectionId?: string },
): Promise<User[]> {
  let query = users(db)
    .selectAll()
    .where('id', 'not like', RESERVED_USERS_PATTERN)
    .orderBy('id')
    .limit(page.limit);
  if (page.afterId !== null) query = query.where('id', '>', page.afterId);
  if (page.connectionId !== undefined) query = query.where('connection_id', '=', page.connectionId);
  return (await query.execute()).map(toUser);
}

/** Returns the exact number of users, of one connection or of all, without administrators. Its cost grows with the number. */
export async function countUsers(db: Db, connectionId?: string): Promise<number> {
  const count = async (query = on(db).selectFrom('users')) => {
    if (connectionId !== undefined) query = query.where('connection_id', '=', connectionId);
    const { n } = await query.select(sql<string>`count(*)`.as('n')).executeTakeFirstOrThrow();
    return Number(n);
  };
  // One count per kind, because each uses an index.
  const all = on(db).selectFrom('users');
  const linked = await count(all.where('linked_to', 'is not', null));
  const reserved = await count(all.where('connection_id', '=', RESERVED_IDS.connectionId));
  return (await count()) - linked - reserved;
}

/** Returns the number of users, up to `bound + 1`, so that the cost does not grow with it. */
export async function countUsersUpTo(db: Db, bound: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from users where linked_to is null and id not like ${RESERVED_USERS_PATTERN} limit ${bound + 1}) as counted`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}
