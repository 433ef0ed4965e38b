import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { findJob, finishJob, type Job, markStarted } from '../../records/jobs/jobs.ts';
import { runPieces } from './run-pieces.ts';

export type RunDeps = { db: Db; clock: Clock };

/** How a job ends. */
export type Ending = { kind: 'completed' } | { kind: 'failed'; reason: string };

/** What one run of a job does. */
export type JobRun<End extends Ending> = {
  /** Does the next piece of the job. Returns `false` if this worker has nothing more to do. */
  runPiece(): Promise<boolean>;
  /**
   * Decides how the job ends, after the last piece. `null` means it does not end now: pieces are left, or another worker holds one.
   * @param isExhausted `false` if the run was cut off
   */
  ending(isExhausted: boolean): Promise<End | null>;
  /** Follows the end, in the transaction that ends the job: it happens once. */
  onEnd?(tx: Db): Promise<void>;
};

/**
 * Runs a job until no piece is left for this worker, and ends it. Any number of workers and nodes can run the same job. Progress is in the
 * database only: a job that stopped, by a crash or because the database was away, continues where it was, with the next run.
 * @param open is called when the run begins; `isFirst` is `true` once in the life of a job
 * @returns the ending, if this run ended the job
 */
export async function runJob<End extends Ending>(
  { db, clock }: RunDeps,
  jobId: string,
  open: (job: Job, isFirst: boolean) => Promise<JobRun<End>>,
  signal?: AbortSignal,
): Promise<End | null> {
  const job = await findJob(db, jobId);
  if (job?.status !== 'pending' && job?.status !== 'processing') return null;
  const isFirst = await markStarted(db, jobId, clock.now());
  const run = await open(job, isFirst);
  const ending = await run.ending(await runPieces(run.runPiece, signal));
  if (ending === null) return null;
  const isEnded = await transaction(db, async (tx) => {
    const ended = await finishJob(tx, {
      jobId,
      ...(ending.kind === 'failed' && { statusDetails: ending.reason }),
      now: clock.now(),
    });
    if (ended) await run.onEnd?.(tx);
    return ended;
  });
  return isEnded ? ending : null;
}
