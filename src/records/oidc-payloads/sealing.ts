import { decrypt, encrypt, sha256 } from '../../platform/crypto/crypto.ts';

export type Sealed = { sealed: string };

/** Payloads name other ids, which are bearer secrets, so they are kept encrypted. */
export function seal(key: Buffer, payload: Record<string, unknown>): string {
  const sealed = encrypt(key, JSON.stringify(payload)).toString('base64');
  return JSON.stringify({ sealed } satisfies Sealed);
}

/** null: sealed under another secret, nobody can use it any more. */
export function unseal(key: Buffer, { sealed }: Sealed): Record<string, unknown> | null {
  try {
    return JSON.parse(decrypt(key, Buffer.from(sealed, 'base64')));
  } catch {
    return null;
  }
}

/** Ids are bearer secrets: only this of them is kept. */
export function hash(id: string): string {
  return sha256(id).toString('base64url');
}

export function hashOrNull(id: string | null): string | null {
  return id === null ? null : hash(id);
}
