import type { JsonWebKey } from 'node:crypto';
import { type ColumnType, type Selectable, type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';

type CredentialsTable = {
  id: string;
  client_id: string;
  name: string;
  kid: string;
  alg: CredentialAlg;
  public_jwk: ColumnType<JsonWebKey, string, string>;
  expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

export type CredentialAlg = 'RS256' | 'RS384' | 'PS256';

/** A public key with which an application authenticates itself (RFC 7523). */
export type ClientCredential = {
  id: string;
  clientId: string;
  name: string;
  kid: string;
  alg: CredentialAlg;
  publicJwk: JsonWebKey;
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

const on = (db: Db) => db.withTables<{ client_credentials: CredentialsTable }>();

export function newCredentialId(): string {
  return `cred_${randomAlnum(22)}`;
}

/** Returns a client's keys, oldest first. There are few, so the list has no pages. */
export async function credentialsOf(db: Db, clientId: string): Promise<ClientCredential[]> {
  const rows = await on(db)
    .selectFrom('client_credentials')
    .selectAll()
    .where('client_id', '=', clientId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toCredential);
}

export async function findCredential(
  db: Db,
  key: { clientId: string; id: string },
): Promise<ClientCredential | null> {
  const row = await on(db)
    .selectFrom('client_credentials')
    .selectAll()
    .where('id', '=', key.id)
    .where('client_id', '=', key.clientId)
    .executeTakeFirst();
  return row ? toCredential(row) : null;
}

/** Inserts a key. Returns `duplicate` if the client has a key with that `kid`, `too_many` if it has `most` keys. The client must exist. */
export async function insertCredential(
  db: Db,
  credential: ClientCredential,
  most: number,
): Promise<{ kind: 'inserted' | 'duplicate' | 'too_many' }> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from client_credentials where client_id = ${credential.clientId}`.execute(
    db,
  );
  if ((rows[0]?.n ?? 0) >= most) return { kind: 'too_many' };
  const result = await on(db)
    .insertInto('client_credentials')
    .values({
      id: credential.id,
      client_id: credential.clientId,
      name: credential.name,
      kid: credential.kid,
      alg: credential.alg,
      public_jwk: JSON.stringify(credential.publicJwk),
      expires_at: credential.expiresAt,
      created_at: credential.createdAt,
      updated_at: credential.updatedAt,
    })
    .onConflict((conflict) => conflict.columns(['client_id', 'kid']).doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/**
 * Sets when a key expires.
 * @param expiresAt `null` for never
 */
export async function setCredentialExpiry(
  db: Db,
  key: { clientId: string; id: string },
  change: { expiresAt: Date | null; now: Date },
): Promise<ClientCredential | null> {
  const row = await on(db)
    .updateTable('client_credentials')
    .set({ expires_at: change.expiresAt, updated_at: change.now })
    .where('id', '=', key.id)
    .where('client_id', '=', key.clientId)
    .returningAll()
    .executeTakeFirst();
  return row ? toCredential(row) : null;
}

export async function deleteCredential(
  db: Db,
  key: { clientId: string; id: string },
): Promise<boolean> {
  const result = await on(db)
    .deleteFrom('client_credentials')
    .where('id', '=', key.id)
    .where('client_id', '=', key.clientId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Returns those of `ids` that are not keys of the client. */
export async function missingCredentials(
  db: Db,
  key: { clientId: string; ids: string[] },
): Promise<string[]> {
  const rows = await on(db)
    .selectFrom('client_credentials')
    .select('id')
    .where('client_id', '=', key.clientId)
    .where(sql<SqlBool>`id = any(${key.ids}::text[])`)
    .execute();
  const found = new Set(rows.map((row) => row.id));
  return key.ids.filter((id) => !found.has(id));
}

function toCredential(row: Selectable<CredentialsTable>): ClientCredential {
  return {
    id: row.id,
    clientId: row.client_id,
    name: row.name,
    kid: row.kid,
    alg: row.alg,
    publicJwk: row.public_jwk,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
