import { Worker } from 'node:worker_threads';

/** How long one rendering may take, in milliseconds. */
const MOST_MS = 1000;
/** How much memory the thread may take, in megabytes. */
const MOST_MB = 64;
/** What waits beyond this is refused: others get the built-in text meanwhile. */
const MOST_WAITING = 1000;

export type Done = { kind: 'done'; result: unknown } | { kind: 'over'; problem: string };

type Job = { message: unknown; settle(done: Done): void };

/**
 * A thread that does one job after the other, each within a bounded time and memory: what takes more is ended together with the thread, and
 * another is started for the next. It is started when there is something to do, and does not keep the process alive.
 */
export function createRenderThread() {
  const waiting: Job[] = [];
  let thread: { worker: Worker; isReady: boolean } | undefined;
  let current: { job: Job; timer: NodeJS.Timeout } | undefined;

  function start(): void {
    const worker = new Worker(new URL('./render-worker.ts', import.meta.url), {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MOST_MB, maxYoungGenerationSizeMb: 16 },
    });
    const own = { worker, isReady: false };
    thread = own;
    worker.on('message', (message: unknown) => {
      if (thread !== own) return;
      if (message === 'ready') own.isReady = true;
      else finish({ kind: 'done', result: Reflect.get(Object(message), 'result') });
      next();
    });
    // Out of memory, for one.
    worker.on('error', (error) => end(own, `rendering ended: ${error.message}`));
    worker.on('exit', () => end(own, 'rendering ended'));
    worker.unref();
  }

  function end(which: typeof thread, problem: string): void {
    if (thread !== which || which === undefined) return;
    thread = undefined;
    void which.worker.terminate();
    // One that never began would be started again and again.
    if (!which.isReady) for (const job of waiting.splice(0)) job.settle({ kind: 'over', problem });
    finish({ kind: 'over', problem });
    next();
  }

  function finish(done: Done): void {
    if (current === undefined) return;
    clearTimeout(current.timer);
    const { job } = current;
    current = undefined;
    job.settle(done);
  }

  function next(): void {
    if (current !== undefined || waiting.length === 0) {
      if (current === undefined) thread?.worker.unref();
      return;
    }
    if (thread === undefined) start();
    thread?.worker.ref();
    if (thread?.isReady !== true) return;
    const job = waiting.shift();
    if (job === undefined) return;
    const own = thread;
    const timer = setTimeout(() => end(own, `it takes longer than ${MOST_MS} ms`), MOST_MS);
    current = { job, timer };
    try {
      own.worker.postMessage(job.message);
    } catch (error) {
      finish({ kind: 'over', problem: error instanceof Error ? error.message : 'unknown' });
      next();
    }
  }

  return (message: unknown): Promise<Done> =>
    new Promise((settle) => {
      if (waiting.length >= MOST_WAITING) {
        settle({ kind: 'over', problem: 'too much waits to be rendered' });
        return;
      }
      waiting.push({ message, settle });
      next();
    });
}
