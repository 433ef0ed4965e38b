import type { DatabaseConnection, Driver } from 'kysely';

const AWAY = 'database_away';

/** The database is unreachable or does not answer. A request is answered with 503 and may be repeated; background work waits. */
export class DatabaseAwayError extends Error {
  readonly code = AWAY;
  readonly statusCode = 503;

  constructor(cause?: unknown) {
    super('The database cannot be reached.', { cause });
    this.name = 'DatabaseAwayError';
  }
}

// Errors of the socket and of the host lookup.
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
// admin_shutdown, crash_shutdown, cannot_connect_now, idle_in_transaction_session_timeout, read_only_sql_transaction (a former primary),
// disk_full.
const ENDING = new Set(['57P01', '57P02', '57P03', '25P03', '25006', '53100']);
// Messages of pg and its pool that carry no code.
const SAID =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed)/;

/** Returns true for an error that says nothing about the statement: no database was available to run it. */
export function isDatabaseAway(error: unknown): boolean {
  // The task queue passes copies of errors.
  if (typeof error !== 'object' || error === null) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined) {
    return 'message' in error && typeof error.message === 'string' && SAID.test(error.message);
  }
  // Class 08: connection exceptions.
  return code === AWAY || UNREACHABLE.has(code) || ENDING.has(code) || /^08...$/.test(code);
}

/**
 * Wraps a driver so that its errors report an unreachable database in one way.
 * @param presence.check throws while the database is known to be away
 * @param presence.suspect is called for each such error
 */
export function reportUnreachable(
  driver: Driver,
  presence: { check(): void; suspect(): void },
): Driver {
  const known = new WeakSet<DatabaseConnection>();
  const translated = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      presence.suspect();
      throw error instanceof DatabaseAwayError ? error : new DatabaseAwayError(error);
    }
  };
  return {
    init: (options) => driver.init(options),
    async acquireConnection(options) {
      presence.check();
      const connection = await translated(driver.acquireConnection(options));
      if (known.has(connection)) return connection;
      known.add(connection);
      const execute = connection.executeQuery.bind(connection);
      connection.executeQuery = (query, options) => translated(execute(query, options));
      return connection;
    },
    beginTransaction: (connection, settings) =>
      translated(driver.beginTransaction(connection, settings)),
    commitTransaction: (connection) => translated(driver.commitTransaction(connection)),
    rollbackTransaction: (connection) => translated(driver.rollbackTransaction(connection)),
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    destroy: (options) => driver.destroy(options),
  };
}
