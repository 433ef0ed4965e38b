import { type Selectable, type SqlBool, sql } from 'kysely';
import { type Db, pageAndCount, sqlState } from '../../platform/db/db.ts';
import { type OrganizationTables, on } from './organization-row.ts';

/** A connection whose users may log in to an organization. */
export type OrganizationConnection = {
  connectionId: string;
  assignMembershipOnLogin: boolean;
  showAsButton: boolean;
  isSignupEnabled: boolean;
};

export type EnabledSettings = Omit<OrganizationConnection, 'connectionId'>;

const FOREIGN_KEY_VIOLATION = '23503';

// A connection under deletion counts as deleted.
const stillThere = sql<SqlBool>`exists (select 1 from connections k
  where k.id = organization_connections.connection_id and k.deleted_at is null)`;

const toEnabled = (
  row: Selectable<OrganizationTables['organization_connections']>,
): OrganizationConnection => ({
  connectionId: row.connection_id,
  assignMembershipOnLogin: row.assign_membership_on_login,
  showAsButton: row.show_as_button,
  isSignupEnabled: row.is_signup_enabled,
});

/** Enables a connection. Returns `missing` if there is no such connection. */
export async function enableConnection(
  db: Db,
  organizationId: string,
  { connectionId, ...settings }: OrganizationConnection,
  now: Date,
): Promise<{ kind: 'enabled' | 'duplicate' | 'missing' }> {
  try {
    const result = await on(db)
      .insertInto('organization_connections')
      .values({
        organization_id: organizationId,
        connection_id: connectionId,
        ...columnsOf(settings),
        created_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return { kind: result.numInsertedOrUpdatedRows === 1n ? 'enabled' : 'duplicate' };
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) return { kind: 'missing' };
    throw error;
  }
}

/** Ordered by name, so that a tool that adds them all at once exports the same order. */
export async function listEnabledConnections(
  db: Db,
  page: { organizationId: string; offset: number; limit: number },
): Promise<{ connections: OrganizationConnection[]; total: number }> {
  const byName = on(db)
    .selectFrom('organization_connections')
    .where('organization_id', '=', page.organizationId)
    .where(stillThere)
    .selectAll()
    .orderBy(
      sql`(select k.name from connections k where k.id = organization_connections.connection_id)`,
    );
  const { rows, total } = await pageAndCount(byName, page);
  return { connections: rows.map(toEnabled), total };
}

export async function findEnabledConnection(
  db: Db,
  key: { organizationId: string; connectionId: string },
): Promise<OrganizationConnection | null> {
  const row = await on(db)
    .selectFrom('organization_connections')
    .selectAll()
    .where('organization_id', '=', key.organizationId)
    .where('connection_id', '=', key.connectionId)
    .where(stillThere)
    .executeTakeFirst();
  return row ? toEnabled(row) : null;
}

/**
 * Writes only the properties in `changes`.
 * @returns `null` if the connection is not enabled there, or if the result would allow sign-ups without membership
 */
export async function changeEnabled(
  db: Db,
  key: { organizationId: string; connectionId: string },
  changes: Partial<EnabledSettings>,
): Promise<OrganizationConnection | null> {
  const assign = changes.assignMembershipOnLogin ?? null;
  const signUp = changes.isSignupEnabled ?? null;
  const row = await on(db)
    .updateTable('organization_connections')
    .set({
      assign_membership_on_login: sql`coalesce(${assign}::boolean, assign_membership_on_login)`,
      show_as_button: sql`coalesce(${changes.showAsButton ?? null}::boolean, show_as_button)`,
      is_signup_enabled: sql`coalesce(${signUp}::boolean, is_signup_enabled)`,
    })
    .where('organization_id', '=', key.organizationId)
    .where('connection_id', '=', key.connectionId)
    .where(
      sql<boolean>`(coalesce(${assign}::boolean, assign_membership_on_login)
        or not coalesce(${signUp}::boolean, is_signup_enabled))`,
    )
    .returningAll()
    .executeTakeFirst();
  return row ? toEnabled(row) : null;
}

/** Disables a connection for an organization. Nothing changes if it is not enabled. */
export async function disableConnection(
  db: Db,
  key: { organizationId: string; connectionId: string },
): Promise<void> {
  await on(db)
    .deleteFrom('organization_connections')
    .where('organization_id', '=', key.organizationId)
    .where('connection_id', '=', key.connectionId)
    .execute();
}

function columnsOf(settings: EnabledSettings) {
  return {
    assign_membership_on_login: settings.assignMembershipOnLogin,
    show_as_button: settings.showAsButton,
    is_signup_enabled: settings.isSignupEnabled,
  };
}
