import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { type OrganizationRecord, on, toOrganization } from './organization-row.ts';

/** A group of people who log in under one name. */
export type Organization = OrganizationRecord;

/** null also when it is being deleted. */
export async function findOrganization(db: Db, id: string): Promise<Organization | null> {
  const row = await on(db)
    .selectFrom('organizations')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toOrganization(row) : null;
}

/** @param name in lower case, as names are kept */
export async function findOrganizationByName(db: Db, name: string): Promise<Organization | null> {
  const row = await on(db)
    .selectFrom('organizations')
    .selectAll()
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toOrganization(row) : null;
}

/** False also when the organization is being deleted. */
export async function isMember(
  db: Db,
  key: { organizationId: string; userId: string },
): Promise<boolean> {
  const row = await on(db)
    .selectFrom('organization_members as m')
    .innerJoin('organizations as o', 'o.id', 'm.organization_id')
    .select('m.user_id')
    .where('m.organization_id', '=', key.organizationId)
    .where('m.user_id', '=', key.userId)
    .where('o.deleted_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** The organizations somebody belongs to, in the order of their ids. */
export async function organizationsOfUser(
  db: Db,
  page: { userId: string; offset: number; limit: number },
): Promise<Organization[]> {
  const rows = await on(db)
    .selectFrom('organizations as o')
    .innerJoin('organization_members as m', 'm.organization_id', 'o.id')
    .selectAll('o')
    .where('m.user_id', '=', page.userId)
    .where('o.deleted_at', 'is', null)
    .orderBy('o.id')
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return rows.map(toOrganization);
}

/** Takes up to `limit` members, with their roles there, out of an organization that is being deleted. Returns how many. */
export async function removeMembersBatch(
  db: Db,
  input: { organizationId: string; limit: number },
): Promise<number> {
  const result = await on(db)
    .deleteFrom('organization_members')
    .where('organization_id', '=', input.organizationId)
    .where(
      sql<SqlBool>`user_id in (select user_id from organization_members
        where organization_id = ${input.organizationId} order by user_id limit ${input.limit})`,
    )
    .where(
      sql<SqlBool>`exists (select 1 from organizations o
        where o.id = ${input.organizationId} and o.deleted_at is not null)`,
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** The last step of its deletion, when no members are left; connections, invitations and grants go with it. */
export async function removeDeletedOrganization(db: Db, id: string): Promise<boolean> {
  const result = await on(db)
    .deleteFrom('organizations')
    .where('id', '=', id)
    .where('deleted_at', 'is not', null)
    .where(
      sql<SqlBool>`not exists (select 1 from organization_members m where m.organization_id = ${id})`,
    )
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Organizations whose deletion has begun, the longest ago first. */
export async function deletedOrganizations(db: Db, limit: number): Promise<string[]> {
  const rows = await on(db)
    .selectFrom('organizations')
    .select('id')
    .where('deleted_at', 'is not', null)
    .orderBy('deleted_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}
