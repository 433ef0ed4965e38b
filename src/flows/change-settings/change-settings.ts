import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { findConnectionByName, holdConnection } from '../../records/connections/connections.ts';
import { holdResourceServer } from '../../records/resource-servers/resource-servers.ts';
import { changeTenantSettings, type TenantSettings } from '../../records/settings/settings.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export { changeAttackProtection, textsOfThisHour } from './change-attack-protection.ts';
export {
  changePhoneDelivery,
  changePhoneProvider,
  chooseFactorPolicies,
  chooseFactorRules,
  phoneTexts,
  setPhoneTexts,
  switchFactor,
} from './change-factor-settings.ts';

export type ChangeSettingsOutcome =
  | { kind: 'changed'; settings: TenantSettings }
  /** No API has this identifier. */
  | { kind: 'no-api'; identifier: string }
  /** No database connection has this name. */
  | { kind: 'no-database'; name: string };

/**
 * Changes the settings of the server as a whole. The objects that a setting names must exist, and are locked against deletion until the
 * setting is written. A later deletion removes the setting.
 * @throws Refusal `protected_target` for the administrators' connection
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

/** Locks the database connection of this name. Only databases hold passwords. */
async function holdDatabase(tx: Db, name: string): Promise<boolean> {
  const connection = await findConnectionByName(tx, name);
  if (connection?.strategy !== 'auth0') return false;
  refuseProtected({ connectionId: connection.id });
  return holdConnection(tx, connection.id);
}
