import { generateKeyPair, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { decrypt, encrypt, type Keys, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { describeCertificate, selfSigned } from './certificate.ts';

/** A key as JSON Web Key (RFC 7517). */
export type SigningJwk = JsonWebKey & {
  kid: string;
  alg: string;
  use: 'sig';
  x5c?: string[];
  x5t?: string;
};

export type KeyState = 'next' | 'current' | 'previous' | 'revoked';

/** A key as shown to administrators. */
export type SigningKey = {
  kid: string;
  state: KeyState;
  /** PEM. */
  certificate: string;
  pkcs7: string;
  fingerprint: string;
  thumbprint: string;
  currentSince: Date | null;
  currentUntil: Date | null;
  revokedAt: Date | null;
};

export type Sealing = Pick<Keys, 'encryption'>;

type Row = {
  kid: string;
  state: KeyState;
  public_jwk: SigningJwk;
  private_key: Uint8Array;
  certificate: string | null;
  current_since: Date | null;
  current_until: Date | null;
  revoked_at: Date | null;
};

const generate = promisify(generateKeyPair);
const ALG = 'RS256';

/**
 * Creates the current and the next signing key if they are missing. Several nodes may start at once: the database accepts one of each. The
 * private part is encrypted with `keys.encryption`.
 * @param subject the name in certificates
 */
export async function ensureSigningKeys(
  db: Db,
  keys: Sealing,
  { subject, now }: { subject: string; now: Date },
): Promise<void> {
  const { rows } = await sql<Row>`select kid, state, private_key, certificate from signing_keys
    where alg = ${ALG} and state <> 'revoked'`.execute(db);
  const missing = (['current', 'next'] as const).filter(
    (state) => !rows.some((row) => row.state === state),
  );
  await Promise.all(
    missing.map(async (state) => insertKey(db, await newKey(keys, subject, now), state, now)),
  );
  for (const row of rows) {
    if (row.certificate !== null) continue;
    const certificate = selfSigned(opened(keys, row), subject, now);
    await sql`update signing_keys set certificate = ${certificate}
      where kid = ${row.kid} and certificate is null`.execute(db);
  }
}

type NewKey = { jwk: SigningJwk; sealed: Buffer; certificate: string };

async function newKey(keys: Sealing, subject: string, now: Date): Promise<NewKey> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
  const jwk = withName(publicKey.export({ format: 'jwk' }));
  const whole = { ...jwk, ...privateKey.export({ format: 'jwk' }) };
  const certificate = selfSigned(whole, subject, now);
  return { jwk, sealed: encrypt(keys.encryption, JSON.stringify(whole)), certificate };
}

async function insertKey(
  db: Db,
  { jwk, sealed, certificate }: NewKey,
  state: 'current' | 'next',
  now: Date,
): Promise<void> {
  const since = state === 'current' ? now : null;
  await sql`insert into signing_keys
      (kid, alg, public_jwk, private_key, state, certificate, created_at, current_since)
    values (${jwk.kid}, ${ALG}, ${JSON.stringify(jwk)}::jsonb, ${sealed}, ${state}, ${certificate},
      ${now}, ${since})
    on conflict do nothing`.execute(db);
}

/**
 * Makes the next key the current one and creates another next one. The former key verifies until it is revoked.
 * @returns the new signing key, or `null` if another rotation is in progress
 */
export async function rotateSigningKeys(
  db: Db,
  keys: Sealing,
  { subject, now }: { subject: string; now: Date },
): Promise<SigningKey | null> {
  const fresh = await newKey(keys, subject, now);
  return transaction(db, async (tx) => {
    const retired = await sql`update signing_keys set state = 'previous', current_until = ${now}
      where alg = ${ALG} and state = 'current' returning kid`.execute(tx);
    if (retired.rows.length === 0) return null;
    const { rows } =
      await sql<Row>`update signing_keys set state = 'current', current_since = ${now}
      where alg = ${ALG} and state = 'next' returning *`.execute(tx);
    const [row] = rows;
    if (row === undefined) throw new Error('There is no next signing key.');
    await insertKey(tx, fresh, 'next', now);
    return toKey(row);
  });
}

/** Revokes a former key: its signatures are no longer valid. */
export async function revokeSigningKey(
  db: Db,
  { kid, now }: { kid: string; now: Date },
): Promise<{ kind: 'revoked'; key: SigningKey } | { kind: 'in-use' } | { kind: 'unknown' }> {
  const { rows } = await sql<Row>`update signing_keys
    set state = 'revoked', revoked_at = coalesce(revoked_at, ${now})
    where kid = ${kid} and state in ('previous', 'revoked') returning *`.execute(db);
  const [row] = rows;
  if (row !== undefined) return { kind: 'revoked', key: toKey(row) };
  return (await findSigningKey(db, kid)) === null ? { kind: 'unknown' } : { kind: 'in-use' };
}

export async function findSigningKey(db: Db, kid: string): Promise<SigningKey | null> {
  const { rows } = await sql<Row>`select * from signing_keys where kid = ${kid}`.execute(db);
  return rows[0] ? toKey(rows[0]) : null;
}

/** Returns all keys that ever existed, the current one first. */
export async function listSigningKeys(db: Db): Promise<SigningKey[]> {
  const { rows } = await sql<Row>`select * from signing_keys
    order by array_position(array['current', 'next', 'previous', 'revoked'], state), created_at desc`.execute(
    db,
  );
  return rows.map(toKey);
}

/**
 * Returns the private keys for signing and verifying, the signing one first.
 * @throws if a key was encrypted with another USHER_SECRET
 */
export async function signingKeys(db: Db, keys: Sealing): Promise<SigningJwk[]> {
  const { rows } = await sql<Row>`select private_key from signing_keys
    where state in ('current', 'previous') order by state, created_at desc`.execute(db);
  return rows.map((row) => opened(keys, row));
}

/** Returns a version of the valid keys, to detect a change. */
export async function keySetVersion(db: Db): Promise<string> {
  const { rows } = await sql<{ kid: string; state: string }>`select kid, state from signing_keys
    where state <> 'revoked' order by kid`.execute(db);
  return rows.map(({ kid, state }) => `${kid} ${state}`).join();
}

/** Returns the public keys that verify tokens, including those from before the last rotation and after the next one. */
export async function publicKeys(db: Db): Promise<SigningJwk[]> {
  const { rows } = await sql<Row>`select public_jwk, certificate from signing_keys
    where state <> 'revoked'
    order by array_position(array['current', 'next', 'previous'], state), created_at desc`.execute(
    db,
  );
  return rows.map(({ public_jwk: jwk, certificate }) => {
    if (certificate === null) return jwk;
    const { x5c, x5t } = describeCertificate(certificate);
    return { ...jwk, x5t, x5c: [x5c] };
  });
}

function opened(keys: Sealing, row: Pick<Row, 'private_key'>): SigningJwk {
  try {
    return JSON.parse(decrypt(keys.encryption, Buffer.from(row.private_key)));
  } catch (cause) {
    throw new Error('The signing keys in the database were encrypted with another secret.', {
      cause,
    });
  }
}

function toKey(row: Row): SigningKey {
  if (row.certificate === null) throw new Error(`The key ${row.kid} has no certificate.`);
  const { pkcs7, fingerprint, thumbprint } = describeCertificate(row.certificate);
  return {
    kid: row.kid,
    state: row.state,
    certificate: row.certificate,
    pkcs7,
    fingerprint,
    thumbprint,
    currentSince: row.current_since,
    currentUntil: row.current_until,
    revokedAt: row.revoked_at,
  };
}

/** Names the key by its thumbprint (RFC 7638), which is the same wherever it is computed. */
function withName({ kty, n, e }: JsonWebKey): SigningJwk {
  const kid = sha256(JSON.stringify({ e, kty, n })).toString('base64url');
  return { kty, use: 'sig', n, e, kid, alg: ALG };
}
