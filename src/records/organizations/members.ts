import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** Maximum number of a member's roles in one organization. */
export const MAX_ROLES = 50;

export type OrganizationMember = {
  userId: string;
  email: string | null;
  name: string | null;
  picture: string | null;
};
export type MemberRole = { id: string; name: string; description: string | null };

type MemberRow = {
  user_id: string;
  email: string | null;
  name: string | null;
  picture: string | null;
};

const toMember = (row: MemberRow): OrganizationMember => ({
  userId: row.user_id,
  email: row.email,
  name: row.name,
  picture: row.picture,
});

/** Adds members; existing ones stay. If an id has no user, it adds none. @returns the ids without a user. The organization must exist. */
export async function addMembers(
  tx: Db,
  input: { organizationId: string; userIds: string[]; now: Date },
): Promise<{ kind: 'added'; added: string[] } | { kind: 'missing'; userIds: string[] }> {
  const wanted = [...new Set(input.userIds)];
  // Locked, so that no user is deleted between this query and the insert.
  const { rows } = await sql<{ id: string }>`
    select id from users where id = any(${wanted}::text[]) and linked_to is null order by id for key share`.execute(
    tx,
  );
  const found = new Set(rows.map((row) => row.id));
  const missing = wanted.filter((id) => !found.has(id));
  if (missing.length > 0) return { kind: 'missing', userIds: missing };
  const added = await sql<{ user_id: string }>`
    insert into organization_members (organization_id, user_id, created_at)
    select ${input.organizationId}, id, ${input.now} from unnest(${wanted}::text[]) as id
    on conflict do nothing returning user_id`.execute(tx);
  return { kind: 'added', added: added.rows.map((row) => row.user_id) };
}

/** Removes members, with their roles in the organization. */
export async function removeMembers(
  db: Db,
  input: { organizationId: string; userIds: string[] },
): Promise<void> {
  await sql`delete from organization_members
    where organization_id = ${input.organizationId} and user_id = any(${input.userIds}::text[])`.execute(
    db,
  );
}

/** Returns members in the order of user ids. The primary key serves every page at constant speed. */
export async function listMembers(
  db: Db,
  input: { organizationId: string; afterId: string | null; offset: number; limit: number },
): Promise<OrganizationMember[]> {
  const { rows } = await sql<MemberRow>`
    select u.id as user_id, u.email, u.name, u.picture
    from (
      select user_id from organization_members
      where organization_id = ${input.organizationId} and user_id > ${input.afterId ?? ''}
      order by user_id offset ${input.offset} limit ${input.limit}
    ) m join users u on u.id = m.user_id order by u.id`.execute(db);
  return rows.map(toMember);
}

export async function countMembers(db: Db, organizationId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from organization_members where organization_id = ${organizationId}`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** Returns the members' roles in the organization, by user id. */
export async function rolesOfMembers(
  db: Db,
  input: { organizationId: string; userIds: string[] },
): Promise<Map<string, MemberRole[]>> {
  const { rows } = await sql<MemberRole & { user_id: string }>`
    select mr.user_id, r.id, r.name, r.description
    from organization_member_roles mr join roles r on r.id = mr.role_id
    where mr.organization_id = ${input.organizationId} and mr.user_id = any(${input.userIds}::text[])
    order by mr.user_id, r.id`.execute(db);
  const found = new Map<string, MemberRole[]>();
  for (const { user_id, ...role } of rows) {
    found.set(user_id, [...(found.get(user_id) ?? []), role]);
  }
  return found;
}

/**
 * Gives roles to a member, all or none; existing ones stay. It locks the membership, so that parallel calls cannot exceed the limit.
 * `missing` has the ids that are no roles.
 */
export async function giveMemberRoles(
  tx: Db,
  input: { organizationId: string; userId: string; roleIds: string[]; now: Date },
): Promise<
  | { kind: 'given' }
  | { kind: 'not_member' }
  | { kind: 'full' }
  | { kind: 'missing'; roleIds: string[] }
> {
  const { organizationId, userId } = input;
  const wanted = [...new Set(input.roleIds)];
  const member = await sql`select 1 from organization_members
    where organization_id = ${organizationId} and user_id = ${userId} for update`.execute(tx);
  if (member.rows.length === 0) return { kind: 'not_member' };
  const { rows } = await sql<{ id: string }>`
    select id from roles where id = any(${wanted}::text[]) order by id for key share`.execute(tx);
  const found = new Set(rows.map((row) => row.id));
  const missing = wanted.filter((id) => !found.has(id));
  if (missing.length > 0) return { kind: 'missing', roleIds: missing };
  const had = (await rolesOfMembers(tx, { organizationId, userIds: [userId] })).get(userId) ?? [];
  const all = new Set([...had.map((role) => role.id), ...wanted]);
  if (all.size > MAX_ROLES) return { kind: 'full' };
  await sql`insert into organization_member_roles (organization_id, user_id, role_id, created_at)
    select ${organizationId}, ${userId}, id, ${input.now} from unnest(${wanted}::text[]) as id
    on conflict do nothing`.execute(tx);
  return { kind: 'given' };
}

/**
 * Gives members the roles that were promised to them. Deleted roles are left out, and a full member gets them too: the limit is for requests.
 * The members must exist.
 */
export async function givePromisedRoles(
  tx: Db,
  input: { organizationId: string; userIds: string[]; roleIds: string[]; now: Date },
): Promise<void> {
  const { organizationId, userIds, roleIds, now } = input;
  if (roleIds.length === 0) return;
  await sql`
    with held as (select id from roles where id = any(${roleIds}::text[]) order by id for key share)
    insert into organization_member_roles (organization_id, user_id, role_id, created_at)
    select ${organizationId}, u.id, held.id, ${now} from unnest(${userIds}::text[]) as u (id), held order by 2, 3
    on conflict do nothing`.execute(tx);
}

/** Removes roles from a member. Missing ones are ignored. */
export async function takeMemberRoles(
  db: Db,
  input: { organizationId: string; userId: string; roleIds: string[] },
): Promise<void> {
  await sql`delete from organization_member_roles
    where organization_id = ${input.organizationId} and user_id = ${input.userId}
      and role_id = any(${input.roleIds}::text[])`.execute(db);
}
