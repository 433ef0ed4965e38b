import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import type { Connection } from './connection-row.ts';
import { objectAt } from './option-values.ts';

/** Scripts that Usher runs, by their names in `options.customScripts`. */
export const DIRECTORY_SCRIPTS = [
  'login',
  'get_user',
  'create',
  'verify',
  'change_password',
  'delete',
  'change_email',
] as const;

export type DirectoryScript = (typeof DIRECTORY_SCRIPTS)[number];

/** A directory without scripts, as `options.directory` describes it. Secrets among its fields are encrypted. */
export type DirectoryOptions = { type: string } & Record<string, unknown>;

export type CustomDatabase = {
  /** Whether users are copied at their first login. If not, the directory keeps the passwords. */
  isImporting: boolean;
  scripts: Partial<Record<DirectoryScript, string>>;
  /** Whether the scripts get an argument with the organization. */
  hasContext: boolean;
  directory: DirectoryOptions | null;
};

type WithOptions = Pick<Connection, 'options'>;

/** Returns the legacy user database of a connection. `null`: Usher keeps its users alone. */
export function customDatabaseOf(
  connection: WithOptions & Pick<Connection, 'strategy'>,
): CustomDatabase | null {
  const { options, strategy } = connection;
  if (strategy !== 'auth0' || options.enabledDatabaseCustomization !== true) return null;
  const sources = objectAt(options, 'customScripts');
  const { directory } = options;
  return {
    isImporting: options.import_mode === true,
    scripts: Object.fromEntries(
      DIRECTORY_SCRIPTS.flatMap((name) => {
        const source = sources[name];
        return typeof source === 'string' && source.trim() !== '' ? [[name, source]] : [];
      }),
    ),
    hasContext: options.enable_script_context === true,
    directory: isDirectory(directory) ? directory : null,
  };
}

function isDirectory(value: unknown): value is DirectoryOptions {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  );
}

/** How encrypted values begin, as at Auth0. The API shows them in this form, and takes it back. */
const SEALED = '2.0$';

/** Keeps other encrypted data of the server from being read as a value of `configuration`. */
const PURPOSE = 'configuration:';

/**
 * Encrypts the values of `options.configuration`. Values that are encrypted already stay as they are.
 * @param key 32 bytes for AES-256-GCM
 */
export function sealConfiguration(
  options: Record<string, unknown>,
  key: Buffer,
): Record<string, unknown> {
  const { configuration } = options;
  if (typeof configuration !== 'object' || configuration === null) return options;
  const sealed = Object.entries(configuration).map(([name, value]) => [
    name,
    typeof value !== 'string' || openValue(value, key) !== null
      ? value
      : SEALED + encrypt(key, PURPOSE + value).toString('base64'),
  ]);
  return { ...options, configuration: Object.fromEntries(sealed) };
}

/**
 * Returns what the scripts of a connection see as `configuration`. Values encrypted with another key are omitted.
 * @param keys.encryption 32 bytes for AES-256-GCM
 */
export function openConfiguration(
  keys: { encryption: Buffer },
  { options }: WithOptions,
): Record<string, string> {
  const opened = Object.entries(objectAt(options, 'configuration')).flatMap(([name, value]) => {
    const plain = typeof value === 'string' ? openValue(value, keys.encryption) : null;
    return plain === null ? [] : [[name, plain] as const];
  });
  return Object.fromEntries(opened);
}

/**
 * Returns the names of values of `configuration` that look encrypted, but not by this server.
 * @param key 32 bytes for AES-256-GCM
 */
export function foreignConfiguration({ options }: WithOptions, key: Buffer): string[] {
  return Object.entries(objectAt(options, 'configuration')).flatMap(([name, value]) =>
    typeof value === 'string' && value.startsWith(SEALED) && openValue(value, key) === null
      ? [name]
      : [],
  );
}

function openValue(value: string, key: Buffer): string | null {
  if (!value.startsWith(SEALED)) return null;
  try {
    const plain = decrypt(key, Buffer.from(value.slice(SEALED.length), 'base64'));
    return plain.startsWith(PURPOSE) ? plain.slice(PURPOSE.length) : null;
  } catch {
    return null;
  }
}
