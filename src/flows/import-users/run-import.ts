import { findCampaignOfJob } from '../../records/invitations/invitations.ts';
import {
  runSegments,
  type SegmentedJob,
  type SegmentedWork,
} from '../../steps/run-segments/run-segments.ts';
import { mailAdministrators } from './mail-administrators.ts';
import { runSegment } from './run-segment.ts';
import type { MigratedPolicy } from './settle-migrated.ts';
import type { FieldMap } from './validate-row/validate-row.ts';
import type { ImportPlan, RunDeps } from './write-rows.ts';

export type ImportDeps = RunDeps & {
  /** The number of workers that share one import. */
  lanes: number;
};

/** Works on an import until no segment is left. Safe to run twice and in parallel. */
export async function runImport(
  deps: ImportDeps,
  jobId: string,
  signal: AbortSignal,
): Promise<void> {
  const ended = await runSegments(deps, jobId, (job) => openImport(deps, job), signal);
  if (ended === null) return;
  const { inserted, updated, failed } = ended.counts;
  deps.audit.record({
    type: ended.kind === 'failed' ? 'fui' : 'sui',
    description: `Import users job ${ended.kind}`,
    connectionId: ended.connectionId,
    details: { job_id: jobId, inserted, updated, failed },
  });
}

/** An upsert treats all existing users alike, unless the request says otherwise. */
function whatElse(job: SegmentedJob): MigratedPolicy | null {
  return job.request.upsert === true ? null : 'skip';
}

async function openImport(deps: ImportDeps, job: SegmentedJob): Promise<SegmentedWork> {
  const campaign = await findCampaignOfJob(deps.db, job.id);
  const plan: ImportPlan = {
    jobId: job.id,
    connectionId: job.connectionId,
    upsert: job.request.upsert === true,
    dryRun: job.request.dryRun === true,
    map: job.request.map as FieldMap | undefined,
    invites: campaign !== null,
    migratedUsers: (job.request.migratedUsers as MigratedPolicy | undefined) ?? whatElse(job),
    asksForPasswords: job.request.asksForPasswords === true,
  };
  return {
    runSegment: (tx, segment, now) => runSegment(deps, tx, { plan, segment, now }),
    onEnd: (tx) => mailAdministrators(deps, tx, job.id),
  };
}
