import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction, transactionWithUndo } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import {
  type Connection,
  customDatabaseOf,
  disableClients,
  enableClients,
  findConnection,
  findConnectionConflict,
  insertConnection,
  lockConnection,
  sealSecrets,
  setEnabledClients,
  updateConnection,
} from '../../records/connections/connections.ts';
import { hasUsers } from '../../records/users/users.ts';

export type ManageConnectionsDeps = { db: Db; clock: Clock; keys: Pick<Keys, 'encryption'> };

/** Another connection has one of the realms, or the domain. */
export type ConnectionConflict = { kind: 'conflict'; with: 'realm' | 'domain' };

/**
 * Creates a connection with the applications that may use it: all of it, or nothing. Secrets among its options are encrypted. `duplicate`:
 * the name is taken.
 */
export async function createConnection(
  { db, clock, keys }: ManageConnectionsDeps,
  input: Pick<
    Connection,
    'name' | 'displayName' | 'strategy' | 'options' | 'metadata' | 'realms' | 'settings'
  > & { clientIds: string[] },
): Promise<
  { kind: 'created'; connection: Connection } | { kind: 'duplicate' } | ConnectionConflict
> {
  const { clientIds, ...about } = input;
  const now = clock.now();
  const connection: Connection = {
    ...about,
    id: newId('con'),
    options: sealSecrets(about.options, keys.encryption),
    createdAt: now,
    updatedAt: now,
  };
  return transactionWithUndo(db, async (tx, undo: (outcome: ConnectionConflict) => never) => {
    const outcome = await insertConnection(tx, connection);
    if (outcome.kind === 'duplicate') return { kind: 'duplicate' as const };
    const conflict = await conflictOf(tx, connection);
    if (conflict !== null) return undo(conflict);
    await enableClients(tx, connection.id, clientIds);
    return { kind: 'created' as const, connection };
  });
}

/**
 * Changes only what `changes` names; `settings` field by field. `clientIds`: the only applications that may use the connection from now on.
 * `has-users`: the options would give the connection a legacy user database, or take it away, although it has users.
 */
export async function changeConnection(
  { db, clock, keys }: ManageConnectionsDeps,
  id: string,
  changes: Partial<
    Pick<Connection, 'displayName' | 'options' | 'metadata' | 'realms' | 'settings'>
  > & {
    clientIds?: string[];
  },
): Promise<
  | { kind: 'changed'; connection: Connection }
  | { kind: 'missing' }
  | { kind: 'has-users' }
  | ConnectionConflict
> {
  const { clientIds, options, ...rest } = changes;
  const about = {
    ...rest,
    ...(options !== undefined && { options: sealSecrets(options, keys.encryption) }),
  };
  type Undone = ConnectionConflict | { kind: 'has-users' };
  return transactionWithUndo(db, async (tx, undo: (outcome: Undone) => never) => {
    const before = options === undefined ? null : await lockConnection(tx, id);
    const connection = await updateConnection(tx, id, about, clock.now());
    if (connection === null) return { kind: 'missing' as const };
    // Who adds a user holds the connection, so that none comes between the check and the commit.
    if (before !== null && hasLegacyStore(before) !== hasLegacyStore(connection)) {
      if (await hasUsers(tx, id)) return undo({ kind: 'has-users' });
    }
    const conflict = about.realms === undefined ? null : await conflictOf(tx, connection);
    if (conflict !== null) return undo(conflict);
    if (clientIds !== undefined) await setEnabledClients(tx, id, clientIds);
    return { kind: 'changed' as const, connection };
  });
}

/** Enables or disables a connection for applications. Applications that are not named stay unchanged. */
export async function changeConnectionClients(
  { db }: { db: Db },
  connectionId: string,
  changes: { enable: string[]; disable: string[] },
): Promise<{ kind: 'changed' | 'missing' }> {
  if ((await findConnection(db, connectionId)) === null) return { kind: 'missing' };
  await transaction(db, async (tx) => {
    await disableClients(tx, connectionId, changes.disable);
    await enableClients(tx, connectionId, changes.enable);
  });
  return { kind: 'changed' };
}

function hasLegacyStore(connection: Connection): boolean {
  return customDatabaseOf(connection) !== null;
}

async function conflictOf(tx: Db, connection: Connection): Promise<ConnectionConflict | null> {
  const isDomain = connection.settings.is_domain_connection === true;
  const rival = await findConnectionConflict(tx, { ...connection, isDomain });
  return rival === null ? null : { kind: 'conflict', with: rival };
}
