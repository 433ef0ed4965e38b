import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { deleteEndedArrivals } from '../../records/arrivals/arrivals.ts';
import { deleteEndedChallenges } from '../../records/factor-challenges/factor-challenges.ts';
import { deleteFinishedJobs } from '../../records/jobs/jobs.ts';
import { deleteLogs } from '../../records/logs/logs.ts';
import { deleteEndedMfaTokens } from '../../records/mfa-tokens/mfa-tokens.ts';
import { deleteExpiredPayloads } from '../../records/oidc-payloads/oidc-payloads.ts';
import { deleteClosedInvitations } from '../../records/organization-invitations/organization-invitations.ts';
import { deleteExpiredPasswordlessCodes } from '../../records/passwordless-codes/passwordless-codes.ts';
import { deleteExpiredPasswordlessLinks } from '../../records/passwordless-links/passwordless-links.ts';
import { deleteEndedPendingLogins } from '../../records/pending-logins/pending-logins.ts';
import { deleteFullBuckets } from '../../records/rate-limits/rate-limits.ts';
import {
  deleteEndedBlocks,
  deleteEndedThrottles,
  deleteOldPlaces,
} from '../../records/throttles/throttles.ts';

const BATCH = 1000;
// More than a busy server leaves behind between two sweeps, and still over soon.
const MOST_BATCHES = 100;
const DAY_MS = 24 * 3600 * 1000;
// Reports hold e-mails: long enough to be fetched after a weekend, no longer.
const JOBS_KEPT_MS = 7 * DAY_MS;

/** Removes what has run out, in batches, so that none holds many rows for long. */
export async function sweepLeftovers(deps: {
  db: Db;
  clock: Clock;
  logRetentionDays: number;
}): Promise<void> {
  const now = deps.clock.now();
  await deleteFinishedJobs(deps.db, new Date(now.getTime() - JOBS_KEPT_MS), 10);
  const logsBefore = new Date(now.getTime() - deps.logRetentionDays * DAY_MS);
  const deleteOldLogs = (db: Db, { limit }: { limit: number }) =>
    deleteLogs(db, { before: logsBefore, limit });
  for (const remove of [
    deleteExpiredPayloads,
    deleteEndedArrivals,
    deleteEndedThrottles,
    deleteExpiredPasswordlessCodes,
    deleteExpiredPasswordlessLinks,
    deleteEndedBlocks,
    deleteOldPlaces,
    deleteEndedChallenges,
    deleteEndedMfaTokens,
    deleteEndedPendingLogins,
    deleteOldLogs,
    deleteFullBuckets,
    deleteClosedInvitations,
  ]) {
    let removed = BATCH;
    for (let batch = 0; batch < MOST_BATCHES && removed === BATCH; batch++) {
      removed = await remove(deps.db, { now, limit: BATCH });
    }
  }
}
