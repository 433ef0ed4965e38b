import type { SqlDialect } from '../../../platform/named-parameters/named-parameters.ts';

/** A legacy user database in an SQL database. */
export type SqlSettings = {
  type: 'sql';
  dialect: SqlDialect;
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  /** `null`: not encrypted. `ca`: certificates in PEM that are trusted instead of the well-known ones. */
  tls: { ca: string | null } | null;
  /** Statements with named parameters: `get_user`, and what else is possible. */
  queries: Record<string, string>;
  /** The column of each attribute of the profile. Keys of metadata are named with a dot. */
  columns: Record<string, string>;
  passwordHash: HashColumns;
  newHash: 'bcrypt' | 'argon2id';
  timeoutMs: number;
  maxConnections: number;
};

export type HashColumns = {
  column: string;
  scheme: HashScheme;
  /** Of digests. */
  encoding: 'hex' | 'base64';
  saltColumn: string | null;
  saltPosition: 'prefix' | 'suffix';
};

export type HashScheme =
  | 'auto'
  | 'bcrypt'
  | 'argon2'
  | 'pbkdf2'
  | 'scrypt'
  | 'django'
  | 'aspnet-identity'
  | 'ldap'
  | 'md4'
  | 'md5'
  | 'sha1'
  | 'sha256'
  | 'sha512';

/** A row by the names of its columns. */
export type Row = Record<string, unknown>;

export type SqlAnswer = { rows: Row[]; changed: number };

/** One connection to a database. */
export type SqlSession = {
  /** Begins a transaction. */
  begin(isReading: boolean): Promise<void>;
  /** Runs one prepared statement. Values travel beside the text. */
  run(text: string, values: unknown[]): Promise<SqlAnswer>;
  commit(): Promise<void>;
  /** Closes the socket at once. Whatever runs ends with an error. */
  destroy(): void;
  /** Bytes that have been read from the socket. */
  bytesRead(): number;
  /** Lets the process end although the connection is open, or not. */
  hold(isUsed: boolean): void;
  isOpen(): boolean;
  /** Returns whether an error says that a row with the same key exists. */
  isDuplicate(error: unknown): boolean;
};
