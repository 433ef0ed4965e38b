/** Reasons why a server, or a command that opens its database, cannot start. */
export type StartReason =
  | { kind: 'folder-in-use'; folder: string }
  | { kind: 'unusable-file'; file: string; said: string }
  | { kind: 'broken-embedded'; folder: string; said: string }
  | { kind: 'bad-secret-file'; file: string }
  | { kind: 'bad-tls-files'; said: string }
  | { kind: 'no-space'; folder: string; neededMb: number }
  | { kind: 'other-embedded-version'; folder: string; found: string; needed: string }
  | { kind: 'old-postgres'; found: string; needed: number }
  | { kind: 'newer-migrations'; name: string };

/** A start that failed for a known reason. */
export class StartProblem extends Error {
  readonly reason: StartReason;

  constructor(reason: StartReason) {
    super(sayReason(reason));
    this.name = 'StartProblem';
    this.reason = reason;
  }
}

/**
 * Returns one line for a person: why the program cannot start, and what to do.
 * @returns `null` for an unexpected error, whose stack is more useful
 */
export function describeStartProblem(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const known =
    error instanceof StartProblem
      ? error.message
      : (saySystemError(error) ?? sayDatabaseError(error));
  // Messages of libraries may have several lines.
  if (known !== null) return known.trim().replace(/\s*[\r\n]+\s*/g, ' ');
  return error.cause === undefined ? null : describeStartProblem(error.cause);
}

function sayReason(reason: StartReason): string {
  switch (reason.kind) {
    case 'folder-in-use':
      return `The data folder ${reason.folder} is in use by another server or command of Usher. Stop it first, or set DATA_DIR to another folder.`;
    case 'unusable-file':
      return unusable(reason.file, reason.said);
    case 'broken-embedded':
      return `The embedded database in ${reason.folder} cannot be opened: ${reason.said.replace(/\.$/, '')}. Restore the folder from a backup, or set DATA_DIR to another one.`;
    case 'bad-secret-file':
      return `${reason.file} contains no valid secret: it has fewer than 32 characters. Restore the file, or set USHER_SECRET. To continue with a new secret, remove the file. Open links and sessions then become invalid.`;
    case 'bad-tls-files':
      return `TLS_CERT and TLS_KEY cannot be used: ${reason.said.replace(/\.$/, '')}. Set both to PEM files that match and that this user can read.`;
    case 'no-space':
      return `${reason.folder} has too little free space: the embedded database needs ${reason.neededMb} MB. Free some space, or set DATA_DIR to another disk.`;
    case 'other-embedded-version':
      return `The embedded database in ${reason.folder} was created by PostgreSQL ${reason.found}, but this version of Usher contains ${reason.needed}. Use the version of Usher that created it, or set DATA_DIR to another folder.`;
    case 'old-postgres':
      return `The database is PostgreSQL ${reason.found}, which is too old. Usher needs PostgreSQL ${reason.needed} or newer.`;
    case 'newer-migrations':
      return `A newer version of Usher has changed the database: this version does not know the migration ${reason.name}. Start the newer version, or restore an earlier backup.`;
  }
}

function unusable(path: string, why: string): string {
  return `${path} cannot be read or written (${why}). Make the user who runs the server its owner, or set DATA_DIR to a folder that this user may write to.`;
}

function saySystemError(error: Error): string | null {
  if (!('code' in error && 'syscall' in error)) return null;
  const path = 'path' in error ? String(error.path) : '';
  if (error.syscall === 'listen') {
    const at =
      'address' in error && 'port' in error
        ? `${error.address}, port ${error.port}`
        : 'the address';
    switch (error.code) {
      case 'EADDRINUSE':
        return `Another program already listens at ${at}. Stop it, or set PORT to a free port.`;
      case 'EACCES':
        return `This user may not listen at ${at}. Set PORT to 1024 or above.`;
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
        return `This machine has no address ${'address' in error ? error.address : ''}. Set HOST to one that it has.`;
    }
  }
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return unusable(path, String(error.code));
    case 'ENOENT':
      // Node's report of a read-only disk.
      if (error.syscall === 'mkdir')
        return unusable(path, 'it does not exist and cannot be created');
      return `${path || 'A file'} does not exist. Correct the setting that names it.`;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return `${path || 'A file in DATA_DIR'} cannot be used: it is a file instead of a folder, or a folder instead of a file (${error.code}). Set DATA_DIR to a folder.`;
    case 'ENOSPC':
      return `The disk is full${path === '' ? '' : ` at ${path}`}. Free some space, or set DATA_DIR to another disk.`;
  }
  return null;
}

/** Reasons why a certificate is not trusted, as Node reports them. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function sayDatabaseError(error: Error): string | null {
  // The driver reports these errors without a code.
  if (error.message === 'There was an error establishing an SSL connection') {
    return unreachable('the server there is not PostgreSQL');
  }
  if (error.message === 'The server does not support SSL connections') {
    return 'PostgreSQL accepts no TLS connections, but DATABASE_URL requires one. Turn on TLS in PostgreSQL, or remove sslmode from DATABASE_URL.';
  }
  switch (codeOf(error)) {
    case '28P01':
    case '28000':
      return `PostgreSQL refuses the user or the password: ${error.message}. Correct them in DATABASE_URL.`;
    case '3D000':
      return `PostgreSQL has no such database: ${error.message}. Create it, or correct its name in DATABASE_URL.`;
    case '42501':
      return `The user of DATABASE_URL lacks permissions: ${error.message}. Make this user the owner of the database.`;
    case '53300':
      return `PostgreSQL has no connection left for this server: ${error.message}. Lower DATABASE_POOL_SIZE, or raise max_connections in PostgreSQL.`;
    case '25006':
      return `PostgreSQL accepts no writes: ${error.message}. The server is a standby, or read-only. Set DATABASE_URL to the primary.`;
    case '57P03':
      return `PostgreSQL accepts no connections yet: ${error.message}. Start again in a moment.`;
    case '53100':
      return `The disk of PostgreSQL is full: ${error.message}. Free some space there.`;
    case 'database_away':
      return (
        (error.cause instanceof Error && describeStartProblem(error.cause)) ||
        unreachable(codeOf(error.cause) ?? 'no answer')
      );
  }
  if (UNTRUSTED.has(codeOf(error) ?? '')) {
    return `The certificate of PostgreSQL is not trusted: ${error.message}. In DATABASE_URL, set sslrootcert to the authority that signed it, and use the host name of the certificate.`;
  }
  if ('severity' in error && error.severity === 'FATAL') {
    return `PostgreSQL refuses the connection: ${error.message}. Correct its configuration, or set DATABASE_URL to another database.`;
  }
  return null;
}

function unreachable(why: string): string {
  return `PostgreSQL cannot be reached at DATABASE_URL (${why}). Check that it runs, that host and port are right, and that no firewall blocks the connection.`;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
