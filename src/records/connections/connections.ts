import { type SqlBool, sql } from 'kysely';
import { type Db, deletionMarks, pageAndCount, sqlState } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import type { PasswordPolicy } from '../../platform/password-policy/password-policy.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { type CodeRules as CodeRulesRead, readCodeRules } from './code-rules.ts';
import {
  defaultConnectionOptions,
  readPasswordPolicy,
  readRequiresUsername,
} from './connection-options.ts';
import {
  type Connection as ConnectionRecord,
  type ConnectionsTable,
  toConnection,
} from './connection-row.ts';
import {
  fitsUsername,
  type Identifiers as IdentifiersRead,
  readIdentifiers,
} from './identifiers.ts';
import { openedOptions, sealedOptions } from './secret-options.ts';

type Tables = {
  connections: ConnectionsTable;
  connection_clients: { connection_id: string; client_id: string };
};

/** A user store. */
export type Connection = ConnectionRecord;
export type Identifiers = IdentifiersRead;

/** The user store every server has from its first start. */
export const DEFAULT_CONNECTION = 'Username-Password-Authentication';

const FOREIGN_KEY_VIOLATION = '23503';

const on = (db: Db) => db.withTables<Tables>();
const deletion = deletionMarks('connections');

export async function findConnection(db: Db, id: string): Promise<Connection | null> {
  const row = await on(db)
    .selectFrom('connections')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toConnection(row) : null;
}

/** Those of `ids` that are there, by their ids. */
export async function findConnections(db: Db, ids: string[]): Promise<Map<string, Connection>> {
  if (ids.length === 0) return new Map();
  const rows = await on(db)
    .selectFrom('connections')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.id, toConnection(row)]));
}

export async function findConnectionByName(db: Db, name: string): Promise<Connection | null> {
  const row = await on(db)
    .selectFrom('connections')
    .selectAll()
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toConnection(row) : null;
}

