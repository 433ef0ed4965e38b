import { type Db, transaction } from '../../platform/db/db.ts';
import { packJson } from '../../platform/packing/packing.ts';
import { findConnection, holdConnection } from '../../records/connections/connections.ts';
import type { Job } from '../../records/jobs/jobs.ts';
import {
  countSegments,
  finishSegment,
  type RowError,
  type Segment,
  type SegmentCounts,
  takeSegment,
} from '../../records/segments/segments.ts';
import { type Ending, type RunDeps, runJob } from './run-job.ts';

export { readOutcomes } from './read-outcomes.ts';
export { enqueueLost, lostBefore, restartLostJobs } from './restart-lost.ts';
export { runJob } from './run-job.ts';
export { runPieces } from './run-pieces.ts';

/** Maximum number of rows in a segment: what one transaction does. */
export const ROWS_PER_SEGMENT = 1000;

/** The outcome of one row, as every job stores it. A flow may store more with it. */
export type SegmentOutcome = {
  /** Number of the line on which the row begins, from 1. In a JSON array: number of the row. */
  row: number;
  status: 'inserted' | 'updated' | 'failed';
  /** The update of a user changed nothing. */
  isUnchanged?: boolean;
  email: string | null;
  userId: string | null;
  /** Whether the job invited the user. Absent if the job invites nobody. */
  invitation?: 'invited' | 'already_invited' | 'not_invited';
  errors?: RowError[];
  /** The refused row, with its secrets masked. */
  echo?: Record<string, unknown> | null;
};

/** A job for the users of one connection. */
export type SegmentedJob = Job & { connectionId: string };

export type SegmentDone = {
  /** One per row, stored as JSON. */
  outcomes: SegmentOutcome[];
  /** Runs after the commit: what must not happen twice if the transaction is repeated, such as a note in the tenant log. */
  afterCommit?: () => void;
};

/** What a flow does with the segments of a job. */
export type SegmentedWork = {
  /** Does one segment in the transaction that marks it as done. */
  runSegment(tx: Db, segment: Segment, now: Date): Promise<SegmentDone>;
  /** Follows the end of the job, in the transaction that ends it. */
  onEnd?(tx: Db): Promise<void>;
};

/** How a job in segments ends, and what it has done. */
export type SegmentedEnding = Ending & { connectionId: string; counts: SegmentCounts };

/**
 * Runs a job that is stored in segments. Each segment is one transaction, from taking it to the mark that it is done: a crash at any moment
 * leaves it untouched or done, and its lock ends with the transaction. Workers skip the segments that others hold. The last one ends the job.
 * A job whose connection is deleted fails.
 * @param open returns the work, when the run begins
 * @returns the ending, if this run ended the job
 */
export function runSegments(
  deps: RunDeps,
  jobId: string,
  open: (job: SegmentedJob) => Promise<SegmentedWork>,
  signal?: AbortSignal,
): Promise<SegmentedEnding | null> {
  const openSegments = async (job: Job) => {
    const { connectionId } = job;
    if (connectionId === null) throw new Error(`The job ${jobId} has no connection.`);
    const work = await open({ ...job, connectionId });
    return {
      ...work,
      runPiece: () => runNext(deps, { jobId, connectionId }, work),
      async ending(): Promise<SegmentedEnding | null> {
        const counts = await countSegments(deps.db, jobId);
        const about = { connectionId, counts };
        if (counts.segments === counts.segmentsDone) return { kind: 'completed', ...about };
        if (await findConnection(deps.db, connectionId)) return null;
        return { kind: 'failed', reason: 'The connection was deleted.', ...about };
      },
    };
  };
  return runJob(deps, jobId, openSegments, signal);
}

/** Does the next free segment. Returns `false` if there is none, or the connection is deleted. */
async function runNext(
  { db, clock }: RunDeps,
  { jobId, connectionId }: { jobId: string; connectionId: string },
  work: SegmentedWork,
): Promise<boolean> {
  const done = await transaction(db, async (tx) => {
    if (!(await holdConnection(tx, connectionId))) return null;
    const segment = await takeSegment(tx, jobId);
    if (!segment) return null;
    const now = clock.now();
    const { outcomes, afterCommit } = await work.runSegment(tx, segment, now);
    const count = (isCounted: (outcome: SegmentOutcome) => boolean) =>
      outcomes.filter(isCounted).length;
    await finishSegment(tx, {
      jobId,
      number: segment.number,
      outcome: await packJson(outcomes),
      counts: {
        inserted: count(({ status }) => status === 'inserted'),
        updated: count(({ status }) => status === 'updated'),
        unchanged: count(({ isUnchanged }) => isUnchanged === true),
        failed: count(({ status }) => status === 'failed'),
        invited: count(({ invitation }) => invitation === 'invited'),
        already: count(({ invitation }) => invitation === 'already_invited'),
      },
      now,
    });
    return { afterCommit };
  });
  done?.afterCommit?.();
  return done !== null;
}
