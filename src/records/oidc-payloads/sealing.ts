import { decrypt, encrypt, sha256 } from '../../platform/crypto/crypto.ts';

export type Sealed = { sealed: string };

/** Encrypts a payload, because it contains other ids, which are bearer secrets. */
export function seal(key: Buffer, payload: Record<string, unknown>): string {
  const sealed = encrypt(key, JSON.stringify(payload)).toString('base64');
  return JSON.stringify({ sealed } satisfies Sealed);
}

/** Decrypts a payload. Returns `null` for one encrypted with another key, which is unusable. */
export function unseal(key: Buffer, { sealed }: Sealed): Record<string, unknown> | null {
  try {
    return JSON.parse(decrypt(key, Buffer.from(sealed, 'base64')));
  } catch {
    return null;
  }
}

/** Returns the stored hash of an id, which is a bearer secret. */
export function hash(id: string): string {
  return sha256(id).toString('base64url');
}

export function hashOrNull(id: string | null): string | null {
  return id === null ? null : hash(id);
}
