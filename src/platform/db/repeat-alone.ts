import type { DatabaseConnection, Driver } from 'kysely';

/** Runs `work` again when the database asks for it. */
export type TryAgain = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * A driver that also runs statements outside a transaction again: each is a transaction of its own, so what was given up for another
 * one has left nothing behind. Inside a transaction only the whole can be repeated.
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
