import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import { sealConfiguration } from './custom-database.ts';
import { mapDirectorySecrets } from './directory-options.ts';

type Options = Record<string, unknown>;

/** Options of an identity provider with which anyone could act as this server there. */
const SECRETS = [
  'client_secret',
  'app_secret',
  'signing_key',
  'decryptionKey',
  'twilio_token',
  'gateway_authentication',
  'admin_access_token',
  'admin_refresh_token',
];

/**
 * Encrypts the secrets among options, for the database.
 * @param key 32 bytes for AES-256-GCM
 */
export function sealSecrets(options: Options, key: Buffer): Options {
  return mapped(sealConfiguration(options, key), (value) => ({
    sealed: encrypt(key, JSON.stringify(value)).toString('base64'),
  }));
}

/**
 * Reverses {@link sealSecrets}. Values encrypted with another key are omitted.
 * @param key 32 bytes for AES-256-GCM
 */
export function openSecrets(options: Options, key: Buffer): Options {
  return mapped(options, (value) => {
    if (!isSealed(value)) return value;
    try {
      return JSON.parse(decrypt(key, Buffer.from(String(value.sealed), 'base64')));
    } catch {
      return undefined;
    }
  });
}

/**
 * Returns whether a secret among options was encrypted with another key, so that {@link openSecrets} omits it.
 * @param key 32 bytes for AES-256-GCM
 */
export function hasLostSecrets(options: Options, key: Buffer): boolean {
  const opened = openSecrets(options, key);
  return SECRETS.some((name) => isSealed(options[name]) && opened[name] === undefined);
}

function isSealed(value: unknown): value is { sealed: unknown } {
  return typeof value === 'object' && value !== null && 'sealed' in value;
}

function mapped(given: Options, change: (value: unknown) => unknown): Options {
  const options = mapDirectorySecrets(given, change);
  const found = SECRETS.filter((name) => options[name] !== undefined && options[name] !== null);
  if (found.length === 0) return options;
  return { ...options, ...Object.fromEntries(found.map((name) => [name, change(options[name])])) };
}
