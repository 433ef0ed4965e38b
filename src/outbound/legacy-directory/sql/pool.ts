import { unavailable } from '../answers.ts';
import type { DirectoryFailure } from '../directory.ts';
import type { SqlAnswer, SqlSession } from './settings.ts';

export type Statement = { text: string; values: unknown[]; isReading: boolean };

export type SqlOutcome =
  | ({ kind: 'answered' } & SqlAnswer)
  | { kind: 'duplicate' }
  | { kind: 'error'; error: unknown }
  | DirectoryFailure;

/** A few connections to one database, opened when they are needed. */
export type SqlPool = {
  /** Runs one statement in a transaction of its own. Never rejects. */
  run(statement: Statement): Promise<SqlOutcome>;
};

/** One row is asked for. */
const MOST_BYTES = 1024 * 1024;
const WATCH_MS = 20;
const MOST_WAITING = 200;
const IDLE_MS = 30_000;

/**
 * @param limits.max open connections
 * @param limits.timeoutMs milliseconds for waiting, connecting and the statement together
 */
export function createSqlPool(
  open: () => Promise<SqlSession>,
  limits: { max: number; timeoutMs: number },
): SqlPool {
  const idle: { session: SqlSession; timer: NodeJS.Timeout }[] = [];
  const waiting: (() => void)[] = [];
  let used = 0;

  async function turn(signal: AbortSignal): Promise<boolean> {
    if (used < limits.max) {
      used++;
      return true;
    }
    if (waiting.length >= MOST_WAITING) return false;
    return new Promise((resolve) => {
      const give = () => resolve(true);
      waiting.push(give);
      signal.addEventListener('abort', () => {
        const at = waiting.indexOf(give);
        if (at === -1) return;
        waiting.splice(at, 1);
        resolve(false);
      });
    });
  }

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else used--;
  }

  function take(): SqlSession | null {
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      clearTimeout(kept.timer);
      if (!kept.session.isOpen()) continue;
      kept.session.hold(true);
      return kept.session;
    }
    return null;
  }

  function keep(session: SqlSession): void {
    session.hold(false);
    const timer = setTimeout(() => {
      const at = idle.findIndex((each) => each.session === session);
      if (at !== -1) idle.splice(at, 1);
      session.destroy();
    }, IDLE_MS);
    timer.unref();
    idle.push({ session, timer });
  }

  async function inTurn(statement: Statement, signal: AbortSignal): Promise<SqlOutcome> {
    // A connection that waited may have died without a sign: a first failure of one is tried again with a new one.
    const kept = take();
    if (kept !== null) {
      const outcome = await runOn(kept, statement, signal);
      if (outcome.kind === 'kept') return outcome.outcome;
      // Without a transaction, nothing was done.
      if (outcome.hasBegun || signal.aborted) return outcome.outcome;
    }
    let session: SqlSession;
    try {
      session = await orAborted(open(), signal);
    } catch (error) {
      return { kind: 'error', error };
    }
    return (await runOn(session, statement, signal)).outcome;
  }

  type Ran =
    | { kind: 'kept'; outcome: SqlOutcome }
    | { kind: 'closed'; outcome: SqlOutcome; hasBegun: boolean };

  async function runOn(
    session: SqlSession,
    statement: Statement,
    signal: AbortSignal,
  ): Promise<Ran> {
    const from = session.bytesRead();
    let isLarge = false;
    let hasBegun = false;
    const watch = setInterval(() => {
      isLarge ||= session.bytesRead() - from > MOST_BYTES;
      if (isLarge) session.destroy();
    }, WATCH_MS);
    const stop = () => session.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      await session.begin(statement.isReading);
      hasBegun = true;
      const answer = await session.run(statement.text, statement.values);
      await session.commit();
      if (session.bytesRead() - from > MOST_BYTES) isLarge = true;
      else keep(session);
      if (!isLarge) return { kind: 'kept', outcome: { kind: 'answered', ...answer } };
      session.destroy();
      return closed(tooLarge());
    } catch (error) {
      // The transaction ends with its connection.
      session.destroy();
      if (isLarge) return closed(tooLarge());
      if (signal.aborted) return closed(timedOut());
      const outcome: SqlOutcome = session.isDuplicate(error)
        ? { kind: 'duplicate' }
        : { kind: 'error', error };
      return { kind: 'closed', outcome, hasBegun };
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
    }
  }

  const closed = (outcome: SqlOutcome): Ran => ({
    kind: 'closed',
    outcome,
    hasBegun: true,
  });
  const timedOut = () =>
    unavailable('timed-out', `The database did not answer within ${limits.timeoutMs / 1000} s.`);
  const tooLarge = () =>
    unavailable('too-large', `The database sent more than ${MOST_BYTES} bytes for one user.`);

  return {
    async run(statement) {
      const signal = AbortSignal.timeout(limits.timeoutMs);
      if (!(await turn(signal))) {
        return unavailable('busy', `All ${limits.max} connections to the database are in use.`);
      }
      try {
        const outcome = await inTurn(statement, signal);
        return outcome.kind === 'error' && signal.aborted ? timedOut() : outcome;
      } finally {
        leave();
      }
    },
  };
}

/** A connection that opens too late is closed. */
async function orAborted(opening: Promise<SqlSession>, signal: AbortSignal): Promise<SqlSession> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => {
    opening.then(
      (session) => session.destroy(),
      () => {},
    );
    reject(signal.reason);
  };
  promise.catch(() => {});
  signal.addEventListener('abort', late, { once: true });
  try {
    return await Promise.race([opening, promise]);
  } finally {
    signal.removeEventListener('abort', late);
  }
}
