import type { Db } from '../../platform/db/db.ts';
import { unpackJson } from '../../platform/packing/packing.ts';
import { nextOutcomes } from '../../records/segments/segments.ts';

const SEGMENTS_AT_ONCE = 4;

/**
 * Yields the outcomes of a job's rows in the order of the rows, a segment at a time: memory does not grow with the job.
 * @param query.onlyFailed whether to yield only the refused rows
 */
export async function* readOutcomes<Outcome extends { status: string }>(
  db: Db,
  query: { jobId: string; onlyFailed: boolean },
): AsyncGenerator<Outcome[]> {
  let afterNumber = -1;
  for (;;) {
    const page = await nextOutcomes(db, { ...query, afterNumber, limit: SEGMENTS_AT_ONCE });
    for (const segment of page) {
      const outcomes = await unpackJson<Outcome[]>(segment.outcome);
      yield query.onlyFailed ? outcomes.filter((outcome) => outcome.status === 'failed') : outcomes;
      afterNumber = segment.number;
    }
    if (page.length < SEGMENTS_AT_ONCE) return;
  }
}
