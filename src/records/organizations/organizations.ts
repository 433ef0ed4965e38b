import { type SqlBool, sql } from 'kysely';
import { type Db, deletionMarks, sqlState } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import {
  changeEnabled,
  type EnabledSettings,
  type OrganizationConnection,
} from './enabled-connections.ts';
import {
  after,
  type OrganizationOrder,
  pageOfOrganizations,
  pageOfUser,
} from './list-organizations.ts';
import { type Organization, on, toOrganization } from './organization-row.ts';

export { addClientGrant, clientGrantIds, removeClientGrant } from './client-grants-of.ts';
export {
  disableConnection,
  enableConnection,
  findEnabledConnection,
  listEnabledConnections,
  type OrganizationConnection,
} from './enabled-connections.ts';
export type { OrganizationOrder } from './list-organizations.ts';
export {
  addMembers,
  countMembers,
  giveMemberRoles,
  givePromisedRoles,
  listMembers,
  type MemberRole,
  type OrganizationMember,
  removeMembers,
  rolesOfMembers,
  takeMemberRoles,
} from './members.ts';
export type { Organization } from './organization-row.ts';

export type OrganizationChanges = Partial<
  Pick<Organization, 'name' | 'displayName' | 'branding' | 'metadata' | 'tokenQuota'>
>;

const UNIQUE_VIOLATION = '23505';
const deletion = deletionMarks('organizations');

/** Returns the name to show. */
export function titleOf({ displayName, name }: Pick<Organization, 'displayName' | 'name'>): string {
  return displayName ?? name;
}

/** Returns the organization, or `null` if there is none or it is under deletion. */
export async function findOrganization(db: Db, id: string): Promise<Organization | null> {
  const row = await on(db)
    .selectFrom('organizations')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toOrganization(row) : null;
}

/**
 * Returns the organization of that name, or `null`.
 * @param name in lower case, as stored
 */
export async function findOrganizationByName(db: Db, name: string): Promise<Organization | null> {
  const row = await on(db)
    .selectFrom('organizations')
    .selectAll()
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toOrganization(row) : null;
}

/** Returns those of the names that organizations have. */
export async function namesOfOrganizations(
  db: Db,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await on(db)
    .selectFrom('organizations')
    .select('name')
    .where(sql<SqlBool>`name = any(${[...names]}::text[])`)
    .where('deleted_at', 'is', null)
    .execute();
  return new Set(rows.map((row) => row.name));
}

/** Inserts an organization. Returns `duplicate` if the name is taken. */
export async function insertOrganization(
  db: Db,
  input: Omit<Organization, 'id' | 'createdAt'> & { now: Date },
): Promise<{ kind: 'inserted'; organization: Organization } | { kind: 'duplicate' }> {
  const row = await on(db)
    .insertInto('organizations')
    .values({
      id: newId('org'),
      name: input.name,
      display_name: input.displayName,
      branding: json(input.branding),
      metadata: json(input.metadata),
      token_quota: json(input.tokenQuota),
      created_at: input.now,
      updated_at: input.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ? { kind: 'inserted', organization: toOrganization(row) } : { kind: 'duplicate' };
}

/** Writes only the properties in `changes`. */
export async function updateOrganization(
  db: Db,
  id: string,
  changes: OrganizationChanges,
  now: Date,
): Promise<
  { kind: 'updated'; organization: Organization } | { kind: 'missing' } | { kind: 'duplicate' }
> {
  try {
    const row = await on(db)
      .updateTable('organizations')
      .set({
        name: changes.name,
        display_name: changes.displayName,
        branding: changes.branding === undefined ? undefined : json(changes.branding),
        token_quota: changes.tokenQuota === undefined ? undefined : json(changes.tokenQuota),
        metadata: changes.metadata === undefined ? undefined : json(changes.metadata),
        updated_at: now,
      })
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    return row ? { kind: 'updated', organization: toOrganization(row) } : { kind: 'missing' };
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'duplicate' };
    throw error;
  }
}

/**
 * Keeps an organization from being deleted until the transaction ends.
 * @returns false if there is none
 */
export const holdOrganization = deletion.hold;

/** Hides an organization and frees its name. Its data is deleted in batches. Returns false if there is none. */
export const beginDeletion = deletion.hide;

/** Returns a page by offset, and the total number. */
export function listOrganizations(
  db: Db,
  page: { offset: number; limit: number; order: OrganizationOrder },
): Promise<{ organizations: Organization[]; total: number }> {
  return pageOfOrganizations(db, page);
}

/** Returns organizations in the order of their ids. */
export function organizationsAfter(
  db: Db,
  page: { afterId: string | null; limit: number },
): Promise<Organization[]> {
  return after(db, page);
}

/** Returns the organizations of a user. */
export function organizationsOfUser(
  db: Db,
  page: { userId: string; offset: number; limit: number },
): Promise<{ organizations: Organization[]; total: number }> {
  return pageOfUser(db, page);
}

/** Returns whether the user is a member. False for an organization under deletion. */
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

/**
 * Returns a person's standing in an organization with one query, for logins there, or `null` if there is no such organization.
 * @param key.connectionIds the connections of the person's identities
 */
export async function membershipStatus(
  db: Db,
  key: { organizationId: string; userId: string; connectionIds: string[] },
): Promise<{ isMember: boolean; joinsByLogin: boolean; isStoreEnabled: boolean } | null> {
  const { rows } = await sql<{ member: boolean; joins: boolean; enabled: boolean }>`
    select m.user_id is not null as member, coalesce(s.enabled, false) as enabled, coalesce(s.joins, false) as joins
    from organizations o
    left join organization_members m on m.organization_id = o.id and m.user_id = ${key.userId}
    left join lateral (
      select true as enabled, bool_or(c.assign_membership_on_login) as joins
      from organization_connections c join connections k on k.id = c.connection_id and k.deleted_at is null
      where c.organization_id = o.id and c.connection_id = any(${key.connectionIds}::text[])
      having count(*) > 0
    ) s on true
    where o.id = ${key.organizationId} and o.deleted_at is null`.execute(db);
  const [row] = rows;
  return row
    ? { isMember: row.member, joinsByLogin: row.joins, isStoreEnabled: row.enabled }
    : null;
}

/** Writes only the given properties. */
export function updateEnabledConnection(
  db: Db,
  key: { organizationId: string; connectionId: string },
  changes: Partial<EnabledSettings>,
): Promise<OrganizationConnection | null> {
  return changeEnabled(db, key, changes);
}

/** Removes up to `limit` members, with their roles, from an organization under deletion. Returns how many it removed. */
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

/** Completes a deletion when no members are left, with connections, invitations and grants. */
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

/** Organizations whose deletion began before the moment, the earliest first. */
export const deletedOrganizations = deletion.hiddenBefore;

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
