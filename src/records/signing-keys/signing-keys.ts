import { generateKeyPair, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { decrypt, encrypt, type Keys, sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';

/** A key as JSON (RFC 7517). */
export type SigningJwk = JsonWebKey & { kid: string; alg: string; use: 'sig' };

const generate = promisify(generateKeyPair);
const ALG = 'RS256';

/**
 * Makes the key that signs tokens, if there is none. Any number of nodes may start at once: the database takes one.
 * The private part is encrypted with `keys.encryption`.
 */
export async function ensureSigningKey(db: Db, keys: Pick<Keys, 'encryption'>): Promise<void> {
  const { rows } =
    await sql`select kid from signing_keys where alg = ${ALG} and state = 'current'`.execute(db);
  if (rows.length > 0) return;
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
  const publicJwk = withName(publicKey.export({ format: 'jwk' }));
  const sealed = encrypt(
    keys.encryption,
    JSON.stringify({ ...publicJwk, ...privateKey.export({ format: 'jwk' }) }),
  );
  await sql`insert into signing_keys (kid, alg, public_jwk, private_key, state)
    values (${publicJwk.kid}, ${ALG}, ${JSON.stringify(publicJwk)}::jsonb, ${sealed}, 'current')
    on conflict (alg) where state = 'current' do nothing`.execute(db);
}

/**
 * The private keys, the one that signs first.
 * @throws when a key was encrypted under another USHER_SECRET
 */
export async function signingKeys(db: Db, keys: Pick<Keys, 'encryption'>): Promise<SigningJwk[]> {
  const { rows } = await sql<{ private_key: Uint8Array }>`select private_key from signing_keys
    where state <> 'revoked' order by (state = 'current') desc, created_at desc`.execute(db);
  return rows.map((row) => {
    try {
      return JSON.parse(decrypt(keys.encryption, Buffer.from(row.private_key)));
    } catch (cause) {
      throw new Error('The signing keys in the database were encrypted under another secret.', {
        cause,
      });
    }
  });
}

/** What tokens are verified with, also those signed before the last change of keys. */
export async function publicKeys(db: Db): Promise<SigningJwk[]> {
  const { rows } = await sql<{ public_jwk: SigningJwk }>`select public_jwk from signing_keys
    where state <> 'revoked' order by (state = 'current') desc, created_at desc`.execute(db);
  return rows.map((row) => row.public_jwk);
}

/** The key's name is its thumbprint (RFC 7638), so it is the same wherever it is computed. */
function withName({ kty, n, e }: JsonWebKey): SigningJwk {
  const kid = sha256(JSON.stringify({ e, kty, n })).toString('base64url');
  return { kty, use: 'sig', n, e, kid, alg: ALG };
}
