import type { Socket } from 'node:net';
import { Client, DatabaseError, type QueryResult } from 'pg';
import type { Egress } from '../../../platform/egress/egress.ts';
import type { Row, SqlSession, SqlSettings } from './settings.ts';

const UNIQUE_VIOLATION = '23505';

/** Opens a connection to PostgreSQL. @throws EgressError, or an error of the driver */
export async function openPostgres(egress: Egress, settings: SqlSettings): Promise<SqlSession> {
  const { host, port, tls, timeoutMs } = settings;
  const socket = await egress.connect(host, port, { timeoutMs });
  const client = new Client({
    host,
    port,
    user: settings.user,
    password: settings.password,
    database: settings.database,
    ssl:
      tls === null ? false : { rejectUnauthorized: true, ...(tls.ca !== null && { ca: tls.ca }) },
    stream: () => opened(socket),
    connectionTimeoutMillis: timeoutMs,
    application_name: 'usher',
  });
  let isOpen = true;
  // The server may close a connection that nobody uses.
  client.on('error', () => {
    isOpen = false;
  });
  client.on('end', () => {
    isOpen = false;
  });
  const destroy = () => {
    isOpen = false;
    socket.destroy();
  };
  try {
    await client.connect();
  } catch (error) {
    destroy();
    throw error;
  }
  return {
    async begin(isReading) {
      const mode = isReading ? 'read only' : 'read write';
      // The numbers are ours.
      await client.query(`begin ${mode}; set local statement_timeout = ${Math.ceil(timeoutMs)}`);
    },
    async run(text, values) {
      // Extended: one statement only, also without values. The types of the driver do not know it yet.
      const query = { text, values, queryMode: 'extended' };
      const result: QueryResult<Row> = await client.query<Row>(query);
      return { rows: result.rows, changed: result.rowCount ?? 0 };
    },
    async commit() {
      await client.query('commit');
    },
    destroy,
    bytesRead: () => socket.bytesRead,
    hold: (isUsed) => (isUsed ? socket.ref() : socket.unref()),
    isOpen: () => isOpen && !socket.destroyed,
    isDuplicate: (error) => error instanceof DatabaseError && error.code === UNIQUE_VIOLATION,
  };
}

/** The driver wants to open its socket itself. This one is open already, and leads where the rules of outgoing calls allow. */
function opened(socket: Socket): Socket {
  socket.connect = () => {
    queueMicrotask(() => socket.emit('connect'));
    return socket;
  };
  return socket;
}
