import { decrypt, encrypt, sha256 } from '../../platform/crypto/crypto.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import type { ClientSettings } from './client-settings.ts';

/** The stored form of a client's secret. */
export type KeptSecret = {
  /** SHA-256 of the secret. Authentication compares only this. */
  secretHash: Buffer;
  /** The encrypted secret, if secrets are readable on this server. */
  secretSealed: Buffer | null;
};

export type SecretKeeper = {
  /** Default: `hashed`. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** `encryption`: 32 bytes for AES-256-GCM. */
  keys: { encryption: Buffer };
};

/** Returns a secret of 64 letters and digits. */
export function newClientSecret(): string {
  return randomAlnum(64);
}

/** Returns the stored form of a secret, as the server is configured. Every secret of an application passes through here. */
export function keepSecret({ clientSecrets, keys }: SecretKeeper, secret: string): KeptSecret {
  const sealed = clientSecrets === 'encrypted' ? encrypt(keys.encryption, secret) : null;
  return { secretHash: sha256(secret), secretSealed: sealed };
}

/** Returns the secret to show, or `undefined` if only its hash is stored or the caller may not see it. */
export function shownSecret(
  { clientSecrets, keys }: SecretKeeper,
  { secretSealed }: { secretSealed?: Buffer | null },
): string | undefined {
  return clientSecrets === 'encrypted' && secretSealed
    ? decrypt(keys.encryption, secretSealed)
    : undefined;
}

/**
 * Returns the secret that signs a client's ID tokens, or `null` if the server's key signs them: because the client is set so, or because
 * only the secret's hash is stored.
 * @param key 32 bytes for AES-256-GCM
 */
export function idTokenSecretOf(
  { settings, secretSealed }: { settings: ClientSettings; secretSealed?: Buffer | null },
  key: Buffer,
): string | null {
  const { alg } = settings.jwtConfiguration;
  if (alg !== 'HS256' || !secretSealed || settings.tokenEndpointAuthMethod === 'none') return null;
  return decrypt(key, secretSealed);
}
