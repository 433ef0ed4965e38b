import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { on, toUser, type User, users } from './user-row.ts';

/** The next `limit` users in the order of their ids. */
export async function pageAfter(
  db: Db,
  page: { afterId: string | null; limit: number; connectionId?: string },
): Promise<User[]> {
  let query = users(db).selectAll().orderBy('id').limit(page.limit);
  if (page.afterId !== null) query = query.where('id', '>', page.afterId);
  if (page.connectionId !== undefined) query = query.where('connection_id', '=', page.connectionId);
  return (await query.execute()).map(toUser);
}

export async function countAll(db: Db, connectionId?: string): Promise<number> {
  const count = async (query = on(db).selectFrom('users')) => {
    if (connectionId !== undefined) query = query.where('connection_id', '=', connectionId);
    const { n } = await query.select(sql<string>`count(*)`.as('n')).executeTakeFirstOrThrow();
    return Number(n);
  };
  // Two counts, because each can be had from an index.
  return (
    (await count()) - (await count(on(db).selectFrom('users').where('linked_to', 'is not', null)))
  );
}

/** How many users there are, but never more than `bound + 1`: the cost doesn't grow with them. */
export async function countUpTo(db: Db, bound: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from users where linked_to is null limit ${bound + 1}) as counted`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}
