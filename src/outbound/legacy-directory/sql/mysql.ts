import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Egress } from '../../../platform/egress/egress.ts';
import type { SqlAnswer, SqlSession, SqlSettings } from './settings.ts';

const DUPLICATE_ENTRY = 1062;

/** Opens a connection to MySQL or MariaDB. @throws EgressError, or an error of the driver */
export async function openMysql(egress: Egress, settings: SqlSettings): Promise<SqlSession> {
  const { host, port, tls, timeoutMs } = settings;
  const socket = await egress.connect(host, port, { timeoutMs });
  let connection: Connection;
  try {
    connection = await createConnection({
      host,
      port,
      user: settings.user,
      password: settings.password,
      database: settings.database,
      stream: socket,
      ...(tls !== null && {
        ssl: {
          rejectUnauthorized: true,
          verifyIdentity: true,
          ...(tls.ca !== null && { ca: tls.ca }),
        },
      }),
      connectTimeout: timeoutMs,
      multipleStatements: false,
      // A server must not read files of this machine.
      flags: ['-LOCAL_FILES'],
      supportBigNumbers: true,
      bigNumberStrings: false,
      dateStrings: true,
      maxPreparedStatements: 50,
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  let isOpen = true;
  connection.on('error', () => {
    isOpen = false;
  });
  connection.on('end', () => {
    isOpen = false;
  });
  await limitStatements(connection, timeoutMs);
  return {
    async begin(isReading) {
      await connection.query(`start transaction ${isReading ? 'read only' : 'read write'}`);
    },
    async run(text, values) {
      const [result] = await connection.execute(text, values.map(bindable));
      return answerOf(result);
    },
    async commit() {
      await connection.query('commit');
    },
    destroy() {
      isOpen = false;
      connection.destroy();
      socket.destroy();
    },
    bytesRead: () => socket.bytesRead,
    hold: (isUsed) => (isUsed ? socket.ref() : socket.unref()),
    isOpen: () => isOpen && !socket.destroyed,
    isDuplicate: (error) =>
      error instanceof Error && 'errno' in error && error.errno === DUPLICATE_ENTRY,
  };
}

/** MySQL limits reading statements, MariaDB all. A server that knows neither is limited by the connection, which is closed in time. */
async function limitStatements(connection: Connection, timeoutMs: number): Promise<void> {
  for (const limit of [
    `set session max_execution_time = ${Math.ceil(timeoutMs)}`,
    `set session max_statement_time = ${Math.ceil(timeoutMs) / 1000}`,
  ]) {
    try {
      await connection.query(limit);
      return;
    } catch {
      // The other kind of server.
    }
  }
}

/** Prepared statements take no booleans from this driver for every column type: MySQL has numbers. */
function bindable(value: unknown): string | number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function answerOf(result: unknown): SqlAnswer {
  if (!Array.isArray(result)) {
    const changed =
      typeof result === 'object' && result !== null && 'affectedRows' in result
        ? Number(result.affectedRows)
        : 0;
    return { rows: [], changed };
  }
  const rows = result.filter(
    (row): row is RowDataPacket => typeof row === 'object' && row !== null,
  );
  return { rows: rows.map((row) => ({ ...row })), changed: 0 };
}
