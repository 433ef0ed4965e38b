import { sql } from 'kysely';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { type Job, type JobStatus, type JobsTable, toJob } from './job-row.ts';

export type { Job } from './job-row.ts';

const on = (db: Db) => db.withTables<{ jobs: JobsTable }>();

export type NewJob = {
  type: string;
  status: JobStatus;
  connectionId?: string | null;
  connectionName?: string | null;
  externalId?: string | null;
  idempotencyKey?: string | null;
  requestDigest?: Buffer | null;
  request: Record<string, unknown>;
  totalRows?: number;
  now: Date;
};

/** Inserts a job. `taken` returns the existing job with this idempotency key. */
export async function insertJob(
  db: Db,
  job: NewJob,
): Promise<{ kind: 'inserted'; job: Job } | { kind: 'taken'; job: Job | null }> {
  const row = await on(db)
    .insertInto('jobs')
    .values({
      id: newId('job'),
      type: job.type,
      status: job.status,
      connection_id: job.connectionId ?? null,
      connection_name: job.connectionName ?? null,
      external_id: job.externalId ?? null,
      idempotency_key: job.idempotencyKey ?? null,
      request_digest: job.requestDigest ?? null,
      request: JSON.stringify(job.request),
      total_rows: job.totalRows ?? 0,
      created_at: job.now,
      stored_at: job.status === 'uploading' ? null : job.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row) return { kind: 'inserted', job: toJob(row) };
  return { kind: 'taken', job: await findJobByIdempotencyKey(db, job.idempotencyKey ?? '') };
}

export async function findJob(db: Db, id: string): Promise<Job | null> {
  const row = await on(db).selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toJob(row) : null;
}

/** Returns jobs, newest first, without uploads that are not jobs yet. @param page.after the last job of the previous page */
export async function listJobs(
  db: Db,
  page: {
    type: string | undefined;
    status: JobStatus | undefined;
    after: Pick<Job, 'id' | 'createdAt'> | undefined;
    limit: number;
  },
): Promise<Job[]> {
  const { type, status, after } = page;
  let query = on(db)
    .selectFrom('jobs')
    .selectAll()
    .where('status', '<>', 'uploading')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (type !== undefined) query = query.where('type', '=', type);
  if (status !== undefined) query = query.where('status', '=', status);
  if (after)
    query = query.where(sql<boolean>`(created_at, id) < (${after.createdAt}, ${after.id})`);
  return (await query.execute()).map(toJob);
}

export async function findJobByIdempotencyKey(db: Db, key: string): Promise<Job | null> {
  const row = await on(db)
    .selectFrom('jobs')
    .selectAll()
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ? toJob(row) : null;
}

/**
 * Returns the job of an idempotency key, if the same request has created it.
 * @param request.digest SHA-256 of the request
 * @param request.other what else a request with this key can have been about, for the message
 * @throws Refusal `idempotency_key_reused`
 */
export function requireSameRequest(
  job: Job | null,
  request: { digest: Buffer; other: string },
): Job {
  const { digest, other } = request;
  if (job?.requestDigest && Buffer.from(job.requestDigest).equals(digest)) return job;
  throw new Refusal(
    'idempotency_key_reused',
    `The idempotency_key was used for ${other}${job ? `, in ${job.id}` : ''}`,
  );
}

/** Returns how many jobs of a type are unfinished, for the limit of concurrent imports. */
export async function countActiveJobs(db: Db, type: string): Promise<number> {
  const row = await on(db)
    .selectFrom('jobs')
    .select(sql<string>`count(*)`.as('n'))
    .where('type', '=', type)
    .where('status', 'in', ['pending', 'processing'])
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Marks the upload as complete, so that the job may begin. Returns false if it is no longer uploading. */
export async function markStored(
  db: Db,
  stored: {
    jobId: string;
    status: 'pending' | 'failed';
    connectionId: string;
    connectionName: string;
    externalId: string | null;
    idempotencyKey: string | null;
    requestDigest: Buffer | null;
    request: Record<string, unknown>;
    totalRows: number;
    statusDetails: string | null;
    now: Date;
  },
): Promise<boolean> {
  const result = await on(db)
    .updateTable('jobs')
    .set({
      status: stored.status,
      connection_id: stored.connectionId,
      connection_name: stored.connectionName,
      external_id: stored.externalId,
      idempotency_key: stored.idempotencyKey,
      request_digest: stored.requestDigest,
      request: JSON.stringify(stored.request),
      total_rows: stored.totalRows,
      status_details: stored.statusDetails,
      stored_at: stored.now,
      finished_at: stored.status === 'failed' ? stored.now : null,
    })
    .where('id', '=', stored.jobId)
    .where('status', '=', 'uploading')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Moves a job from pending to processing, once. Returns true if this call did it. */
export async function markStarted(db: Db, jobId: string, now: Date): Promise<boolean> {
  const result = await on(db)
    .updateTable('jobs')
    .set({ status: 'processing', started_at: now })
    .where('id', '=', jobId)
    .where('status', '=', 'pending')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Records the total once it is known. */
export async function noteTotal(
  db: Db,
  { jobId, totalRows }: { jobId: string; totalRows: number },
): Promise<void> {
  await on(db).updateTable('jobs').set({ total_rows: totalRows }).where('id', '=', jobId).execute();
}

/**
 * Ends a job that is pending or processing, once. Returns true if this call did it. A job that was stored with `statusDetails` (a file
 * broken half-way) keeps them and ends as failed.
 */
export async function finishJob(
  db: Db,
  end: { jobId: string; statusDetails?: string; now: Date },
): Promise<boolean> {
  const result = await on(db)
    .updateTable('jobs')
    .set({
      status: sql`case when coalesce(${end.statusDetails ?? null}::text, status_details) is null then 'completed' else 'failed' end`,
      status_details: sql`coalesce(${end.statusDetails ?? null}::text, status_details)`,
      finished_at: end.now,
    })
    .where('id', '=', end.jobId)
    .where('status', 'in', ['pending', 'processing'])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Records that the result of a job was read to its end. A later reader gets nothing; one that has begun already gets all. */
export async function noteFetched(db: Db, jobId: string, now: Date): Promise<void> {
  await on(db)
    .updateTable('jobs')
    .set({ fetched_at: now })
    .where('id', '=', jobId)
    .where('fetched_at', 'is', null)
    .execute();
}

/** Returns unfinished jobs for the sweep: interrupted uploads, and work whose task was lost. */
export async function unfinishedJobs(
  db: Db,
  filter: { type: string; statuses: JobStatus[]; createdBefore: Date },
): Promise<Job[]> {
  const rows = await on(db)
    .selectFrom('jobs')
    .selectAll()
    .where('status', 'in', filter.statuses)
    .where('type', '=', filter.type)
    .where('created_at', '<', filter.createdBefore)
    .limit(1000)
    .execute();
  return rows.map(toJob);
}

/** Deletes an upload and its rows, unless it has become a job. */
export async function deleteUpload(db: Db, jobId: string): Promise<void> {
  await on(db)
    .deleteFrom('jobs')
    .where('id', '=', jobId)
    .where('status', '=', 'uploading')
    .execute();
}

/** Deletes up to `limit` jobs that ended before the moment, with their rows. Returns how many it deleted. */
export const deleteFinishedJobs = deletionOf('jobs', {
  key: ['id'],
  ended: 'finished_at',
});
