import type { Socket } from 'node:net';
import pg from 'pg';
import { DatabaseAwayError } from './away.ts';
import { createPresence, type Presence, type PresenceListener } from './presence.ts';

/** Properties of pg's client that its types omit. */
type Client = pg.ClientBase & {
  connection: { stream: Socket };
  readyForQuery?: boolean;
  processID: number | null;
};

export type WatchedPool = {
  pool: pg.Pool;
  presence: Presence;
  close(): Promise<void>;
};

// After this time the caller of a statement is gone.
const STATEMENT_MS = 60_000;
// Nothing waits between two statements of a transaction. A node that hangs keeps its locks no longer than this.
const IDLE_IN_TRANSACTION_MS = 15_000;
const CONNECT_MS = 5000;
const KEEP_ALIVE_MS = 10_000;
const LOOK_EVERY_MS = 500;
// After this silence of a statement the pool checks whether the database is there …
const SUSPICIOUS_MS = 1500;
// … and if it is, whether it still works on this statement.
const LOST_MS = 4000;

/**
 * Creates a pool of connections to PostgreSQL that detects dead ones. A socket may stay open although packets are dropped: nothing arrives
 * and nothing fails. After a silence this module therefore queries the database on a new connection. Without an answer the database is
 * away, and all waiting statements fail at once. If the answer shows that no backend works on the statement, only this connection is lost.
 * @param size maximum number of connections; the check takes one more
 */
export function createWatchedPool(options: {
  url: string;
  size: number;
  listener?: PresenceListener | undefined;
}): WatchedPool {
  /** All open connections, and since when a statement waits on each without receiving a byte. */
  const open = new Map<Client, { bytes: number; since: number | null; strikes: number }>();
  /** Connections whose backend has the process id that the client received. Behind a pooler that id means nothing. */
  const honest = new WeakSet<Client>();

  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    async onConnect(made) {
      const client = made as unknown as Client;
      // pg's pool listens only while a client is idle. An error without a listener ends the process.
      client.on('error', () => presence.suspect());
      client.once('end', () => open.delete(client));
      open.set(client, { bytes: -1, since: null, strikes: 0 });
      const { rows } = await made.query<{ pid: number }>(
        `select pg_backend_pid() as pid, set_config('statement_timeout', '${STATEMENT_MS}', false),
          set_config('idle_in_transaction_session_timeout', '${IDLE_IN_TRANSACTION_MS}', false)`,
      );
      if (rows[0]?.pid === client.processID) honest.add(client);
    },
  });
  // The next query replaces a dropped idle connection.
  pool.on('error', () => presence.suspect());

  const presence = createPresence({
    url: options.url,
    listener: {
      left() {
        const error = new DatabaseAwayError();
        for (const client of open.keys()) client.connection.stream.destroy(error);
        options.listener?.left();
      },
      returned: (awayMs) => options.listener?.returned(awayMs),
    },
  });

  function look(): void {
    const now = performance.now();
    let silent = 0;
    const lost: Client[] = [];
    for (const [client, mark] of open) {
      const bytes = client.connection.stream.bytesRead;
      if (client.readyForQuery === true || bytes !== mark.bytes) {
        open.set(client, { bytes, since: client.readyForQuery === true ? null : now, strikes: 0 });
        continue;
      }
      mark.since ??= now;
      silent = Math.max(silent, now - mark.since);
      if (now - mark.since > LOST_MS && honest.has(client)) lost.push(client);
    }
    if (lost.length > 0) void endLost(lost);
    else if (silent > SUSPICIOUS_MS) presence.suspect();
  }
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();

  async function endLost(clients: Client[]): Promise<void> {
    const working = await presence.workingOn(clients.flatMap((client) => client.processID ?? []));
    if (working === null) return;
    for (const client of clients) {
      const mark = open.get(client);
      if (!mark || mark.since === null) continue;
      if (client.processID !== null && working.has(client.processID)) mark.strikes = 0;
      // Twice in a row, because the answer may have been in transit.
      else if (++mark.strikes > 1) client.connection.stream.destroy(new DatabaseAwayError());
    }
  }

  return {
    pool,
    presence,
    async close() {
      clearInterval(timer);
      await presence.close();
      // Kysely ends the pool only if it has used it.
      if (!pool.ending) await pool.end();
    },
  };
}
