import { sql } from 'kysely';
import { type Db, deletionMarks, pageAfter, pageAndCount } from '../../platform/db/db.ts';
import { newId, RESERVED_IDS } from '../../platform/ids/ids.ts';
import type { PasswordPolicy } from '../../platform/password-policy/password-policy.ts';
import { type CodeRules, readCodeRules } from './code-rules.ts';
import { defaultConnectionOptions, readPasswordPolicy } from './connection-options.ts';
import { type Connection, on, toConnection } from './connection-row.ts';
import { fitsUsername, type Identifiers, readIdentifiers } from './identifiers.ts';
import { type ProviderRules, readProviderRules } from './provider-options.ts';

export { type CodeRules, codeConnectionOf, isPasswordless } from './code-rules.ts';
export { connectionOfRealm, findConnectionConflict } from './connection-conflicts.ts';
export type { Connection } from './connection-row.ts';
export {
  type CustomDatabase,
  customDatabaseOf,
  DIRECTORY_SCRIPTS,
  type DirectoryOptions,
  type DirectoryScript,
  foreignConfiguration,
  openConfiguration,
} from './custom-database.ts';
export {
  DIRECTORY_ENDPOINTS,
  DIRECTORY_HASH_SCHEMES,
  DIRECTORY_NEW_HASHES,
  DIRECTORY_PROFILE_FIELDS,
  DIRECTORY_QUERIES,
  mapDirectorySecrets,
  readDirectory,
  withKeptSecrets,
} from './directory-options.ts';
export { connectionOfDomain, hasDomains } from './domains.ts';
export {
  clientIdsOf,
  connectionsOfClient,
  databasesOfClient,
  disableClients,
  enableClients,
  enabledClientsAfter,
  isConnectionEnabled,
  isConnectionEnabledFor,
  setEnabledClients,
} from './enabled-clients.ts';
export { fitsUsername, type Identifiers, type UsernameRule } from './identifiers.ts';
export { passkeyRulesOf } from './passkey-rules.ts';
export { providerName } from './provider-name.ts';
export {
  isShownAsButton,
  PROTOCOL_PARAMS,
  type ProviderRules,
  providerOf,
  UPSTREAM_ALIASES,
  upstreamRequest,
} from './provider-options.ts';
export { scopeOptionsOf } from './scope-options.ts';
export { openSecrets, sealSecrets } from './secret-options.ts';
export { isEnterprise, isOwn, isSocial } from './strategies.ts';

/** Name of the connection that every server creates at its first start. */
export const DEFAULT_CONNECTION = 'Username-Password-Authentication';

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

/** Returns the existing connections among `ids`, by id. */
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

export type ConnectionFilter = { strategies?: string[]; name?: string };

/** Returns a page of connections, oldest first, and their total number. The administrators' connection is never listed. */
export async function listConnections(
  db: Db,
  options: ConnectionFilter & { offset: number; limit: number },
): Promise<{ connections: Connection[]; total: number }> {
  const oldestFirst = filter(db, options).selectAll().orderBy('created_at').orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { connections: rows.map(toConnection), total };
}

/** Returns connections in the order of their ids, for paging at constant speed. */
export async function connectionsAfter(
  db: Db,
  options: ConnectionFilter & { afterId: string | null; limit: number },
): Promise<Connection[]> {
  const rows = await pageAfter(filter(db, options).selectAll(), options);
  return rows.map(toConnection);
}

function filter(db: Db, { strategies, name }: ConnectionFilter) {
  return on(db)
    .selectFrom('connections')
    .where('deleted_at', 'is', null)
    .where('id', '<>', RESERVED_IDS.connectionId)
    .$if(strategies !== undefined, (q) => q.where('strategy', 'in', strategies ?? []))
    .$if(name !== undefined, (q) => q.where('name', '=', name ?? ''));
}

/** Returns a connection, and keeps others from changing it, and from adding users to it, until the transaction ends. */
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

/** Inserts a connection. Returns `duplicate` if the name is taken. */
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
  /** Merged into the existing settings, field by field. */
  settings?: Record<string, unknown>;
};

/** Writes only the properties in `changes`. Returns `null` if there is no such connection. */
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
 * Hides a connection, makes it unusable and frees its name. Its users are deleted later, in batches. Needs a transaction. @returns the time
 * of the deletion, or `null` if it was deleted already
 */
export async function markConnectionDeleted(tx: Db, id: string, now: Date): Promise<Date | null> {
  if (!(await deletion.hide(tx, id, now))) return null;
  await on(tx).deleteFrom('connection_clients').where('connection_id', '=', id).execute();
  return now;
}

/**
 * Keeps a connection from being deleted until the transaction ends, so that no user is added to a deleted one.
 * @returns false if it is deleted
 */
export const holdConnection = deletion.hold;

/** Connections whose deletion began before the moment, the earliest first. */
export const deletedConnections = deletion.hiddenBefore;
/** Completes a deletion. The caller has checked that no users are left. */
export const removeDeletedConnection = deletion.remove;

/** Creates the default connection if it is missing, and returns it. Safe to call from several nodes at once. */
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

/** Returns the connection's rules for new passwords. */
export function passwordPolicyOf(connection: Connection): PasswordPolicy {
  return readPasswordPolicy(connection.options);
}

/** Returns how a passwordless connection sends its codes. */
export function codeRulesOf(connection: Pick<Connection, 'options'>): CodeRules {
  return readCodeRules(connection.options);
}

/** Returns how a connection to an identity provider treats the people who come from there. */
export function providerRulesOf(connection: Pick<Connection, 'options'>): ProviderRules {
  return readProviderRules(connection.options);
}

/** Returns whether people can sign up without an invitation. Whether a person may do so now: `steps/admit-newcomer`. */
export function isSignupEnabled(connection: Connection): boolean {
  return connection.options.disable_signup !== true;
}

/** Returns whether the connection hides who has an account: sign-ups end by mail, with the same answer for all. */
export function hidesAccounts(connection: Connection): boolean {
  return connection.options.enumeration === 'hide';
}

/** Returns whether people can request a link to choose a new password. */
export function isSelfServiceResetEnabled(connection: Connection): boolean {
  return connection.options.disable_self_service_change_password !== true;
}

/** Returns whether a username is required. */
export function requiresUsername(connection: Connection): boolean {
  return readIdentifiers(connection.options).username.signup === 'required';
}

/** Returns whether users may have usernames. */
export function hasUsernames(connection: Connection): boolean {
  return readIdentifiers(connection.options).username.signup !== 'inactive';
}

/** Returns whether a username has allowed characters and an allowed length. */
export function isUsername(connection: Connection, username: string): boolean {
  return fitsUsername(readIdentifiers(connection.options).username, username);
}

/** Returns the identifiers for sign-up and login. */
export function identifiersOf(connection: Pick<Connection, 'options'>): Identifiers {
  return readIdentifiers(connection.options);
}

/** Returns the identifiers for login, in the order in which a typed one is looked up. */
export function loginIdentifiersOf(connection: Connection): Identifiers['precedence'] {
  const identifiers = readIdentifiers(connection.options);
  return identifiers.precedence.filter((kind) => identifiers[kind].active);
}

/** Returns the names of connections by id, also of those under deletion. */
export async function connectionNames(db: Db, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await on(db)
    .selectFrom('connections')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, row.name]));
}
