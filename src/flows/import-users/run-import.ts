import { transaction } from '../../platform/db/db.ts';
import { findConnection } from '../../records/connections/connections.ts';
import { findCampaignOfJob } from '../../records/invitations/invitations.ts';
import { findJob, finishJob, markStarted } from '../../records/jobs/jobs.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { countSegments } from '../../records/segments/segments.ts';
import { mailAdministrators } from './mail-administrators.ts';
import { runSegment } from './run-segment.ts';
import type { FieldMap } from './validate-row/validate-row.ts';
import type { ImportPlan, RunDeps } from './write-rows.ts';

export type ImportDeps = RunDeps & {
  audit: Audit;
  /** The number of workers that share one import. */
  lanes: number;
};

/**
 * Works on an import until no segment is left. Safe to run twice and in parallel: each segment is locked while it is processed, and marked
 * done in the transaction that writes its users.
 */
export async function runImport(
  deps: ImportDeps,
  jobId: string,
  signal: AbortSignal,
): Promise<void> {
  const job = await findJob(deps.db, jobId);
  if (!job || job.connectionId === null) return;
  if (job.status !== 'pending' && job.status !== 'processing') return;
  await markStarted(deps.db, jobId, deps.clock.now());
  const campaign = await findCampaignOfJob(deps.db, jobId);
  const plan: ImportPlan = {
    jobId,
    connectionId: job.connectionId,
    upsert: job.request.upsert === true,
    dryRun: job.request.dryRun === true,
    map: job.request.map as FieldMap | undefined,
    campaignId: campaign?.id ?? null,
  };
  while (!signal.aborted && (await runSegment(deps, plan)));
  const counts = await countSegments(deps.db, jobId);
  const isDone = counts.segmentsDone === counts.segments;
  const isLost = !isDone && (await findConnection(deps.db, plan.connectionId)) === null;
  if (isDone || isLost) {
    const ended = await transaction(deps.db, async (tx) => {
      const isEnded = await finishJob(tx, {
        jobId,
        ...(isLost && { statusDetails: 'The connection was deleted.' }),
        now: deps.clock.now(),
      });
      if (isEnded) await mailAdministrators(deps, tx, jobId);
      return isEnded;
    });
    if (ended) {
      const { inserted, updated, failed } = counts;
      deps.audit.record({
        type: isLost ? 'fui' : 'sui',
        description: `Import users job ${isLost ? 'failed' : 'completed'}`,
        connectionId: plan.connectionId,
        details: { job_id: jobId, inserted, updated, failed },
      });
    }
  }
}
