import { type Clock, epochSeconds } from '../../platform/clock/clock.ts';
import { hmacSha256, sameBytes } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { packForDownload } from '../../platform/packing/packing.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import {
  addExportChunk,
  deleteOldChunks,
  type ExportField,
  exportChunk,
  exportProgress,
  noteExportNames,
} from '../../records/exports/exports.ts';
import { findJob, insertJob, type Job, noteTotal } from '../../records/jobs/jobs.ts';
import { countUsers, type User, usersById } from '../../records/users/users.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import { restartLostJobs, runJob } from '../../steps/run-segments/run-segments.ts';
import { exportUsersTask } from './export-users.task.ts';

/** Format and fields of the file. */
export type ExportFile = {
  format: 'json' | 'csv';
  /** `null` means the standard fields. */
  fields: ExportField[] | null;
};

export type ExportDeps = {
  db: Db;
  clock: Clock;
  enqueue: Enqueue;
  /** Returns the file's lines for some users, in the form of the wire. The first call adds the heading. */
  renderUsers(db: Db, users: User[], file: ExportFile & { isFirst: boolean }): Promise<string>;
};

export const EXPORT_JOB = 'users_export';

const BATCH = 1000;
const KEPT_MS = 24 * 3600 * 1000;
const LINK_LIVES_SECONDS = 60;

/**
 * Stores an export job. A task writes the file.
 * @param asked.namesCount whether later imports recognize the export's field names. A caller who may only read must not decide how imports
 * interpret a name.
 */
export async function beginExport(
  deps: Pick<ExportDeps, 'db' | 'clock' | 'enqueue'>,
  asked: ExportFile & {
    connection: { id: string; name: string } | null;
    limit: number | null;
    namesCount: boolean;
  },
): Promise<Job> {
  const { connection, limit, format, fields, namesCount } = asked;
  refuseProtected({ connectionId: connection?.id });
  return transaction(deps.db, async (tx) => {
    const made = await insertJob(tx, {
      type: EXPORT_JOB,
      status: 'pending',
      connectionId: connection?.id ?? null,
      connectionName: connection?.name ?? null,
      request: { format, fields, limit },
      now: deps.clock.now(),
    });
    if (made.kind === 'taken') throw new Error('A job without an idempotency key was taken.');
    if (fields && namesCount) {
      await noteExportNames(tx, { jobId: made.job.id, fields, now: made.job.createdAt });
    }
    await deps.enqueue(tx, exportUsersTask, { jobId: made.job.id });
    return made.job;
  });
}

/** Returns the options that an export was created with. */
export function exportOf(job: Job): ExportFile & { limit: number | null } {
  return job.request as ExportFile & { limit: number | null };
}

/** Returns the background work of this flow. */
export function exportUsersHandlers(deps: ExportDeps): Registration[] {
  return [handle(exportUsersTask, ({ jobId }, signal) => writeFile(deps, jobId, signal))];
}

/** Restarts exports whose task was lost, and deletes files that have expired. */
export async function sweepExports(deps: ExportDeps): Promise<void> {
  await restartLostJobs(deps, {
    types: [EXPORT_JOB],
    task: exportUsersTask,
    dataOf: (jobId) => ({ jobId }),
  });
  const now = deps.clock.now().getTime();
  const old = { before: new Date(now - KEPT_MS), limit: 100 };
  while ((await deleteOldChunks(deps.db, old)) === old.limit);
}

/**
 * Writes the file, a thousand users at a time. Each piece stores where the next one begins. After a crash, or beside another node, the
 * writing continues at the end of the file.
 */
async function writeFile(deps: ExportDeps, jobId: string, signal: AbortSignal): Promise<void> {
  const open = async (job: Job, isFirst: boolean) => {
    if (isFirst) {
      const { limit } = exportOf(job);
      const users = await countUsers(deps.db, job.connectionId ?? undefined);
      await noteTotal(deps.db, { jobId, totalRows: Math.min(users, limit ?? users) });
    }
    return {
      runPiece: () => writePiece(deps, job),
      ending: async (isExhausted: boolean) => (isExhausted ? { kind: 'completed' as const } : null),
    };
  };
  await runJob(deps, jobId, open, signal);
}

/** Writes the next thousand users. Returns `false` if they are the last. */
async function writePiece({ db, renderUsers }: ExportDeps, job: Job): Promise<boolean> {
  const { id: jobId, connectionId } = job;
  const { limit } = exportOf(job);
  const done = await exportProgress(db, jobId);
  const wanted = Math.min(BATCH, limit === null ? BATCH : limit - (done?.rows ?? 0));
  const page = { afterId: done?.afterId ?? null, limit: wanted };
  const users =
    wanted > 0 ? await usersById(db, { ...page, ...(connectionId && { connectionId }) }) : [];
  const last = users.at(-1);
  // A file without users still has its heading.
  if (last || !done) {
    const text = await renderUsers(db, users, { ...exportOf(job), isFirst: !done });
    await addExportChunk(db, {
      jobId,
      number: done ? done.number + 1 : 0,
      rowCount: users.length,
      afterId: last?.id ?? '',
      payload: await packForDownload(text),
    });
  }
  return users.length === BATCH;
}

/** Returns the progress of an export job. */
export async function exportState(
  { db, clock }: { db: Db; clock: Clock },
  job: Job,
): Promise<{ rowsDone: number; isThere: boolean }> {
  const done = await exportProgress(db, job.id);
  const isKept =
    job.finishedAt !== null && clock.now().getTime() - job.finishedAt.getTime() < KEPT_MS;
  return { rowsDone: done?.rows ?? 0, isThere: isKept && job.status === 'completed' && !!done };
}

/**
 * Returns a link to the file, valid for 1 minute.
 * @param publicUrl without a trailing slash
 */
export function exportLink(
  deps: { clock: Clock; publicUrl: string; ticketKey: Buffer },
  jobId: string,
): string {
  const until = epochSeconds(deps.clock.now()) + LINK_LIVES_SECONDS;
  const proof = proofOf(deps.ticketKey, jobId, until).toString('base64url');
  return `${deps.publicUrl}/exports/${jobId}?until=${until}&proof=${proof}`;
}

export type Download = { file: ExportFile; pieces: AsyncGenerator<Buffer> };

/** Returns the pieces of the file that a link is for, or `null` if the link has expired or was never issued. */
export async function openExport(
  deps: { db: Db; clock: Clock; ticketKey: Buffer },
  link: { jobId: string; until: number; proof: string },
): Promise<Download | null> {
  const { jobId, until } = link;
  const proof = Buffer.from(link.proof, 'base64url');
  if (!sameBytes(proof, proofOf(deps.ticketKey, jobId, until))) return null;
  if (until * 1000 < deps.clock.now().getTime()) return null;
  const job = await findJob(deps.db, jobId);
  if (job?.type !== EXPORT_JOB || !(await exportState(deps, job)).isThere) return null;
  return { file: exportOf(job), pieces: piecesOf(deps.db, jobId) };
}

async function* piecesOf(db: Db, jobId: string): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const piece = await exportChunk(db, { jobId, number });
    if (!piece) return;
    yield piece;
  }
}

function proofOf(ticketKey: Buffer, jobId: string, until: number): Buffer {
  return hmacSha256(ticketKey, `users-export ${jobId} ${until}`);
}
