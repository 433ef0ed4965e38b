import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';

/** A secret of an action as it is stored. */
export type SealedSecret = {
  name: string;
  /** Encrypted, in Base64. */
  sealed: string;
  /** ISO 8601. */
  updatedAt: string;
};

/**
 * Encrypts a list of secrets. A secret without a value keeps the value that it has among `former`.
 * @param key 32 bytes for AES-256-GCM
 * @returns the secrets, or the names of those that have no value
 */
export function sealActionSecrets(
  key: Buffer,
  input: {
    secrets: { name: string; value?: string | undefined }[];
    former: SealedSecret[];
    now: Date;
  },
): { kind: 'sealed'; secrets: SealedSecret[] } | { kind: 'no_value'; names: string[] } {
  const former = new Map(input.former.map((secret) => [secret.name, secret]));
  const missing: string[] = [];
  const secrets = input.secrets.flatMap(({ name, value }) => {
    const kept = former.get(name);
    if (value === undefined && kept === undefined) missing.push(name);
    if (value === undefined) return kept ?? [];
    const sealed = encrypt(key, value).toString('base64');
    return { name, sealed, updatedAt: input.now.toISOString() };
  });
  return missing.length > 0 ? { kind: 'no_value', names: missing } : { kind: 'sealed', secrets };
}

/**
 * Decrypts secrets. Those that were encrypted with another key are omitted.
 * @param key 32 bytes for AES-256-GCM
 */
export function openActionSecrets(key: Buffer, secrets: SealedSecret[]): Record<string, string> {
  const opened = secrets.flatMap(({ name, sealed }) => {
    try {
      return [[name, decrypt(key, Buffer.from(sealed, 'base64'))]];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(opened);
}
