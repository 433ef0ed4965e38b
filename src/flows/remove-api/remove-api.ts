import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { deleteGrantsFor } from '../../records/client-grants/client-grants.ts';
import {
  deleteResourceServer,
  findResourceServer,
} from '../../records/resource-servers/resource-servers.ts';
import { forgetTenantReference } from '../../records/settings/settings.ts';

/** `system`: this server's own API stays. */
export type RemoveApiOutcome = { kind: 'removed' | 'missing' | 'system' };

/**
 * Deletes an API with what refers to it: grants, permissions, and the setting that it is asked for by default.
 * @param key its id or identifier
 */
export async function removeApi(
  { db, clock }: { db: Db; clock: Clock },
  key: string,
): Promise<RemoveApiOutcome> {
  const server = await findResourceServer(db, key);
  if (server === null) return { kind: 'missing' };
  if (server.isSystem) return { kind: 'system' };
  const { id, identifier } = server;
  await transaction(db, async (tx) => {
    await deleteResourceServer(tx, id);
    await deleteGrantsFor(tx, identifier);
    await forgetTenantReference(tx, 'defaultAudience', identifier, clock.now());
  });
  return { kind: 'removed' };
}
