import type { DatabaseConnection, Driver } from 'kysely';

/** Runs `work` again after an error that a retry can resolve. */
export type TryAgain = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Wraps a driver so that it also repeats statements outside a transaction. Each is a transaction of its own, so a failed one left nothing
 * behind. Inside a transaction only the whole transaction can be repeated.
 */
export function repeatAlone(driver: Driver, tryAgain: TryAgain): Driver {
  const known = new WeakSet<DatabaseConnection>();
  const busy = new WeakSet<DatabaseConnection>();
  const ends = (end: (connection: DatabaseConnection) => Promise<void>) => {
    return async (connection: DatabaseConnection) => {
      try {
        await end(connection);
      } finally {
        busy.delete(connection);
      }
    };
  };
  return {
    init: (options) => driver.init(options),
    async acquireConnection(options) {
      const connection = await driver.acquireConnection(options);
      if (known.has(connection)) return connection;
      known.add(connection);
      const execute = connection.executeQuery.bind(connection);
      connection.executeQuery = (query, options) =>
        busy.has(connection) ? execute(query, options) : tryAgain(() => execute(query, options));
      return connection;
    },
    async beginTransaction(connection, settings) {
      busy.add(connection);
      try {
        await driver.beginTransaction(connection, settings);
      } catch (error) {
        busy.delete(connection);
        throw error;
      }
    },
    commitTransaction: ends((connection) => driver.commitTransaction(connection)),
    rollbackTransaction: ends((connection) => driver.rollbackTransaction(connection)),
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    destroy: (options) => driver.destroy(options),
  };
}
