import type { Generated, Selectable } from 'kysely';

export type JobStatus = 'uploading' | 'pending' | 'processing' | 'completed' | 'failed';

export type JobsTable = {
  id: string;
  type: string;
  status: JobStatus;
  connection_id: string | null;
  connection_name: string | null;
  external_id: string | null;
  idempotency_key: string | null;
  request_digest: Buffer | null;
  request: unknown;
  total_rows: Generated<number>;
  status_details: string | null;
  created_at: Date;
  stored_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  fetched_at: Date | null;
};

/** A job that an API client requested and can watch. */
export type Job = {
  id: string;
  /** `users_import`, `invitations`, `password_change_tickets`, … */
  type: string;
  status: JobStatus;
  connectionId: string | null;
  connectionName: string | null;
  externalId: string | null;
  idempotencyKey: string | null;
  /** SHA-256 of the request to which the idempotency key belongs. */
  requestDigest: Buffer | null;
  request: Record<string, unknown>;
  totalRows: number;
  statusDetails: string | null;
  createdAt: Date;
  storedAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  fetchedAt: Date | null;
};

export function toJob(row: Selectable<JobsTable>): Job {
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    connectionId: row.connection_id,
    connectionName: row.connection_name,
    externalId: row.external_id,
    idempotencyKey: row.idempotency_key,
    requestDigest: row.request_digest,
    request: { ...(row.request as object) },
    totalRows: row.total_rows,
    statusDetails: row.status_details,
    createdAt: row.created_at,
    storedAt: row.stored_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    fetchedAt: row.fetched_at,
  };
}
