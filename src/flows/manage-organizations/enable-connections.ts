import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { type Connection, findConnection, isOwn } from '../../records/connections/connections.ts';
import {
  disableConnection,
  enableConnection,
  findEnabledConnection,
  findOrganization,
  type OrganizationConnection,
  updateEnabledConnection,
} from '../../records/organizations/organizations.ts';

type Key = { organizationId: string; connectionId: string };
export type Enabled = {
  kind: 'enabled';
  settings: OrganizationConnection;
  connection: Connection;
};
/**
 * `no_sign_up`: sign-up needs a database connection whose users become members when they log in. `no_button`: only the button of an identity
 * provider can be hidden.
 */
export type NotEnabled = { kind: 'no_connection' | 'no_sign_up' | 'no_button' | 'duplicate' };

/** Enables a connection for an organization. Works inside or outside a transaction. The organization must exist. */
export async function enable(
  db: Db,
  input: { organizationId: string; settings: OrganizationConnection; now: Date },
): Promise<Enabled | NotEnabled> {
  const { organizationId, settings, now } = input;
  const connection = await findConnection(db, settings.connectionId);
  if (connection === null) return { kind: 'no_connection' };
  const mayHaveSignUp = settings.assignMembershipOnLogin && connection.strategy === 'auth0';
  if (settings.isSignupEnabled && !mayHaveSignUp) return { kind: 'no_sign_up' };
  if (!settings.showAsButton && isOwn(connection.strategy)) return { kind: 'no_button' };
  const { kind } = await enableConnection(db, organizationId, settings, now);
  if (kind === 'missing') return { kind: 'no_connection' };
  return kind === 'duplicate' ? { kind } : { kind: 'enabled', settings, connection };
}

/** Lets users of a connection log in to an organization. */
export async function enableOrganizationConnection(
  { db, clock }: { db: Db; clock: Clock },
  input: { organizationId: string; settings: OrganizationConnection },
): Promise<Enabled | NotEnabled | { kind: 'no_organization' }> {
  if (!(await findOrganization(db, input.organizationId))) return { kind: 'no_organization' };
  return enable(db, { ...input, now: clock.now() });
}

/** Changes only what `changes` names. */
export async function changeOrganizationConnection(
  { db }: { db: Db },
  key: Key,
  changes: Partial<Omit<OrganizationConnection, 'connectionId'>>,
): Promise<Enabled | { kind: 'no_organization' | 'no_connection' | 'no_sign_up' | 'no_button' }> {
  if (!(await findOrganization(db, key.organizationId))) return { kind: 'no_organization' };
  const connection = await findConnection(db, key.connectionId);
  if (connection === null || (await findEnabledConnection(db, key)) === null) {
    return { kind: 'no_connection' };
  }
  if (changes.isSignupEnabled && connection.strategy !== 'auth0') return { kind: 'no_sign_up' };
  if (changes.showAsButton === false && isOwn(connection.strategy)) return { kind: 'no_button' };
  const settings = await updateEnabledConnection(db, key, changes);
  return settings === null ? { kind: 'no_sign_up' } : { kind: 'enabled', settings, connection };
}

/** Stops users of a connection from logging in to an organization. They stay members. A repeat changes nothing. */
export async function disableOrganizationConnection(
  { db }: { db: Db },
  key: Key,
): Promise<{ kind: 'disabled' | 'no_organization' }> {
  if (!(await findOrganization(db, key.organizationId))) return { kind: 'no_organization' };
  await disableConnection(db, key);
  return { kind: 'disabled' };
}
