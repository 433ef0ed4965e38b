import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

const MAX_COUNTED = 100_000;

/** A user in a list of a role's members. */
export type RoleMember = {
  id: string;
  email: string | null;
  name: string | null;
  picture: string | null;
};

export type Assigned = { kind: 'assigned' | 'no_role' | 'no_user' };

/**
 * Gives every role to every user, all or none; existing ones stay. It must run in a transaction, which keeps the found users and roles from
 * being deleted.
 */
export async function addMembers(
  tx: Db,
  input: { roleIds: string[]; userIds: string[]; now: Date },
): Promise<Assigned> {
  const roleIds = [...new Set(input.roleIds)];
  const userIds = [...new Set(input.userIds)];
  const roles = await sql`
    select 1 from roles where id = any(${roleIds}::text[]) order by id for key share`.execute(tx);
  const users = await sql`
    select 1 from users where id = any(${userIds}::text[]) and linked_to is null order by id for key share`.execute(
    tx,
  );
  if (users.rows.length < userIds.length) return { kind: 'no_user' };
  if (roles.rows.length < roleIds.length) return { kind: 'no_role' };
  await sql`
    insert into user_roles (user_id, role_id, created_at)
    select u.id, r.id, ${input.now} from unnest(${userIds}::text[]) as u (id), unnest(${roleIds}::text[]) as r (id)
    order by 1, 2
    on conflict do nothing`.execute(tx);
  return { kind: 'assigned' };
}

/** See `assignRoles` in roles.ts. */
export async function giveKnownRoles(
  tx: Db,
  { userIds, roleIds, now }: { userIds: string[]; roleIds: string[]; now: Date },
): Promise<void> {
  if (roleIds.length === 0) return;
  // The lock keeps a role from being deleted before the insert, which would violate the foreign key.
  await sql`
    with held as (select id from roles where id = any(${roleIds}::text[]) order by id for key share)
    insert into user_roles (user_id, role_id, created_at)
    select u.id, held.id, ${now} from unnest(${userIds}::text[]) as u (id), held order by 1, 2
    on conflict do nothing`.execute(tx);
}

/** Returns the members after one, in the order of their ids, at a cost independent of their number. */
export async function membersAfter(
  db: Db,
  page: { roleId: string; afterId: string | null; limit: number },
): Promise<RoleMember[]> {
  return usersOf(
    db,
    sql`select user_id from user_roles where role_id = ${page.roleId} and user_id > ${page.afterId ?? ''}
      order by user_id limit ${page.limit}`,
  );
}

/** Returns a page by offset, which the caller limits, and if asked the total number, counted up to 100,000. */
export async function pageOfMembers(
  db: Db,
  page: { roleId: string; offset: number; limit: number; count: boolean },
): Promise<{ members: RoleMember[]; total: number }> {
  const members = await usersOf(
    db,
    sql`select user_id from user_roles where role_id = ${page.roleId}
      order by user_id offset ${page.offset} limit ${page.limit}`,
  );
  if (!page.count) return { members, total: 0 };
  const { rows: counted } = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from user_roles where role_id = ${page.roleId} limit ${MAX_COUNTED}) counted`.execute(
    db,
  );
  return { members, total: counted[0]?.n ?? 0 };
}

/** The page is selected first. Joined to all users, the database would merge it with them from the first one on. */
async function usersOf(db: Db, page: RawBuilder<unknown>): Promise<RoleMember[]> {
  const { rows } = await sql<RoleMember>`
    select u.id, u.email, u.name, u.picture from (${page}) members join users u on u.id = members.user_id
    order by members.user_id`.execute(db);
  return rows;
}
