import type { Socket } from 'node:net';
import pg from 'pg';
import { DatabaseAwayError } from './away.ts';
import { createPresence, type Presence, type PresenceListener } from './presence.ts';

/** What pg's client has and its types leave out. */
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

// A statement that takes longer has lost its way: whoever asked has gone.
const STATEMENT_MS = 60_000;
// Between two statements nothing is waited for. A node that fell silent keeps its locks no longer.
const IDLE_IN_TRANSACTION_MS = 15_000;
const CONNECT_MS = 5000;
const KEEP_ALIVE_MS = 10_000;
const LOOK_EVERY_MS = 500;
// A statement that is silent for so long makes us ask whether the database is there at all …
const SUSPICIOUS_MS = 1500;
// … and if it is, whether it still works on this statement.
const LOST_MS = 4000;

/**
 * Connections to PostgreSQL that notice when they lead nowhere. A socket may stay open although packets are dropped: nothing arrives and
 * nothing fails. So whoever waits in silence makes this module ask on a new connection. No answer: the database is away, and what waits
 * fails at once. An answer that nobody works on the statement: this one connection is lost.
 * @param size connections at most; asking takes one more
 */
export function createWatchedPool(options: {
  url: string;
  size: number;
  listener?: PresenceListener | undefined;
}): WatchedPool {
  /** All that are open, and since when a statement waits on them without a byte. */
  const open = new Map<Client, { bytes: number; since: number | null; strikes: number }>();
  /** Backends known by the number that the client was given; behind a pooler that number says nothing. */
  const honest = new WeakSet<Client>();

  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    async onConnect(made) {
      const client = made as unknown as Client;
      // pg's pool listens only while a client rests; without a listener an error ends the process.
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
  // A dropped idle connection is replaced at the next query.
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
    const working = await presence.workingOn(clients.flatMap((one) => one.processID ?? []));
    if (working === null) return;
    for (const client of clients) {
      const mark = open.get(client);
      if (!mark || mark.since === null) continue;
      if (client.processID !== null && working.has(client.processID)) mark.strikes = 0;
      // Twice: the answer may just have been on its way.
      else if (++mark.strikes > 1) client.connection.stream.destroy(new DatabaseAwayError());
    }
  }

  return {
    pool,
    presence,
    async close() {
      clearInterval(timer);
      await presence.close();
      // Kysely ends the pool only when it has used it.
      if (!pool.ending) await pool.end();
    },
  };
}
