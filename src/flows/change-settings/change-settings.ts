import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { findConnectionByName, holdConnection } from '../../records/connections/connections.ts';
import { holdResourceServer } from '../../records/resource-servers/resource-servers.ts';
import { changeTenantSettings, type TenantSettings } from '../../records/settings/settings.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type ChangeSettingsOutcome =
  | { kind: 'changed'; settings: TenantSettings }
  /** There is no API with the identifier. */
  | { kind: 'no-api'; identifier: string }
  /** There is no database connection of the name. */
  | { kind: 'no-database'; name: string };

/**
 * Changes the settings of the server as a whole. What one of them refers to is there, and can't be deleted until the setting is
 * written: deleting it later takes the setting away.
 * @throws Refusal `protected_target` for the administrators' store
 */
export async function changeSettings(
  { db, clock }: { db: Db; clock: Clock },
  changes: Partial<TenantSettings>,
): Promise<ChangeSettingsOutcome> {
  const { defaultAudience: identifier = null, defaultDirectory: name = null } = changes;
  return transaction(db, async (tx) => {
    if (identifier !== null && !(await holdResourceServer(tx, identifier))) {
      return { kind: 'no-api', identifier };
    }
    if (name !== null && !(await holdDatabase(tx, name))) return { kind: 'no-database', name };
    return { kind: 'changed', settings: await changeTenantSettings(tx, changes, clock.now()) };
  });
}

/** Passwords are only in databases. */
async function holdDatabase(tx: Db, name: string): Promise<boolean> {
  const connection = await findConnectionByName(tx, name);
  if (connection?.strategy !== 'auth0') return false;
  refuseProtected({ connectionId: connection.id });
  return holdConnection(tx, connection.id);
}
