import { type SqlBool, sql } from 'kysely';
import { type Db, deletionMarks } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import { type Client, on, toClient } from './client-row.ts';
import { keepSecret, type SecretKeeper } from './client-secrets.ts';
import { type ClientSettings, settingsFor } from './client-settings.ts';

export type { Client } from './client-row.ts';
export {
  idTokenSecretOf,
  keepSecret,
  newClientSecret,
  type SecretKeeper,
  shownSecret,
} from './client-secrets.ts';
export type { ClientSettings } from './client-settings.ts';
export {
  type Coverage,
  callbackAllowed,
  coverageOf,
  isCovered,
  logoutCoverage,
  originCoverage,
  originSet,
} from './covered-urls.ts';
export { forgetDefaultOrganization } from './default-organization.ts';
export {
  type ClientFilter,
  clientsAfter,
  clientsToSignInTo,
  listClients,
  originsOfClients,
} from './list-clients.ts';
export { isFixedUrl, withoutPlaceholders } from './registered-urls.ts';

const deletion = deletionMarks('clients');

/** Returns the default settings of a client of this type. */
export function defaultSettings(appType: ClientSettings['appType']): ClientSettings {
  return settingsFor(appType);
}

export function newClientId(): string {
  return randomAlnum(32);
}

export async function findClient(db: Db, id: string): Promise<Client | null> {
  const row = await on(db)
    .selectFrom('clients')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toClient(row) : null;
}

/** Returns the client and locks it until the transaction ends. */
export async function lockClient(tx: Db, id: string): Promise<Client | null> {
  const row = await on(tx)
    .selectFrom('clients')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row ? toClient(row) : null;
}

export async function findClients(db: Db, ids: string[]): Promise<Client[]> {
  if (ids.length === 0) return [];
  const rows = await on(db)
    .selectFrom('clients')
    .selectAll()
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.map(toClient);
}

/** Inserts a client. Returns `duplicate` if the id is taken. */
export async function insertClient(
  db: Db,
  client: Client,
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  const result = await on(db)
    .insertInto('clients')
    .values({
      id: client.id,
      name: client.name,
      secret_hash: client.secretHash,
      secret_sealed: client.secretSealed ?? null,
      settings: JSON.stringify(client.settings),
      created_at: client.createdAt,
      updated_at: client.updatedAt,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

export type ClientChanges = {
  name?: string;
  secretHash?: Buffer | null;
  /** Accompanies a new hash. Without it the secret cannot be read back. */
  secretSealed?: Buffer | null;
  /** The complete settings: the caller has merged them. */
  settings?: ClientSettings;
};

/**
 * Changes a client.
 * @param unchangedSince the `updatedAt` that the changes are based on; if it has changed, nothing is written
 */
export async function updateClient(
  db: Db,
  id: string,
  changes: ClientChanges,
  options: { now: Date; unchangedSince?: Date },
): Promise<Client | null> {
  const { unchangedSince } = options;
  const row = await on(db)
    .updateTable('clients')
    .set({
      ...(changes.name !== undefined && { name: changes.name }),
      ...(changes.secretHash !== undefined && {
        secret_hash: changes.secretHash,
        secret_sealed: changes.secretSealed ?? null,
      }),
      ...(changes.settings !== undefined && { settings: JSON.stringify(changes.settings) }),
      updated_at: later(options),
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .$if(unchangedSince !== undefined, (q) =>
      q.where(
        sql<Date>`date_trunc('milliseconds', updated_at)`,
        '=',
        unchangedSince ?? options.now,
      ),
    )
    .returningAll()
    .executeTakeFirst();
  return row ? toClient(row) : null;
}

/** Removes a deleted key from all clients. A concurrent change of such a client fails its guard and starts again. */
export async function forgetClientCredential(
  db: Db,
  input: { clientId: string; credentialId: string; now: Date },
): Promise<void> {
  const { credentialId, now } = input;
  await on(db)
    .updateTable('clients')
    .set({
      settings: sql<string>`jsonb_set(settings, '{privateKeyJwt}', (settings->'privateKeyJwt') - ${credentialId}::text)`,
      updated_at: sql<Date>`greatest(${now}::timestamptz, updated_at + interval '1 millisecond')`,
    })
    .where('id', '=', input.clientId)
    .where(sql<SqlBool>`settings->'privateKeyJwt' ? ${credentialId}::text`)
    .execute();
}

/** Two changes within one millisecond must differ, or the guard would miss the first. */
function later({ now, unchangedSince }: { now: Date; unchangedSince?: Date }): Date {
  return unchangedSince && now <= unchangedSince ? new Date(unchangedSince.getTime() + 1) : now;
}

/** Hides a client and makes it unusable. Its data is deleted later, in batches. */
export const markClientDeleted = deletion.hide;
/** Keeps a client from being deleted until the transaction ends. Returns false if there is none. */
export const holdClient = deletion.hold;
/** Clients whose deletion began before the moment, the earliest first. */
export const deletedClients = deletion.hiddenBefore;
/** Completes a deletion, with the client's grants and enabled connections. */
export const removeDeletedClient = deletion.remove;

/**
 * Creates the client from the environment if it is missing, and replaces its secret if the environment has another. A readable copy is
 * written only if this server keeps readable secrets. An existing copy stays, as for other clients.
 */
export async function ensureClient(
  db: Db,
  keeper: SecretKeeper,
  options: { id: string; name: string; secret: string; settings: ClientSettings; now: Date },
): Promise<void> {
  const { id, name, now, settings } = options;
  const { secretHash, secretSealed } = keepSecret(keeper, options.secret);
  await on(db)
    .insertInto('clients')
    .values({
      id,
      name,
      secret_hash: secretHash,
      secret_sealed: secretSealed,
      settings: JSON.stringify(settings),
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        secret_hash: secretHash,
        secret_sealed: sql<Buffer | null>`coalesce(
          excluded.secret_sealed,
          case when clients.secret_hash = excluded.secret_hash then clients.secret_sealed end)`,
        deleted_at: null,
      }),
    )
    .execute();
}
