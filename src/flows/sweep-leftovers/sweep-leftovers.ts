import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { deleteEndedArrivals } from '../../records/arrivals/arrivals.ts';
import { deleteFinishedJobs } from '../../records/jobs/jobs.ts';
import { deleteExpiredPayloads } from '../../records/oidc-payloads/oidc-payloads.ts';
import { deleteEndedThrottles } from '../../records/throttles/throttles.ts';

const BATCH = 1000;
// Reports hold e-mails: long enough to be fetched after a weekend, no longer.
const JOBS_KEPT_MS = 7 * 24 * 3600 * 1000;

/** Removes what has run out, a batch of each kind at a time. */
export async function sweepLeftovers(deps: { db: Db; clock: Clock }): Promise<void> {
  const now = deps.clock.now();
  await deleteFinishedJobs(deps.db, new Date(now.getTime() - JOBS_KEPT_MS), 10);
  await deleteExpiredPayloads(deps.db, { now, limit: BATCH });
  await deleteEndedArrivals(deps.db, { now, limit: BATCH });
  await deleteEndedThrottles(deps.db, { now, limit: BATCH });
}
