import pg from 'pg';
import { DatabaseAwayError } from './away.ts';

/** Told when the database goes away and when it comes back. */
export type PresenceListener = {
  left(): void;
  /** @param awayMs how long it was away, in milliseconds */
  returned(awayMs: number): void;
};

export type Presence = {
  /** Throws {@link DatabaseAwayError} while the database is known to be away: nobody waits for what can't come. */
  check(): void;
  /** Something looked like an absence: find out, soon. Cheap to call often. */
  suspect(): void;
  /** Asks now, on a connection of its own. Answers within two seconds; true: it takes writes. */
  ask(): Promise<boolean>;
  /** Which of these backends work on a statement; null: the database doesn't say. */
  workingOn(pids: number[]): Promise<Set<number> | null>;
  close(): Promise<void>;
};

const ANSWER_MS = 1500;
const AGAIN_MS = 500;
// An answer counts for so long, whatever looks suspicious.
const GOOD_FOR_MS = 1000;
// too_many_connections: it is there, and those who have a connection go on.
const FULL = '53300';

/** Knows whether the database is there. It asks only when there is reason to, and keeps asking while the database is away. */
export function createPresence(options: { url: string; listener: PresenceListener }): Presence {
  let awaySince: number | null = null;
  let asked: Promise<boolean> | null = null;
  const open = new Set<Promise<boolean>>();
  let lastGood = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function settle(there: boolean, begunAt: number): void {
    // Silence on an older question says nothing, once a newer one was answered.
    if (closed || (!there && begunAt < lastGood)) return;
    const now = performance.now();
    if (there) lastGood = now;
    if (!there && awaySince === null) {
      awaySince = now;
      options.listener.left();
      // Without waiting for answers: what comes back must not be noticed only after the last silence has ended.
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
      // A standby, or a primary that has been replaced.
      return rows[0]?.value === 'off';
    }).then((said) => {
      open.delete(answer);
      const there = said === 'full' || said === true;
      settle(there, begunAt);
      return there;
    });
    open.add(answer);
    return answer;
  }

  /** Whoever asks at the same time hears the same answer. */
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

/** One question on a new connection; null: no answer in time. */
async function askOnce<T>(
  url: string,
  question: (client: pg.Client) => Promise<T>,
): Promise<T | 'full' | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MS });
  // Also after the answer: a socket may fail while it is being closed.
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
    // The goodbye has been written; a silent server would never take it.
    setTimeout(() => connection.stream.destroy(), 200).unref();
  }
}
