import pg from 'pg';
import { DatabaseAwayError } from './away.ts';

/** Called when the database goes away and when it returns. */
export type PresenceListener = {
  left(): void;
  /**
   *
   * @param awayMs duration of the absence, in milliseconds
   */
  returned(awayMs: number): void;
};

export type Presence = {
  /** Throws {@link DatabaseAwayError} while the database is known to be away, so that no caller waits in vain. */
  check(): void;
  /** Reports a sign of absence, which is checked soon. Calls are cheap. */
  suspect(): void;
  /** Checks now, on a connection of its own, within two seconds. Returns true if the database accepts writes. */
  ask(): Promise<boolean>;
  /** Returns the backends among `pids` that work on a statement, or `null` if the database does not say. */
  workingOn(pids: number[]): Promise<Set<number> | null>;
  close(): Promise<void>;
};

const ANSWER_MS = 1500;
const AGAIN_MS = 500;
// An answer is valid for this time, whatever looks suspicious.
const GOOD_FOR_MS = 1000;
// too_many_connections: the database is there, and open connections still work.
const FULL = '53300';

/**
 * Creates the monitor of the database's presence. It checks only after a sign of absence, and then repeatedly while the database is away.
 */
export function createPresence(options: { url: string; listener: PresenceListener }): Presence {
  let awaySince: number | null = null;
  let asked: Promise<boolean> | null = null;
  const open = new Set<Promise<boolean>>();
  let lastGood = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function recordAnswer(there: boolean, begunAt: number): void {
    // An unanswered older check means nothing once a newer one was answered.
    if (closed || (!there && begunAt < lastGood)) return;
    const now = performance.now();
    if (there) lastGood = now;
    if (!there && awaySince === null) {
      awaySince = now;
      options.listener.left();
      // The timer does not wait for answers. Otherwise a return would be noticed only after the last check has timed out.
      timer = setInterval(() => void question(), AGAIN_MS);
      timer.unref();
    } else if (there && awaySince !== null) {
      const awayMs = Math.round(now - awaySince);
      awaySince = null;
      clearInterval(timer);
      options.listener.returned(awayMs);
    }
  }

  function question(): Promise<boolean> {
    const begunAt = performance.now();
    const answer = askOnce(options.url, async (client) => {
      const { rows } = await client.query<{ value: string }>(
        `select current_setting('transaction_read_only') as value`,
      );
      // Read-only is a standby, or a former primary.
      return rows[0]?.value === 'off';
    }).then((said) => {
      open.delete(answer);
      const there = said === 'full' || said === true;
      recordAnswer(there, begunAt);
      return there;
    });
    open.add(answer);
    return answer;
  }

  /** Callers at the same time share one answer. */
  function ask(): Promise<boolean> {
    asked ??= question().finally(() => {
      asked = null;
    });
    return asked;
  }

  return {
    check() {
      if (awaySince !== null) throw new DatabaseAwayError();
    },
    suspect() {
      if (closed || awaySince !== null || performance.now() - lastGood < GOOD_FOR_MS) return;
      void ask();
    },
    ask,
    async workingOn(pids) {
      const answer = await askOnce(options.url, async (client) => {
        const { rows } = await client.query<{ pid: number }>(
          `select pid from pg_stat_activity
            where pid = any($1::int[]) and state = 'active' and wait_event is distinct from 'ClientWrite'`,
          [pids],
        );
        return new Set(rows.map((row) => row.pid));
      });
      return answer === 'full' ? null : answer;
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}

/** Runs one query on a new connection. Returns `null` without an answer in time. */
async function askOnce<T>(
  url: string,
  question: (client: pg.Client) => Promise<T>,
): Promise<T | 'full' | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MS });
  // The listener stays after the answer, because a socket may fail while it closes.
  client.on('error', () => {});
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), ANSWER_MS);
  const answer = client
    .connect()
    .then(() => question(client))
    .catch((error: unknown) => {
      const isFull =
        typeof error === 'object' && error !== null && 'code' in error && error.code === FULL;
      return isFull ? 'full' : null;
    });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
    client.end().catch(() => {});
    // The farewell is written, but a silent server would never read it.
    setTimeout(() => connection.stream.destroy(), 200).unref();
  }
}
