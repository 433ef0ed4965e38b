import { decrypt, encrypt, sha256 } from '../../platform/crypto/crypto.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import type { ClientSettings } from './client-settings.ts';

/** What is kept of a client's secret. */
export type KeptSecret = {
  /** SHA-256 of the secret, which judges who it is. */
  secretHash: Buffer;
  /** The secret itself, encrypted, where secrets are to be read back. */
  secretSealed: Buffer | null;
};

export type SecretKeeper = {
  /** `hashed` when absent. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** `encryption`: 32 bytes for AES-256-GCM. */
  keys: { encryption: Buffer };
};

/** A secret of 64 letters and digits. */
export function newClientSecret(): string {
  return randomAlnum(64);
}

/** What is kept of a secret as this server is set: of every secret of an application, whoever made it. */
export function keepSecret({ clientSecrets, keys }: SecretKeeper, secret: string): KeptSecret {
  const sealed = clientSecrets === 'encrypted' ? encrypt(keys.encryption, secret) : null;
  return { secretHash: sha256(secret), secretSealed: sealed };
}

/** The secret as it is shown; undefined where only its hash is here, or nobody is to see more. */
export function shownSecret(
  { clientSecrets, keys }: SecretKeeper,
  { secretSealed }: { secretSealed?: Buffer | null },
): string | undefined {
  return clientSecrets === 'encrypted' && secretSealed
    ? decrypt(keys.encryption, secretSealed)
    : undefined;
}

/**
 * The secret with which a client's ID tokens are signed; null where that is done with a key of this server: because the
 * client wants it so, or because only the secret's hash is here.
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
