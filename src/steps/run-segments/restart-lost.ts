import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue, Task } from '../../platform/tasks/tasks.ts';
import { unfinishedJobs } from '../../records/jobs/jobs.ts';

type RestartDeps = { db: Db; clock: Clock; enqueue: Enqueue };

// Work that is younger still has the task with which it was stored.
const LOST_AFTER_MS = 5000;

/** Returns the moment before which unfinished work must have begun to count as lost. */
export function lostBefore(clock: Clock): Date {
  return new Date(clock.now().getTime() - LOST_AFTER_MS);
}

/** Enqueues the tasks of work that may be lost. A task that still waits is not added twice, and one too many finds nothing to do. */
export async function enqueueLost<Data extends object>(
  deps: RestartDeps,
  task: Task<Data>,
  lost: Data[],
): Promise<void> {
  for (const data of lost) await transaction(deps.db, (tx) => deps.enqueue(tx, task, data));
}

/** Restarts the unfinished jobs of some types, whose task may be lost. */
export async function restartLostJobs<Data extends object>(
  deps: RestartDeps,
  lost: { types: string[]; task: Task<Data>; dataOf(jobId: string): Data },
): Promise<void> {
  const createdBefore = lostBefore(deps.clock);
  for (const type of lost.types) {
    const statuses: ('pending' | 'processing')[] = ['pending', 'processing'];
    const jobs = await unfinishedJobs(deps.db, { type, statuses, createdBefore });
    await enqueueLost(
      deps,
      lost.task,
      jobs.map(({ id }) => lost.dataOf(id)),
    );
  }
}
