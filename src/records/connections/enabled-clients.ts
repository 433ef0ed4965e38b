import { type Db, pageAfter, sqlState } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { type Connection, on, toConnection } from './connection-row.ts';

const FOREIGN_KEY_VIOLATION = '23503';

/** Returns whether the connection is enabled for at least one application. */
export async function isConnectionEnabled(db: Db, id: string): Promise<boolean> {
  const row = await on(db)
    .selectFrom('connection_clients')
    .select('client_id')
    .where('connection_id', '=', id)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns whether the connection is enabled for this application. */
export async function isConnectionEnabledFor(
  db: Db,
  { connectionId, clientId }: { connectionId: string; clientId: string },
): Promise<boolean> {
  const row = await on(db)
    .selectFrom('connection_clients')
    .select('client_id')
    .where('connection_id', '=', connectionId)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns the databases that an application may use, oldest first: the connections for logins with a password. */
export async function databasesOfClient(db: Db, clientId: string): Promise<Connection[]> {
  const connections = await connectionsOfClient(db, clientId);
  return connections.filter((connection) => connection.strategy === 'auth0');
}

/** Returns the databases and identity providers that an application may use, oldest first. */
export async function connectionsOfClient(db: Db, clientId: string): Promise<Connection[]> {
  const rows = await on(db)
    .selectFrom('connections')
    .innerJoin('connection_clients', 'connection_id', 'id')
    .selectAll('connections')
    .where('client_id', '=', clientId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toConnection);
}

/** Returns the applications of each connection, in the order of their ids. */
export async function clientIdsOf(db: Db, connectionIds: string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>(connectionIds.map((id) => [id, []]));
  if (connectionIds.length === 0) return found;
  const rows = await on(db)
    .selectFrom('connection_clients')
    .selectAll()
    .where('connection_id', 'in', connectionIds)
    .orderBy('client_id')
    .execute();
  for (const row of rows) found.get(row.connection_id)?.push(row.client_id);
  return found;
}

/** Returns one page of a connection's applications, in the order of their ids. */
export async function enabledClientsAfter(
  db: Db,
  options: { connectionId: string; afterId: string | null; limit: number },
): Promise<string[]> {
  const enabled = on(db)
    .selectFrom('connection_clients')
    .select('client_id')
    .where('connection_id', '=', options.connectionId);
  const rows = await pageAfter(enabled, options, 'client_id');
  return rows.map((row) => row.client_id);
}

/**
 * Enables a connection for applications.
 * @throws Refusal `client_not_found`; the transaction around it is then aborted
 */
export async function enableClients(db: Db, id: string, clientIds: string[]): Promise<void> {
  if (clientIds.length === 0) return;
  try {
    await on(db)
      .insertInto('connection_clients')
      .values(
        [...new Set(clientIds)].map((clientId) => ({ connection_id: id, client_id: clientId })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    throw new Refusal('client_not_found', 'The client does not exist');
  }
}

export async function disableClients(db: Db, id: string, clientIds: string[]): Promise<void> {
  if (clientIds.length === 0) return;
  await on(db)
    .deleteFrom('connection_clients')
    .where('connection_id', '=', id)
    .where('client_id', 'in', clientIds)
    .execute();
}

/** Enables a connection for exactly these applications. Run it in a transaction. */
export async function setEnabledClients(tx: Db, id: string, clientIds: string[]): Promise<void> {
  await on(tx)
    .deleteFrom('connection_clients')
    .where('connection_id', '=', id)
    .$if(clientIds.length > 0, (q) => q.where('client_id', 'not in', clientIds))
    .execute();
  await enableClients(tx, id, clientIds);
}
