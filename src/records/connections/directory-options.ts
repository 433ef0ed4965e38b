import { numberOf, objectAt } from './option-values.ts';

type Options = Record<string, unknown>;

/** Fields of `options.directory` with which anyone could act as this server at the directory. */
const DIRECTORY_SECRETS = [
  'password',
  'bind_password',
  'authentication.client_secret',
  'authentication.value',
] as const;

/** Fields that say where the secrets are sent. Who changes one of them must give the secrets again. */
const DIRECTORY_TARGETS = [
  'type',
  'dialect',
  'host',
  'port',
  'tls',
  'endpoints',
  'authentication.type',
  'authentication.token_url',
] as const;

/** Operations of an HTTP directory, by their names in `endpoints`. */
export const DIRECTORY_ENDPOINTS = [
  'login',
  'get_user',
  'create',
  'change_password',
  'verify',
  'change_email',
  'delete',
  'count',
] as const;

/** Queries of an SQL directory, and the parameters that each may name. */
export const DIRECTORY_QUERIES = {
  get_user: ['identifier'],
  login: ['identifier'],
  create: ['email', 'username', 'phone_number', 'password_hash', 'user_metadata', 'app_metadata'],
  change_password: ['email', 'password_hash'],
  verify: ['email'],
  change_email: ['email', 'new_email', 'email_verified'],
  delete: ['id'],
  count: [],
} as const satisfies Record<string, readonly string[]>;

/** What a column or an attribute can be. Keys of metadata are named with a dot, such as `app_metadata.plan`. */
export const DIRECTORY_PROFILE_FIELDS = [
  'user_id',
  'email',
  'email_verified',
  'username',
  'phone_number',
  'phone_verified',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'picture',
  'blocked',
  'mfa_factors',
  'user_metadata',
  'app_metadata',
] as const;

/** How passwords were hashed. `auto`: every value says it itself. */
export const DIRECTORY_HASH_SCHEMES = [
  'auto',
  'bcrypt',
  'argon2',
  'pbkdf2',
  'scrypt',
  'django',
  'aspnet-identity',
  'ldap',
  'md4',
  'md5',
  'sha1',
  'sha256',
  'sha512',
] as const;

/** How passwords are hashed for the directory. */
export const DIRECTORY_NEW_HASHES = ['bcrypt', 'argon2id'] as const;

const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_CONNECTIONS = 5;
const PORTS = { postgres: 5432, mysql: 3306 };

/**
 * Reads `options.directory`, which has been checked when it was stored, in the words of the code. Secrets must be open.
 * @param defaults.tokenUrl the own token endpoint
 * @returns `null` if it is no directory of a known type
 */
export function readDirectory(directory: Options | null, defaults: { tokenUrl: string }) {
  switch (directory?.type) {
    case 'http':
      return httpDirectory(directory, defaults.tokenUrl);
    case 'sql':
      return sqlDirectory(directory);
    case 'ldap':
      return ldapDirectory(directory);
    default:
      return null;
  }
}

function httpDirectory(from: Options, ownTokenUrl: string) {
  const authentication = objectAt(from, 'authentication');
  return {
    type: 'http' as const,
    endpoints: textsIn(objectAt(from, 'endpoints')),
    authentication:
      authentication.type === 'header'
        ? {
            kind: 'header' as const,
            name: textOf(authentication.name) ?? '',
            value: textOf(authentication.value) ?? '',
          }
        : {
            kind: 'token' as const,
            url: textOf(authentication.token_url) ?? ownTokenUrl,
            clientId: textOf(authentication.client_id) ?? '',
            clientSecret: textOf(authentication.client_secret) ?? '',
            audience: textOf(authentication.audience),
            scope: textOf(authentication.scope),
          },
    timeoutMs: numberOf(from.timeout_ms) ?? DEFAULT_TIMEOUT_MS,
  };
}

