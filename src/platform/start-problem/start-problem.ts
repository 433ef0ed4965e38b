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
      return `The embedded database in ${reason.folder} can't be opened: ${reason.said.replace(/\.$/, '')}. Restore the folder from a backup, or set DATA_DIR to another one.`;
    case 'bad-secret-file':
      return `${reason.file} holds no secret: it has fewer than 32 characters. Put the right one back, or set USHER_SECRET. Without it open links and sessions end; if that may be, remove the file.`;
    case 'bad-tls-files':
      return `TLS_CERT and TLS_KEY can't be used: ${reason.said.replace(/\.$/, '')}. Set both to files in PEM form that belong together and that this user may read.`;
    case 'no-space':
      return `There is too little space in ${reason.folder}: the embedded database needs ${reason.neededMb} MB. Make room, or set DATA_DIR to another disk.`;
    case 'other-embedded-version':
      return `The embedded database in ${reason.folder} was made by PostgreSQL ${reason.found}, and this version of Usher has ${reason.needed}. Use the version that made it, or set DATA_DIR to another folder.`;
    case 'old-postgres':
      return `The database is PostgreSQL ${reason.found}, which is too old. Usher needs PostgreSQL ${reason.needed} or newer.`;
    case 'newer-migrations':
      return `The database was made by a newer version of Usher: it has the migration ${reason.name}, which this version does not know. Start the newer version, or restore a backup from before.`;
  }
}

function unusable(path: string, why: string): string {
  return `${path} can't be read or written (${why}). Give it to the user who runs the server, or set DATA_DIR to a folder that this user may write to.`;
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
        return `Another program listens at ${at} already. Stop it, or set PORT to a free port.`;
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
      if (error.syscall === 'mkdir') return unusable(path, 'it is not there and can not be made');
      return `There is no ${path || 'such file'}. Mend the setting that names it.`;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return `${path || 'A file in DATA_DIR'} can't be used: a file is where a folder should be, or the other way round (${error.code}). Set DATA_DIR to a folder.`;
    case 'ENOSPC':
      return `The disk is full${path === '' ? '' : ` at ${path}`}. Make room, or set DATA_DIR to another disk.`;
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
    return unreachable('what answers there is no PostgreSQL');
  }
  if (error.message === 'The server does not support SSL connections') {
    return 'PostgreSQL takes no connections over TLS, and DATABASE_URL asks for one. Switch it on there, or remove sslmode from DATABASE_URL.';
  }
  switch (codeOf(error)) {
    case '28P01':
    case '28000':
      return `PostgreSQL refuses the user or the password of DATABASE_URL: ${error.message}. Mend them in DATABASE_URL.`;
    case '3D000':
      return `PostgreSQL has no such database: ${error.message}. Create it, or mend its name in DATABASE_URL.`;
    case '42501':
      return `The user of DATABASE_URL may not do what a start needs: ${error.message}. Let this user own the database.`;
    case '53300':
      return `PostgreSQL has no connection left for this server: ${error.message}. Lower DATABASE_POOL_SIZE, or raise max_connections there.`;
    case '25006':
      return `PostgreSQL takes no writes at DATABASE_URL: ${error.message}. It is a standby, or set to read only. Name the primary in DATABASE_URL.`;
    case '57P03':
      return `PostgreSQL takes no connections yet: ${error.message}. Start again in a moment.`;
    case '53100':
      return `The disk of PostgreSQL is full: ${error.message}. Make room there.`;
    case 'database_away':
      return (
        (error.cause instanceof Error && describeStartProblem(error.cause)) ||
        unreachable(codeOf(error.cause) ?? 'no answer')
      );
  }
  if (UNTRUSTED.has(codeOf(error) ?? '')) {
    return `The certificate of PostgreSQL is not trusted: ${error.message}. Name the authority that signed it with sslrootcert in DATABASE_URL, and the host as the certificate does.`;
  }
  if ('severity' in error && error.severity === 'FATAL') {
    return `PostgreSQL refuses the connection of DATABASE_URL: ${error.message}. Mend that there, or name another database.`;
  }
  return null;
}

function unreachable(why: string): string {
  return `PostgreSQL can't be reached at DATABASE_URL (${why}). Check host and port, and whether it runs and a firewall is between.`;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
