import { PgBoss } from 'pg-boss';
import { type Database, type Db, executeRaw, isDatabaseAway } from '../db/db.ts';
import type { Log } from '../log/log.ts';

export { countLateTasks } from './late-tasks.ts';

/** A kind of background work: its name, and what one piece of it carries (ids, never secrets). */
export type Task<Data extends object> = {
  readonly name: string;
  /** How many pieces one node works on at once. */
  readonly concurrency: number;
  readonly retryLimit: number;
  readonly data?: Data;
};

/** Declares a kind of background work. Handlers must be safe to run twice. */
export function defineTask<Data extends object>(
  name: string,
  options: { concurrency?: number; retryLimit?: number } = {},
): Task<Data> {
  return { name, concurrency: options.concurrency ?? 1, retryLimit: options.retryLimit ?? 1000 };
}

export type EnqueueOptions = {
  /** Not before this moment. */
  startAfter?: Date;
  /** While a piece with this key waits, another one is not added. */
  singletonKey?: string;
};

/** Puts work into the queue inside the caller's transaction: it exists when that commits. */
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
  /** Creates the queues; `work` also starts the handlers. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type Registration = { task: Task<object>; handler: Handler<object> };

/** Pairs a task with what does it. */
export function handle<Data extends object>(
  task: Task<Data>,
  handler: Handler<Data>,
): Registration {
  return { task: task as Task<object>, handler: handler as Handler<object> };
}

/**
 * The queue, on the same database as everything else. A node that dies stops its heartbeat; its work is then given to
 * another (or to itself, restarted) after at most twenty seconds.
 * @param work false for a node that only serves requests
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
  // That the database is away has been said; every poll would say it again.
  boss.on('error', (error) => {
    if (!isDatabaseAway(error)) log.error({ err: error }, 'task queue');
  });
  // Work enqueued by this node need not wait for the next poll.
  const workers = new Map<string, string[]>();

  return {
    async enqueue(tx, task, data, options = {}) {
      // The library would look an unknown queue up outside the transaction, which waits forever on a single connection.
      if (!registrations.some((one) => one.task.name === task.name)) {
        throw new Error(`Nobody handles the task ${task.name}.`);
      }
      await boss.send(task.name, data, {
        db: { executeSql: (text, values) => executeRaw(tx, text, values) },
        retryLimit: task.retryLimit,
        ...(options.startAfter && { startAfter: options.startAfter }),
        // The queue's policy keeps one waiting piece per key; without a key it would keep one in all.
        singletonKey: options.singletonKey ?? JSON.stringify(data),
      });
      // After the commit, which is a few milliseconds away; the poll remains for when it isn't.
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
        // A queue it has not met the library looks up outside the transaction: on a single connection that waits forever.
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