function sqlDirectory(from: Options) {
  const hash = objectAt(from, 'password_hash');
  const dialect = from.dialect === 'mysql' ? ('mysql' as const) : ('postgres' as const);
  return {
    type: 'sql' as const,
    dialect,
    host: textOf(from.host) ?? '',
    port: numberOf(from.port) ?? PORTS[dialect],
    database: textOf(from.database) ?? '',
    user: textOf(from.user) ?? '',
    password: textOf(from.password) ?? '',
    tls: tlsOf(from),
    queries: textsIn(objectAt(from, 'queries')),
    columns: textsIn(objectAt(from, 'columns')),
    passwordHash: {
      column: textOf(hash.column) ?? '',
      scheme: DIRECTORY_HASH_SCHEMES.find((scheme) => scheme === hash.scheme) ?? 'auto',
      encoding: hash.encoding === 'base64' ? ('base64' as const) : ('hex' as const),
      saltColumn: textOf(hash.salt_column),
      saltPosition: hash.salt_position === 'suffix' ? ('suffix' as const) : ('prefix' as const),
    },
    newHash: DIRECTORY_NEW_HASHES.find((scheme) => scheme === from.new_hash) ?? 'bcrypt',
    timeoutMs: numberOf(from.timeout_ms) ?? DEFAULT_TIMEOUT_MS,
    maxConnections: numberOf(from.max_connections) ?? DEFAULT_CONNECTIONS,
  };
}

function ldapDirectory(from: Options) {
  return {
    type: 'ldap' as const,
    /** `ldaps` encrypts from the first byte on, `starttls` after a request. */
    security:
      from.tls === 'off'
        ? ('off' as const)
        : from.tls === 'starttls'
          ? ('starttls' as const)
          : ('ldaps' as const),
    ca: textOf(from.ca),
    host: textOf(from.host) ?? '',
    port: numberOf(from.port) ?? (from.tls === 'starttls' || from.tls === 'off' ? 389 : 636),
    bindDn: textOf(from.bind_dn),
    bindPassword: textOf(from.bind_password) ?? '',
    baseDn: textOf(from.base_dn) ?? '',
    filter: textOf(from.filter),
    dnTemplate: textOf(from.dn_template),
    attributes: textsIn(objectAt(from, 'attributes')),
    areEmailsVerified: from.emails_are_verified === true,
    countFilter: textOf(from.count_filter),
    timeoutMs: numberOf(from.timeout_ms) ?? DEFAULT_TIMEOUT_MS,
    maxConnections: numberOf(from.max_connections) ?? DEFAULT_CONNECTIONS,
  };
}

/** `null`: the connection is not encrypted. */
function tlsOf(from: Options): { ca: string | null } | null {
  return from.tls === 'off' ? null : { ca: textOf(from.ca) };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function textsIn(from: Options): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' ? [[name, value] as const] : [],
    ),
  );
}

/**
 * Changes the secrets of `options.directory`.
 * @param change returns the new value, or `undefined` to leave the secret out
 */
export function mapDirectorySecrets(
  options: Options,
  change: (value: unknown) => unknown,
): Options {
  const { directory } = options;
  if (typeof directory !== 'object' || directory === null) return options;
  const changed: Options = { ...directory };
  const authentication = objectAt(changed, 'authentication');
  if (changed.authentication !== undefined) changed.authentication = authentication;
  for (const path of DIRECTORY_SECRETS) {
    const name = path.replace('authentication.', '');
    const place = name === path ? changed : authentication;
    const value = place[name];
    if (value === undefined || value === null) continue;
    const next = change(value);
    if (next === undefined) delete place[name];
    else place[name] = next;
  }
  return { ...options, directory: changed };
}

/**
 * Returns the options of an update, with the secrets of `directory` that it leaves out. A secret goes only where it went before.
 * @param before the options until now, with open secrets
 * @returns `null` if a secret is missing because the update sends it elsewhere
 */
export function withKeptSecrets(before: Options, options: Options): Options | null {
  const [was, is] = [objectAt(before, 'directory'), objectAt(options, 'directory')];
  if (options.directory === undefined || options.directory === null) return options;
  const missing = DIRECTORY_SECRETS.filter(
    (path) => at(was, path) !== undefined && at(is, path) === undefined,
  );
  if (missing.length === 0) return options;
  const isMoved = DIRECTORY_TARGETS.some(
    (path) => JSON.stringify(at(was, path)) !== JSON.stringify(at(is, path)),
  );
  if (isMoved) return null;
  const authentication = { ...objectAt(is, 'authentication') };
  for (const path of missing) {
    const name = path.replace('authentication.', '');
    (name === path ? is : authentication)[name] = at(was, path);
  }
  if (is.authentication !== undefined) is.authentication = authentication;
  return { ...options, directory: is };
}

function at(from: Options, path: string): unknown {
  const [first = '', second] = path.split('.');
  return second === undefined ? from[first] : objectAt(from, first)[second];
}
