import { Worker } from 'node:worker_threads';

/** Maximum duration of one rendering, in milliseconds. */
const MOST_MS = 1000;
/** Maximum time for the thread to start, in milliseconds: it loads its modules while the machine may be busy. */
const MOST_MS_TO_BEGIN = 20_000;
/** Maximum memory of the thread, in megabytes. */
const MOST_MB = 64;

/** Limits of one thread. */
export type Limits = {
  /** Maximum number of waiting jobs. Further jobs are refused. */
  mostWaiting: number;
  /** Maximum wait in milliseconds. A job that waited longer is refused at its turn. */
  mostWaitMs?: number;
  /** Number of jobs that are sent to the thread ahead, so that it is never idle between two renderings. */
  inHand: number;
  /** For tests: maximum duration of one rendering, in milliseconds. */
  mostMs?: number;
};

/** `over`: this rendering exceeded its budget. `unavailable`: the cause was not this rendering. */
export type Done =
  | { kind: 'done'; result: unknown }
  | { kind: 'over'; problem: string }
  | { kind: 'unavailable'; problem: string };

type Job = {
  message: unknown;
  since: number;
  refusal(): string | null;
  settle(done: Done): void;
};

const TOO_MUCH_WAITS: Done = { kind: 'unavailable', problem: 'too much waits to be rendered' };

/**
 * Creates a thread that does one job after the other, each within a bounded time and memory. If a job exceeds the bounds, the thread is
 * ended and a new thread does the remaining jobs. The thread starts with the first job and does not keep the process alive.
 * @returns a function that does a job. It asks `refusal` before the job's turn; a reason settles the job as `over` without rendering.
 */
export function createRenderThread(limits: Limits) {
  const { mostMs = MOST_MS, mostWaitMs = Number.POSITIVE_INFINITY } = limits;
  const waiting: Job[] = [];
  /** The jobs that the thread has, the current one first. */
  const inHand: Job[] = [];
  let thread: { worker: Worker; isReady: boolean; readyAt: number } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    const worker = new Worker(new URL('./render-worker.ts', import.meta.url), {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MOST_MB, maxYoungGenerationSizeMb: 16 },
    });
    const own = { worker, isReady: false, readyAt: Number.POSITIVE_INFINITY };
    thread = own;
    worker.on('message', (message: unknown) => {
      if (thread !== own) return;
      if (message === 'ready') Object.assign(own, { isReady: true, readyAt: performance.now() });
      else inHand.shift()?.settle({ kind: 'done', result: Reflect.get(Object(message), 'result') });
      watch(own);
      handOut();
    });
    let problem = 'rendering ended';
    worker.on('error', (error) => {
      // For example, out of memory.
      problem = `the rendering ended: ${error.message}`;
    });
    // At this event, all finished work of the thread has arrived.
    worker.on('exit', () => end(own, problem));
    watch(own);
  }

  /** Starts the time limit of the current job. */
  function watch(own: NonNullable<typeof thread>): void {
    clearTimeout(timer);
    timer = undefined;
    if (own.isReady && inHand.length === 0) return;
    const ms = own.isReady ? mostMs : MOST_MS_TO_BEGIN;
    const problem = own.isReady ? `it takes longer than ${ms} ms` : 'the rendering does not start';
    const [job] = inHand;
    timer = setTimeout(() => {
      // If this thread was busy, the answer may already be here: read it first.
      setImmediate(() => {
        if (thread === own && inHand[0] === job) end(own, problem);
      });
    }, ms);
  }

  function end(which: typeof thread, problem: string): void {
    if (thread !== which || which === undefined) return;
    thread = undefined;
    clearTimeout(timer);
    timer = undefined;
    void which.worker.terminate();
    // If no job was running, no job is at fault. A thread that never became ready would be restarted without end.
    if (which.isReady) inHand.shift()?.settle({ kind: 'over', problem });
    else for (const job of waiting.splice(0)) job.settle({ kind: 'unavailable', problem });
    waiting.unshift(...inHand.splice(0));
    handOut();
  }

  function handOut(): void {
    while (inHand.length < limits.inHand) {
      const job = waiting[0];
      if (job === undefined) break;
      // The start of a thread does not count as waiting time.
      const since = Math.max(job.since, thread?.readyAt ?? Number.POSITIVE_INFINITY);
      if (performance.now() - since > mostWaitMs) {
        waiting.shift();
        job.settle(TOO_MUCH_WAITS);
        continue;
      }
      const refusal = job.refusal();
      if (refusal !== null) {
        waiting.shift();
        job.settle({ kind: 'over', problem: refusal });
        continue;
      }
      if (thread === undefined) start();
      if (thread?.isReady !== true) break;
      waiting.shift();
      giveTo(thread, job);
    }
    if (waiting.length + inHand.length > 0) thread?.worker.ref();
    else thread?.worker.unref();
  }

  function giveTo(own: NonNullable<typeof thread>, job: Job): void {
    try {
      own.worker.postMessage(job.message);
      inHand.push(job);
      if (inHand.length === 1) watch(own);
    } catch (error) {
      const problem = error instanceof Error ? error.message : 'unknown';
      job.settle({ kind: 'unavailable', problem });
    }
  }

  return (message: unknown, refusal: () => string | null = () => null): Promise<Done> =>
    new Promise((settle) => {
      if (waiting.length >= limits.mostWaiting) return settle(TOO_MUCH_WAITS);
      waiting.push({ message, since: performance.now(), refusal, settle });
      handOut();
    });
}
