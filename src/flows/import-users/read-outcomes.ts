import type { Db } from '../../platform/db/db.ts';
import { nextOutcomes } from '../../records/segments/segments.ts';
import { type RowOutcome, unpackOutcomes } from './segment-codec.ts';

const SEGMENTS_AT_ONCE = 4;

/** Yields the outcomes of an import's rows in the file's order, a segment at a time: memory does not grow with the file. */
export async function* readOutcomes(
  db: Db,
  query: { jobId: string; onlyFailed: boolean },
): AsyncGenerator<RowOutcome[]> {
  let afterNumber = -1;
  for (;;) {
    const page = await nextOutcomes(db, { ...query, afterNumber, limit: SEGMENTS_AT_ONCE });
    for (const segment of page) {
      const outcomes = await unpackOutcomes(segment.outcome);
      yield query.onlyFailed ? outcomes.filter((outcome) => outcome.status === 'failed') : outcomes;
      afterNumber = segment.number;
    }
    if (page.length < SEGMENTS_AT_ONCE) return;
  }
}
