import { type ColumnType, type Selectable, sql } from 'kysely';
import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import { type Db, pageAndCount } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';

type Tables = {
  resource_servers: {
    id: string;
    identifier: string;
    name: string | null;
    scopes: ColumnType<Scope[], string, string>;
    settings: ColumnType<ResourceServerSettings, string, string>;
    is_system: boolean;
    created_at: Date;
    updated_at: Date;
  };
};

export type Scope = { value: string; description?: string };

/** Format of access tokens: Auth0's or that of RFC 9068, with or without the user's permissions. */
export type TokenDialect =
  | 'access_token'
  | 'access_token_authz'
  | 'rfc9068_profile'
  | 'rfc9068_profile_authz';

/** The applications that may get tokens for users, and those that may get tokens for themselves. */
export type SubjectTypeAuthorization = {
  user?: { policy?: 'allow_all' | 'deny_all' | 'require_client_grant' };
  client?: { policy?: 'deny_all' | 'require_client_grant' };
};

/** Settings for the tokens of an API; lifetimes in seconds. */
export type ResourceServerSettings = {
  signingAlg?: string;
  /** The secret for HS256 tokens; encrypted, in base64. See {@link signingSecretOf}. */
  signingSecret?: string;
  tokenLifetime?: number;
  tokenLifetimeForWeb?: number;
  allowOfflineAccess?: boolean;
  enforcePolicies?: boolean;
  tokenDialect?: TokenDialect;
  subjectTypeAuthorization?: SubjectTypeAuthorization;
  /** Name of the token claim with a user's roles. `null` or absent: tokens have none. */
  rolesClaim?: string | null;
};

/** An API, the audience of access tokens. */
export type ResourceServer = {
  id: string;
  /** The audience. It never changes. */
  identifier: string;
  name: string | null;
  scopes: Scope[];
  settings: ResourceServerSettings;
  /** Whether it is this server's own API, which cannot be changed or deleted. */
  isSystem: boolean;
  createdAt: Date;
  updatedAt: Date;
};

const on = (db: Db) => db.withTables<Tables>();

/** Returns the stored form of a secret. @param key 32 bytes for AES-256-GCM */
export function sealSigningSecret(key: Buffer, secret: string): string {
  return encrypt(key, secret).toString('base64');
}

/** Returns the secret that signs an API's tokens, or `null` if a key of this server signs them. */
export function signingSecretOf({ settings }: ResourceServer, key: Buffer): string | null {
  const { signingAlg, signingSecret } = settings;
  if (signingAlg !== 'HS256' || signingSecret === undefined) return null;
  return decrypt(key, Buffer.from(signingSecret, 'base64'));
}

/**
 * Returns the API, or `null`.
 * @param key id or identifier
 */
export async function findResourceServer(db: Db, key: string): Promise<ResourceServer | null> {
  const row = await on(db)
    .selectFrom('resource_servers')
    .selectAll()
    .where((is) => is.or([is('id', '=', key), is('identifier', '=', key)]))
    .executeTakeFirst();
  return row ? toResourceServer(row) : null;
}

/**
 * Keeps an API from being deleted until the transaction ends.
 * @returns false if there is none with this identifier
 */
export async function holdResourceServer(tx: Db, identifier: string): Promise<boolean> {
  const row = await on(tx)
    .selectFrom('resource_servers')
    .select('id')
    .where('identifier', '=', identifier)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns a page of APIs, oldest first, and their total number. */
export async function listResourceServers(
  db: Db,
  options: { identifiers?: string[]; offset: number; limit: number },
): Promise<{ resourceServers: ResourceServer[]; total: number }> {
  const { identifiers } = options;
  const oldestFirst = on(db)
    .selectFrom('resource_servers')
    .$if(identifiers !== undefined, (q) => q.where('identifier', 'in', identifiers ?? []))
    .selectAll()
    .orderBy('created_at')
    .orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { resourceServers: rows.map(toResourceServer), total };
}

/** Inserts an API. Returns `duplicate` if the identifier is taken. */
export async function insertResourceServer(
  db: Db,
  server: ResourceServer,
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  const result = await on(db)
    .insertInto('resource_servers')
    .values({
      id: server.id,
      identifier: server.identifier,
      name: server.name,
      scopes: JSON.stringify(server.scopes),
      settings: JSON.stringify(server.settings),
      is_system: server.isSystem,
      created_at: server.createdAt,
      updated_at: server.updatedAt,
    })
    .onConflict((conflict) => conflict.column('identifier').doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

export type ResourceServerChanges = {
  name?: string;
  scopes?: Scope[];
  /** Merged into the existing settings. */
  settings?: ResourceServerSettings;
};

/** Changes an API other than this server's own. Returns `null` if there is none. */
export async function updateResourceServer(
  db: Db,
  id: string,
  changes: ResourceServerChanges,
  now: Date,
): Promise<ResourceServer | null> {
  const { settings = {} } = changes;
  const row = await on(db)
    .updateTable('resource_servers')
    .set({
      ...(changes.name !== undefined && { name: changes.name }),
      ...(changes.scopes !== undefined && { scopes: JSON.stringify(changes.scopes) }),
      settings: sql<string>`settings || ${JSON.stringify(settings)}::jsonb`,
      updated_at: now,
    })
    .where('id', '=', id)
    .where('is_system', '=', false)
    .returningAll()
    .executeTakeFirst();
  return row ? toResourceServer(row) : null;
}

/** Deletes an API other than this server's own. */
export async function deleteResourceServer(db: Db, id: string): Promise<boolean> {
  const result = await on(db)
    .deleteFrom('resource_servers')
    .where('id', '=', id)
    .where('is_system', '=', false)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Creates or updates this server's own API, with the scopes that its routes require. Safe to call from several nodes at once. */
export async function ensureSystemResourceServer(
  db: Db,
  options: { identifier: string; name: string; scopes: Scope[]; now: Date },
): Promise<void> {
  const { identifier, name, now } = options;
  const scopes = JSON.stringify(options.scopes);
  const settings: ResourceServerSettings = {
    signingAlg: 'RS256',
    tokenLifetime: 86_400,
    tokenLifetimeForWeb: 7200,
    allowOfflineAccess: false,
  };
  await on(db)
    .insertInto('resource_servers')
    .values({
      id: newObjectId(now),
      identifier,
      name,
      scopes,
      settings: JSON.stringify(settings),
      is_system: true,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict.column('identifier').doUpdateSet({ scopes, is_system: true }),
    )
    .execute();
}

function toResourceServer(row: Selectable<Tables['resource_servers']>): ResourceServer {
  return {
    id: row.id,
    identifier: row.identifier,
    name: row.name,
    scopes: row.scopes,
    settings: row.settings,
    isSystem: row.is_system,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
