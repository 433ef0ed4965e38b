import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';

/** Tokens that a provider has issued for one of its accounts. */
export type IdentityTokens = {
  accessToken: string | null;
  refreshToken: string | null;
  /** When the access token ends, as ISO 8601. `null`: the provider does not say. */
  expiresAt: string | null;
};

type Table = { user_id: string; sealed: Buffer; updated_at: Date };

const on = (db: Db) => db.withTables<{ identity_tokens: Table }>();

/**
 * Stores the tokens of a login, encrypted, in place of the former ones. Providers send a refresh token at the first consent only, so a
 * former one stays if there is no new one.
 * @param key 32 bytes for AES-256-GCM
 */
export async function storeIdentityTokens(
  tx: Db,
  key: Buffer,
  input: { userId: string; tokens: IdentityTokens; at: Date },
): Promise<void> {
  const { userId, tokens, at } = input;
  if (tokens.accessToken === null && tokens.refreshToken === null) return;
  const row = await keepIdentityTokens(tx, userId);
  const former = row ? opened(key, row) : null;
  const refreshToken = tokens.refreshToken ?? former?.refreshToken ?? null;
  const sealed = encrypt(key, JSON.stringify({ userId, ...tokens, refreshToken }));
  await on(tx)
    .insertInto('identity_tokens')
    .values({ user_id: userId, sealed, updated_at: at })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ sealed, updated_at: at }))
    .execute();
}

/** Returns the tokens of users and identities, by id. Omits those that were encrypted with another key. */
export async function identityTokensOf(
  db: Db,
  key: Buffer,
  userIds: string[],
): Promise<Map<string, IdentityTokens>> {
  if (userIds.length === 0) return new Map();
  const rows = await on(db)
    .selectFrom('identity_tokens')
    .selectAll()
    .where('user_id', 'in', userIds)
    .execute();
  const found = rows.map((row) => [row.user_id, opened(key, row)] as const);
  return new Map(found.flatMap(([id, tokens]) => (tokens ? [[id, tokens] as const] : [])));
}

/** Deletes the tokens of an identity. */
export async function deleteIdentityTokens(tx: Db, userId: string): Promise<void> {
  await on(tx).deleteFrom('identity_tokens').where('user_id', '=', userId).execute();
}

/** The tokens of an identity while its row is replaced, still encrypted. */
export type KeptTokens = Table | null;

/** Reads the tokens of an identity for {@link restoreIdentityTokens}. */
export async function keepIdentityTokens(tx: Db, userId: string): Promise<KeptTokens> {
  const row = await on(tx)
    .selectFrom('identity_tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Writes back the tokens from {@link keepIdentityTokens}, in the same transaction. */
export async function restoreIdentityTokens(tx: Db, kept: KeptTokens): Promise<void> {
  if (kept !== null) await on(tx).insertInto('identity_tokens').values(kept).execute();
}

function opened(key: Buffer, row: Table): IdentityTokens | null {
  try {
    const { userId, ...tokens } = JSON.parse(decrypt(key, row.sealed));
    // The user is part of what is encrypted, so that a row moved to another user is worth nothing.
    return userId === row.user_id ? tokens : null;
  } catch {
    return null;
  }
}
