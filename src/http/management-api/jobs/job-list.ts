import { Type } from 'typebox';
import { EXPORT_JOB } from '../../../flows/export-users/export-users.ts';
import { INVITATIONS_JOB, TICKETS_JOB } from '../../../flows/send-invitations/send-invitations.ts';
import { findJob, type Job, listJobs } from '../../../records/jobs/jobs.ts';
import { countSegmentsOfMany, type SegmentCounts } from '../../../records/segments/segments.ts';
import { leftOutOf } from '../invitations/invitations.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointPaging,
  checkpointQuery,
  expiredCursor,
  nextCursor,
  oneOf,
  route,
} from '../route/route.ts';
import { toListedExport } from './export-jobs.ts';
import { jobSchema, toWireJob } from './job-wire.ts';

const TYPES = [
  'users_import',
  EXPORT_JOB,
  INVITATIONS_JOB,
  TICKETS_JOB,
  'verification_email',
] as const;
const STATUSES = ['pending', 'processing', 'completed', 'failed'] as const;

/** GET /jobs: the jobs of the server, for callers who do not know their IDs. */
export function jobListRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/jobs',
    scopes: ['create:users', 'read:users'],
    summary: 'List jobs',
    description:
      'Returns the newest job first, by checkpoint (`take`, then `from`). Usher keeps a job for 7 days after its end. Only ' +
      '`GET /jobs/{id}` returns the number of emails and the link to the file of an export.',
    tags: ['jobs'],
    query: Type.Object({
      ...checkpointQuery,
      type: Type.Optional(oneOf(TYPES, { description: 'Only jobs of this type' })),
      status: Type.Optional(oneOf(STATUSES, { description: 'Only jobs in this state' })),
    }),
    response: {
      200: Type.Unsafe<unknown>(
        Type.Object({
          jobs: Type.Array(jobSchema),
          next: nextCursor,
        }),
      ),
    },
    async handler({ query }) {
      const { db } = deps;
      const paging = checkpointPaging(query);
      const after = paging.afterId === null ? undefined : await findJob(db, paging.afterId);
      if (after === null) throw expiredCursor();
      const { type, status } = query;
      const found = await listJobs(db, { type, status, after, limit: paging.limit + 1 });
      const counts = await countSegmentsOfMany(
        db,
        found.map((job) => job.id),
      );
      const now = deps.clock.now();
      return checkpointPage(
        paging,
        'jobs',
        found,
        (job) => job.id,
        (job) => toListed(job, counts(job.id), now),
      );
    },
  });
}

function toListed(job: Job, counts: SegmentCounts, now: Date) {
  if (job.type === EXPORT_JOB) return toListedExport(job);
  const { invited, already } = counts;
  const invites = job.type === INVITATIONS_JOB || invited + already > 0;
  return {
    ...toWireJob({ job, counts, mails: null, now }),
    ...(invites && {
      invitations: { invited, already_invited: already, left_out: leftOutOf(counts) },
    }),
  };
}
