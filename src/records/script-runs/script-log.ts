import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, isDatabaseAway } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import type { Log } from '../../platform/log/log.ts';
import { insertScriptRuns, type ScriptRun } from './run-rows.ts';

/** Stores runs of scripts in the background, so that no login waits for it. */
export type ScriptLog = {
  note(run: Omit<ScriptRun, 'id' | 'ranAt'>): void;
  /** Stores what waits, and accepts no more. */
  close(): Promise<void>;
};

const WAIT_MS = 250;
/** Of one connection and one node. A script that writes at every login must not fill the database. */
const MOST_PER_MINUTE = 120;
const MINUTE_MS = 60_000;
const MOST_LINES = 50;
const MOST_TEXT = 1000;

/** Creates the log. It keeps runs that wrote something or that had a problem, up to 120 a minute and connection. */
export function createScriptLog({ db, clock, log }: { db: Db; clock: Clock; log: Log }): ScriptLog {
  let waiting: ScriptRun[] = [];
  let timer: NodeJS.Timeout | undefined;
  let storing: Promise<void> = Promise.resolve();
  let closed = false;
  let minute = 0;
  let counts = new Map<string, number>();

  function isWithinLimit(connectionId: string, now: Date): boolean {
    const current = Math.floor(now.getTime() / MINUTE_MS);
    if (current !== minute) counts = new Map();
    minute = current;
    const count = (counts.get(connectionId) ?? 0) + 1;
    counts.set(connectionId, count);
    return count <= MOST_PER_MINUTE;
  }

  async function store(): Promise<void> {
    timer = undefined;
    const batch = waiting;
    waiting = [];
    try {
      await insertScriptRuns(db, batch);
    } catch (error) {
      if (isDatabaseAway(error)) return;
      log.warn({ err: error, lost: batch.length }, 'runs of scripts could not be stored');
    }
  }

  return {
    note(run) {
      if (closed || (run.lines.length === 0 && run.problem === '')) return;
      const ranAt = clock.now();
      if (!isWithinLimit(run.connectionId, ranAt)) return;
      const lines = run.lines.slice(0, MOST_LINES).map(({ level, text }) => ({
        level,
        text: storable(text),
      }));
      waiting.push({ ...run, id: newId('run'), problem: storable(run.problem), lines, ranAt });
      timer ??= setTimeout(() => {
        storing = storing.then(store);
      }, WAIT_MS);
    },

    async close() {
      closed = true;
      clearTimeout(timer);
      await storing;
      await store();
    },
  };
}

function storable(text: string): string {
  return text.slice(0, MOST_TEXT).replaceAll('\0', '\u{fffd}').toWellFormed();
}
