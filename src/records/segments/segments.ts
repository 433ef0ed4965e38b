import { type Generated, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

export {
  ROW_ERRORS,
  ROW_NOTES,
  type RowError,
  type RowErrorCode,
  type RowNoteCode,
} from './row-codes.ts';

type SegmentsTable = {
  job_id: string;
  number: number;
  first_row: number;
  row_count: number;
  state: 'stored' | 'done';
  payload: Buffer | null;
  outcome: Buffer | null;
  inserted: Generated<number>;
  updated: Generated<number>;
  unchanged: Generated<number>;
  failed: Generated<number>;
  invited: Generated<number>;
  already: Generated<number>;
  done_at: Date | null;
};

const on = (db: Db) => db.withTables<{ segments: SegmentsTable }>();

export type NewSegment = {
  jobId: string;
  /** From 0. */
  number: number;
  /** Number of its first row, from 1. */
  firstRow: number;
  rowCount: number;
  /** The rows as uploaded, compressed. */
  payload: Buffer;
};

export type SegmentCounts = {
  inserted: number;
  updated: number;
  /** Number of updated rows that changed nothing. */
  unchanged: number;
  failed: number;
  invited: number;
  already: number;
  rowsDone: number;
  segments: number;
  segmentsDone: number;
};

export async function addSegment(db: Db, segment: NewSegment): Promise<void> {
  await on(db)
    .insertInto('segments')
    .values({
      job_id: segment.jobId,
      number: segment.number,
      first_row: segment.firstRow,
      row_count: segment.rowCount,
      state: 'stored',
      payload: segment.payload,
    })
    .execute();
}

export type Segment = { number: number; firstRow: number; rowCount: number; payload: Buffer };

/**
 * Takes a stored segment that no other transaction holds. The lock lasts as long as the transaction, so a node's death frees its segment.
 * Returns `null` if none is left.
 */
export async function takeSegment(tx: Db, jobId: string): Promise<Segment | null> {
  const row = await on(tx)
    .selectFrom('segments')
    .select(['number', 'first_row', 'row_count', 'payload'])
    .where('job_id', '=', jobId)
    .where('state', '=', 'stored')
    .orderBy('number')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!row?.payload) return null;
  return {
    number: row.number,
    firstRow: row.first_row,
    rowCount: row.row_count,
    // PGlite returns a Uint8Array.
    payload: Buffer.from(row.payload),
  };
}

/** Marks a segment as done and deletes its rows, because password hashes are not kept longer than needed. */
export async function finishSegment(
  tx: Db,
  done: {
    jobId: string;
    number: number;
    outcome: Buffer;
    counts: Pick<SegmentCounts, 'inserted' | 'updated' | 'failed' | 'invited' | 'already'> &
      Partial<Pick<SegmentCounts, 'unchanged'>>;
    now: Date;
  },
): Promise<void> {
  const result = await on(tx)
    .updateTable('segments')
    .set({ state: 'done', payload: null, outcome: done.outcome, ...done.counts, done_at: done.now })
    .where('job_id', '=', done.jobId)
    .where('number', '=', done.number)
    .where('state', '=', 'stored')
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) throw new Error('A segment was finished twice.');
}

/** Returns the sums of a job's segments. */
export async function countSegments(db: Db, jobId: string): Promise<SegmentCounts> {
  return (await countSegmentsOfMany(db, [jobId]))(jobId);
}

/** Returns a function with the counts of several jobs, from one query. */
export async function countSegmentsOfMany(
  db: Db,
  jobIds: string[],
): Promise<(jobId: string) => SegmentCounts> {
  if (jobIds.length === 0) return () => toCounts(undefined);
  const { rows } = await sql<CountsRow & { job_id: string }>`
    select job_id,
           coalesce(sum(inserted), 0)::float8 as inserted,
           coalesce(sum(updated), 0)::float8 as updated,
           coalesce(sum(unchanged), 0)::float8 as unchanged,
           coalesce(sum(failed), 0)::float8 as failed,
           coalesce(sum(invited), 0)::float8 as invited,
           coalesce(sum(already), 0)::float8 as already,
           coalesce(sum(row_count) filter (where state = 'done'), 0)::float8 as "rowsDone",
           count(*)::float8 as segments,
           (count(*) filter (where state = 'done'))::float8 as "segmentsDone"
    from segments where job_id in (${sql.join(jobIds)}) group by job_id`.execute(db);
  const byJob = new Map(rows.map((row) => [row.job_id, row]));
  return (jobId) => toCounts(byJob.get(jobId));
}

type CountsRow = Record<keyof SegmentCounts, string | number>;

function toCounts(row: CountsRow | undefined): SegmentCounts {
  const count = (name: keyof SegmentCounts) => Number(row?.[name] ?? 0);
  return {
    inserted: count('inserted'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    failed: count('failed'),
    invited: count('invited'),
    already: count('already'),
    rowsDone: count('rowsDone'),
    segments: count('segments'),
    segmentsDone: count('segmentsDone'),
  };
}

/** Returns the outcomes of the next finished segments, in the file's order. */
export async function nextOutcomes(
  db: Db,
  page: { jobId: string; afterNumber: number; limit: number; onlyFailed: boolean },
): Promise<{ number: number; firstRow: number; outcome: Buffer }[]> {
  let query = on(db)
    .selectFrom('segments')
    .select(['number', 'first_row', 'outcome'])
    .where('job_id', '=', page.jobId)
    .where('number', '>', page.afterNumber)
    .where('state', '=', 'done')
    .orderBy('number')
    .limit(page.limit);
  if (page.onlyFailed) query = query.where('failed', '>', 0);
  return (await query.execute()).flatMap((row) =>
    row.outcome
      ? [{ number: row.number, firstRow: row.first_row, outcome: Buffer.from(row.outcome) }]
      : [],
  );
}

/** Gives a job one segment for each segment of another job, with the same number and the number of rows that were imported there. */
export async function mirrorSegments(
  tx: Db,
  input: { fromJobId: string; jobId: string; payload: Buffer },
): Promise<void> {
  await sql`
    insert into segments (job_id, number, first_row, row_count, payload)
    select ${input.jobId}, number, first_row, inserted + updated, decode(${input.payload.toString('hex')}, 'hex')
    from segments where job_id = ${input.fromJobId}`.execute(tx);
}

/** Returns the compressed outcomes of one segment's rows, or `null` while it is not done. */
export async function outcomeOf(
  db: Db,
  key: { jobId: string; number: number },
): Promise<Buffer | null> {
  const row = await on(db)
    .selectFrom('segments')
    .select('outcome')
    .where('job_id', '=', key.jobId)
    .where('number', '=', key.number)
    .executeTakeFirst();
  return row?.outcome ? Buffer.from(row.outcome) : null;
}
