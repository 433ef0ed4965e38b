import { PgBoss } from 'pg-boss';
import { type Database, type Db, executeRaw, isDatabaseAway } from '../db/db.ts';
import type { Log } from '../log/log.ts';

export { countLateTasks } from './late-tasks.ts';

/** A kind of background work: its name, and the data of one piece (ids, never secrets). */
export type Task<Data extends object> = {
  readonly name: string;
  /** Maximum number of pieces that one node works on at once. */
  readonly concurrency: number;
  readonly retryLimit: number;
  readonly data?: Data;
};

/** Declares a kind of background work. Its handler must be safe to run twice. */
export function defineTask<Data extends object>(
  name: string,
  options: { concurrency?: number; retryLimit?: number } = {},
): Task<Data> {
  return { name, concurrency: options.concurrency ?? 1, retryLimit: options.retryLimit ?? 1000 };
}

export type EnqueueOptions = {
  /** Earliest start. */
  startAfter?: Date;
  /** While a piece with this key waits, no other one is added. */
  singletonKey?: string;
};

/** Adds work to the queue inside the caller's transaction. The work exists when the transaction commits. */
export type Enqueue = <Data extends object>(
  tx: Db,
  task: Task<Data>,
  data: Data,
  options?: EnqueueOptions,
) => Promise<void>;

export type Handler<Data extends object> = (data: Data, signal: AbortSignal) => Promise<void>;

/** No piece of work has this id. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export type Tasks = {
  enqueue: Enqueue;
  /** Creates the queues. With `work`, it also starts the handlers. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type Registration = { task: Task<object>; handler: Handler<object> };

/** Connects a task with its handler. */
export function handle<Data extends object>(
  task: Task<Data>,
  handler: Handler<Data>,
): Registration {
  return { task: task as Task<object>, handler: handler as Handler<object> };
}

/**
 * Creates the task queue, on the server's own database. If a node dies, its heartbeat stops. Another node, or the same one after a restart,
 * gets its work after at most twenty seconds.
 * @param work `false` for a node that only serves requests
 */
export function createTasks(deps: {
  database: Database;
  log: Log;
  registrations: Registration[];
  work: boolean;
}): Tasks {
  const { database, log, registrations, work } = deps;
  const boss = new PgBoss({
    db: { executeSql: (text, values) => database.execute(text, values) },
    backend: database.kind === 'embedded' ? 'pglite' : 'postgres',
    schema: 'tasks',
    supervise: work,
    schedule: false,
    monitorIntervalSeconds: 5,
    superviseIntervalSeconds: 5,
    reindex: false,
    monitorVacuum: false,
  });
  // The absence of the database is already logged; every poll would repeat it.
  boss.on('error', (error) => {
    if (!isDatabaseAway(error)) log.error({ err: error }, 'task queue');
  });
  // Work enqueued by this node starts without waiting for the next poll.
  const workers = new Map<string, string[]>();

  return {
    async enqueue(tx, task, data, options = {}) {
      // The library would look up an unknown queue outside the transaction, which waits forever on a single connection.
      if (!registrations.some((registration) => registration.task.name === task.name)) {
        throw new Error(`No handler is registered for the task ${task.name}.`);
      }
      await boss.send(task.name, data, {
        db: { executeSql: (text, values) => executeRaw(tx, text, values) },
        retryLimit: task.retryLimit,
        ...(options.startAfter && { startAfter: options.startAfter }),
        // The queue's policy keeps one waiting piece per key. Without a key it would keep only one in total.
        singletonKey: options.singletonKey ?? JSON.stringify(data),
      });
      // After the commit, a few milliseconds later. If the commit takes longer, the poll finds the work.
      setTimeout(() => {
        for (const id of workers.get(task.name) ?? []) boss.notifyWorker(id);
      }, 30).unref();
    },
    async start() {
      await boss.start();
      for (const { task } of registrations) {
        await boss.createQueue(task.name, {
          policy: 'short',
          expireInSeconds: 3600,
          heartbeatSeconds: 10,
          retryBackoff: true,
          retryDelay: 1,
          retryDelayMax: 60,
          deleteAfterSeconds: 3600,
        });
        // The library looks up a new queue outside the transaction, which waits forever on a single connection.
        await boss.findJobs(task.name, { id: NOBODY });
      }
      if (!work) return;
      for (const { task, handler } of registrations) {
        const ids: string[] = [];
        for (let i = 0; i < task.concurrency; i++) {
          ids.push(
            await boss.work<object>(task.name, { pollingIntervalSeconds: 1 }, async (jobs) => {
              for (const job of jobs) {
                try {
                  await handler(job.data, job.signal);
                } catch (error) {
                  if (!isDatabaseAway(error)) {
                    log.error({ err: error, task: task.name, data: job.data }, 'task failed');
                  }
                  throw error;
                }
              }
            }),
          );
        }
        workers.set(task.name, ids);
      }
    },
    async stop() {
      await boss.stop({ graceful: true, timeout: 10_000 });
    },
  };
}
