import { Worker } from 'node:worker_threads';

/** How long one rendering may take, in milliseconds. */
const MOST_MS = 1000;
/** How long the thread may take to begin: it reads its modules, beside everything else that the machine does. */
const MOST_MS_TO_BEGIN = 20_000;
/** How much memory the thread may take, in megabytes. */
const MOST_MB = 64;

/** How one thread is used. */
export type Limits = {
  /** What waits beyond this number is refused. */
  mostWaiting: number;
  /** What has waited longer than this, in milliseconds, is refused when its turn comes. */
  mostWaitMs?: number;
  /** How much the thread has in hand, so that it does not wait for this one between two renderings. */
  inHand: number;
  /** For tests: how long one rendering may take. */
  mostMs?: number;
};

/** `over`: this rendering took more than it may. `unavailable`: it was not its fault. */
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
 * A thread that does one job after the other, each within a bounded time and memory: what takes more is ended together with the thread, and
 * another does what is left. It is started when there is something to do, and does not keep the process alive.
 * @returns a function that does a job. `refusal` is asked before its turn; a reason settles it as `over` at no cost
 */
export function createRenderThread(limits: Limits) {
  const { mostMs = MOST_MS, mostWaitMs = Number.POSITIVE_INFINITY } = limits;
  const waiting: Job[] = [];
  /** What the thread has, the one that it does now first. */
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
      // Out of memory, for one.
      problem = `rendering ended: ${error.message}`;
    });
    // Only then everything that it has done is here.
    worker.on('exit', () => end(own, problem));
    watch(own);
  }

  /** Gives the job at hand its time, from now. */
  function watch(own: NonNullable<typeof thread>): void {
    clearTimeout(timer);
    timer = undefined;
    if (own.isReady && inHand.length === 0) return;
    const ms = own.isReady ? mostMs : MOST_MS_TO_BEGIN;
    const problem = own.isReady ? `it takes longer than ${ms} ms` : 'rendering does not begin';
    const [job] = inHand;
    timer = setTimeout(() => {
      // Where this thread was busy itself, the answer may have come meanwhile: it is read first.
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
    // Without a job it was nobody's fault; one that never began would be started again and again.
    if (which.isReady) inHand.shift()?.settle({ kind: 'over', problem });
    else for (const job of waiting.splice(0)) job.settle({ kind: 'unavailable', problem });
    waiting.unshift(...inHand.splice(0));
    handOut();
  }

  function handOut(): void {
    while (inHand.length < limits.inHand) {
      const job = waiting[0];
      if (job === undefined) break;
      // Waiting for a thread to begin is nobody's queue.
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
