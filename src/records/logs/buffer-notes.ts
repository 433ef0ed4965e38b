import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, isDatabaseAway, sqlState } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import { currentRequest } from '../../platform/request-context/request-context.ts';
import { appendNotes } from './append-notes.ts';
import { gatherRepeats, type Seen } from './gather-repeats.ts';
import type { Audit, LogEvent } from './log-event.ts';
import { writeNote } from './write-note.ts';

export type NotesDeps = { db: Db; clock: Clock; log: Log };

export type BufferedNotes = Audit & {
  /** Stores all notes so far. Resolves when they are stored or the database refuses. */
  flush(): Promise<void>;
  /** Stores the remaining notes and accepts no more. */
  close(): Promise<void>;
};

const WAIT_MS = 250;
const RETRY_MS = 1000;
const SETTLE_MS = 10_000;
// On the embedded database a statement blocks everything else while it runs.
const BATCH = 200;
// While the database is away notes wait here: some minutes of a busy node, in bounded memory.
const MOST_BYTES = 64 * 1024 * 1024;
const LAST_TRIES = 3;

/** Creates a buffer. Notes wait up to 250 ms and are written in batches, one statement after the other. */
export function bufferNotes({ db, clock, log }: NotesDeps): BufferedNotes {
  let waiting: string[] = [];
  let bytes = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<boolean> | undefined;
  let closed = false;

  function later(ms: number): void {
    if (timer !== undefined || closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      void store();
    }, ms);
  }

  /** Writes one batch at a time. Returns false if the database is away; the rest waits. */
  function store(): Promise<boolean> {
    running ??= storeAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function storeAll(): Promise<boolean> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      try {
        await append(batch);
      } catch (error) {
        if (!isDatabaseAway(error)) {
          log.warn({ err: error, waiting: waiting.length }, 'the tenant log cannot be written');
        }
        later(RETRY_MS);
        return false;
      }
      waiting = waiting.slice(batch.length);
      bytes -= batch.reduce((sum, note) => sum + note.length, 0);
    }
    if (dropped > 0) log.error({ dropped }, 'notes for the tenant log were lost: too many waited');
    dropped = 0;
    return true;
  }

  /** A note that the database refuses must not block the others. */
  async function append(batch: string[]): Promise<void> {
    try {
      await appendNotes(db, batch);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (batch.length === 1) {
        log.error({ err: error }, 'a note for the tenant log was refused');
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await append(batch.slice(0, half));
      await append(batch.slice(half));
    }
  }

  function take({ event, request }: Seen): void {
    const note = writeNote(event, request, clock.now());
    if (bytes + note.length > MOST_BYTES) {
      dropped++;
      return;
    }
    waiting.push(note);
    bytes += note.length;
    if (waiting.length === BATCH && running === undefined) void store();
    else later(WAIT_MS);
  }

  const repeats = gatherRepeats(() => clock.now(), take);
  const settling = setInterval(() => repeats.settleUntil(clock.now()), SETTLE_MS);
  settling.unref();

  return {
    record(event: LogEvent) {
      try {
        if (!closed) repeats.add({ event, request: currentRequest() });
      } catch (error) {
        log.error({ err: error, type: event.type }, 'an event could not be noted');
      }
    },

    async flush() {
      // A running write may have begun without the latest notes; the next one stores them.
      if (await store()) await store();
    },

    async close() {
      clearInterval(settling);
      repeats.settleUntil();
      clearTimeout(timer);
      timer = undefined;
      for (let tries = 0; tries < LAST_TRIES; tries++) {
        if ((await store()) && waiting.length === 0) break;
      }
      closed = true;
      clearTimeout(timer);
      if (waiting.length > 0)
        log.error({ lost: waiting.length }, 'notes for the tenant log were lost');
    },
  };
}

/** Returns whether the database rejects the values permanently (classes 22 and 23), or one of its limits was exceeded (54). */
function isRefusal(error: unknown): boolean {
  return /^(?:22|23|54)/.test(sqlState(error) ?? '');
}