/** Whether at least one application may use it. */
export async function isConnectionEnabled(db: Db, id: string): Promise<boolean> {
  const row = await on(db)
    .selectFrom('connection_clients')
    .select('client_id')
    .where('connection_id', '=', id)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether this application may use it. */
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

/** The databases an application may use, oldest first: what people can log in with by a password. */
export async function connectionsOfClient(db: Db, clientId: string): Promise<Connection[]> {
  const connections = await allConnectionsOfClient(db, clientId);
  return connections.filter((connection) => connection.strategy === 'auth0');
}

/** The user stores and outside providers an application may use, oldest first. */
export async function allConnectionsOfClient(db: Db, clientId: string): Promise<Connection[]> {
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

/** The applications that may use each of these connections, in the order of their ids. */
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

/** One page of the applications that may use a connection, in the order of their ids. */
export async function enabledClientsAfter(
  db: Db,
  options: { connectionId: string; afterId: string | null; limit: number },
): Promise<string[]> {
  const rows = await on(db)
    .selectFrom('connection_clients')
    .select('client_id')
    .where('connection_id', '=', options.connectionId)
    .$if(options.afterId !== null, (q) => q.where('client_id', '>', options.afterId ?? ''))
    .orderBy('client_id')
    .limit(options.limit)
    .execute();
  return rows.map((row) => row.client_id);
}

export type ConnectionFilter = { strategies?: string[]; name?: string };

/** A page of connections, oldest first, and how many there are in all. */
export async function listConnections(
  db: Db,
  options: ConnectionFilter & { offset: number; limit: number },
): Promise<{ connections: Connection[]; total: number }> {
  const oldestFirst = filter(db, options).selectAll().orderBy('created_at').orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { connections: rows.map(toConnection), total };
}

/** Connections in the order of their ids, for paging that doesn't slow down. */
export async function connectionsAfter(
  db: Db,
  options: ConnectionFilter & { afterId: string | null; limit: number },
): Promise<Connection[]> {
  const rows = await filter(db, options)
    .selectAll()
    .$if(options.afterId !== null, (q) => q.where('id', '>', options.afterId ?? ''))
    .orderBy('id')
    .limit(options.limit)
    .execute();
  return rows.map(toConnection);
}

function filter(db: Db, { strategies, name }: ConnectionFilter) {
  return on(db)
    .selectFrom('connections')
    .where('deleted_at', 'is', null)
    .$if(strategies !== undefined, (q) => q.where('strategy', 'in', strategies ?? []))
    .$if(name !== undefined, (q) => q.where('name', '=', name ?? ''));
}

/** Inserts a connection; `duplicate` when the name is taken. */
export async function insertConnection(
  db: Db,
  connection: Connection,
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  const result = await on(db)
    .insertInto('connections')
    .values({
      id: connection.id,
      name: connection.name,
      display_name: connection.displayName,
      strategy: connection.strategy,
      options: JSON.stringify(connection.options),
      metadata: asJson(connection.metadata),
      realms: JSON.stringify(connection.realms),
      settings: JSON.stringify(connection.settings),
      created_at: connection.createdAt,
      updated_at: connection.updatedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

export type ConnectionChanges = Partial<
  Pick<Connection, 'displayName' | 'options' | 'metadata' | 'realms'>
> & {
  /** Merged into what is there, field by field. */
  settings?: Record<string, unknown>;
};

export async function updateConnection(
  db: Db,
  id: string,
  changes: ConnectionChanges,
  now: Date,
): Promise<Connection | null> {
  const row = await on(db)
    .updateTable('connections')
    .set({
      ...(changes.displayName !== undefined && { display_name: changes.displayName }),
      ...(changes.options !== undefined && { options: JSON.stringify(changes.options) }),
      ...(changes.metadata !== undefined && { metadata: asJson(changes.metadata) }),
      ...(changes.realms !== undefined && { realms: JSON.stringify(changes.realms) }),
      ...(changes.settings !== undefined && {
        settings: sql<string>`settings || ${JSON.stringify(changes.settings)}::jsonb`,
      }),
      updated_at: now,
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ? toConnection(row) : null;
}

/**
 * What stands in the way of a connection: another that is asked for by one of these names, or another one of its strategy for the whole
 * domain.
 */
export async function rivalOf(
  db: Db,
  connection: { id: string; strategy: string; realms: string[]; isDomain: boolean },
): Promise<'realm' | 'domain' | null> {
  const others = on(db)
    .selectFrom('connections')
    .select('id')
    .where('deleted_at', 'is', null)
    .where('id', '<>', connection.id)
    .limit(1);
  const byRealm = others.where(
    sql<SqlBool>`exists (select 1 from jsonb_array_elements_text(realms) as r (realm)
      where r.realm = any(${connection.realms}::text[]))`,
  );
  if (await byRealm.executeTakeFirst()) return 'realm';
  if (!connection.isDomain) return null;
  const byDomain = others
    .where('strategy', '=', connection.strategy)
    .where(sql<SqlBool>`settings->>'is_domain_connection' = 'true'`);
  return (await byDomain.executeTakeFirst()) ? 'domain' : null;
}

/** See `secret-options.ts`: encrypts what would let somebody act as this server at the provider. */
export function sealSecrets(
  options: Record<string, unknown>,
  key: Buffer,
): Record<string, unknown> {
  return sealedOptions(options, key);
}

/** See `secret-options.ts`. */
export function openSecrets(
  options: Record<string, unknown>,
  key: Buffer,
): Record<string, unknown> {
  return openedOptions(options, key);
}

/**
 * Hides a connection and frees its name; its users are removed later, in batches. Nobody can use it from now on.
 * Needs a transaction. @returns when; null: it was gone
 */
export async function markConnectionDeleted(tx: Db, id: string, now: Date): Promise<Date | null> {
  if (!(await deletion.hide(tx, id, now))) return null;
  await on(tx).deleteFrom('connection_clients').where('connection_id', '=', id).execute();
  return now;
}

/**
 * Keeps a connection from being deleted until the transaction ends, so that no user is added to one that goes.
 * @returns false: it is gone
 */
export async function holdConnection(tx: Db, id: string): Promise<boolean> {
  const row = await on(tx)
    .selectFrom('connections')
    .select('id')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** The connection as it is until the transaction ends: nobody else changes it, and no user is added to it. null: it is gone */
export async function lockConnection(tx: Db, id: string): Promise<Connection | null> {
  const row = await on(tx)
    .selectFrom('connections')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row ? toConnection(row) : null;
}

/** Connections whose deletion began before the moment, the longest ago first. */
export const deletedConnections = deletion.hiddenBefore;
/** The last step of a deletion. Its caller has seen that no users are left. */
export const removeDeletedConnection = deletion.remove;

/**
 * Lets applications use a connection.
 * @throws Refusal `client_not_found`; a transaction it ran in is then lost
 */
export async function enableClients(db: Db, id: string, clientIds: string[]): Promise<void> {
  if (clientIds.length === 0) return;
  try {
    await on(db)
      .insertInto('connection_clients')
      .values([...new Set(clientIds)].map((one) => ({ connection_id: id, client_id: one })))
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

/** Makes these, and no others, the applications that may use a connection. Run it in a transaction. */
export async function setEnabledClients(tx: Db, id: string, clientIds: string[]): Promise<void> {
  await on(tx)
    .deleteFrom('connection_clients')
    .where('connection_id', '=', id)
    .$if(clientIds.length > 0, (q) => q.where('client_id', 'not in', clientIds))
    .execute();
  await enableClients(tx, id, clientIds);
}

/** The connection every server has from its first start. Any number of nodes may call it at once. */
export async function ensureDefaultConnection(db: Db, now: Date): Promise<Connection> {
  await insertConnection(db, {
    id: newId('con'),
    name: DEFAULT_CONNECTION,
    displayName: null,
    strategy: 'auth0',
    options: defaultConnectionOptions(),
    metadata: null,
    realms: [DEFAULT_CONNECTION],
    settings: {},
    createdAt: now,
    updatedAt: now,
  });
  const connection = await findConnectionByName(db, DEFAULT_CONNECTION);
  if (connection === null) throw new Error('The default connection was deleted while starting.');
  return connection;
}

function asJson(value: Record<string, unknown> | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** The rules for new passwords in this user store. */
export function passwordPolicyOf(connection: Connection): PasswordPolicy {
  return readPasswordPolicy(connection.options);
}

export type CodeRules = CodeRulesRead;

/** How a user store without passwords sends its codes. */
export function codeRulesOf(connection: Connection): CodeRules {
  return readCodeRules(connection.options);
}

/** Whether people may make an account for themselves. */
export function isSignupEnabled(connection: Connection): boolean {
  return connection.options.disable_signup !== true;
}

/** Whether people may ask for a link to choose a new password. */
export function isSelfServiceResetEnabled(connection: Connection): boolean {
  return connection.options.disable_self_service_change_password !== true;
}

export function requiresUsername(connection: Connection): boolean {
  return readRequiresUsername(connection.options);
}

/** Whether people may have usernames. */
export function hasUsernames(connection: Connection): boolean {
  return readIdentifiers(connection.options).username.signup !== 'inactive';
}

/** Whether this can be somebody's username here: its characters and length. */
export function isUsername(connection: Connection, username: string): boolean {
  return fitsUsername(readIdentifiers(connection.options).username, username);
}

/** What people give at sign-up and what they may log in with. */
export function identifiersOf(connection: Connection): Identifiers {
  return readIdentifiers(connection.options);
}

/** What people may log in with, in the order in which a typed name is looked up. */
export function loginIdentifiersOf(connection: Connection): Identifiers['precedence'] {
  const identifiers = readIdentifiers(connection.options);
  return identifiers.precedence.filter((kind) => identifiers[kind].active);
}

/** Names of these connections by their ids, also of those that are being deleted. */
export async function connectionNames(db: Db, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await on(db)
    .selectFrom('connections')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, row.name]));
}
