import type { Db } from '../../platform/db/db.ts';
import { on } from './action-row.ts';
import { openActionSecrets } from './action-secrets.ts';
import type { Trigger } from './triggers.ts';

/** What runs at a trigger: the deployed version of a bound action. */
export type DeployedAction = {
  actionId: string;
  versionId: string;
  name: string;
  trigger: Trigger;
  code: string;
  runtime: string;
  /** Decrypted. A secret that was encrypted with another key is missing. */
  secrets: Record<string, string>;
};

/**
 * Returns what runs at a trigger, in its order.
 * @param input.key decrypts the secrets: 32 bytes for AES-256-GCM
 */
export async function deployedActions(
  db: Db,
  input: { trigger: Trigger; key: Buffer },
): Promise<DeployedAction[]> {
  const rows = await on(db)
    .selectFrom('action_bindings as binding')
    .innerJoin('actions as action', 'action.id', 'binding.action_id')
    .innerJoin('action_versions as version', 'version.action_id', 'binding.action_id')
    .select([
      'action.id',
      'action.name',
      'version.id as version_id',
      'version.code',
      'version.runtime',
      'version.secrets',
    ])
    .where('binding.trigger', '=', input.trigger)
    .where('version.deployed', '=', true)
    .orderBy('binding.position')
    .execute();
  return rows.map((row) => ({
    actionId: row.id,
    versionId: row.version_id,
    name: row.name,
    trigger: input.trigger,
    code: row.code,
    runtime: row.runtime,
    secrets: openActionSecrets(input.key, row.secrets),
  }));
}
