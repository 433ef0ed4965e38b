import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, sqlState, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import { recentExportNames } from '../../records/exports/exports.ts';
import { type CampaignPlan, insertCampaign } from '../../records/invitations/invitations.ts';
import {
  countActiveJobs,
  deleteUpload,
  findJob,
  findJobByIdempotencyKey,
  insertJob,
  type Job,
  markStored,
  requireSameRequest,
  unfinishedJobs,
} from '../../records/jobs/jobs.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import { restartLostJobs } from '../../steps/run-segments/run-segments.ts';
import { importUsersTask } from './import-users.task.ts';
import { mailAdministrators } from './mail-administrators.ts';
import { type ImportDeps, runImport } from './run-import.ts';
import type { MigratedPolicy } from './settle-migrated.ts';
import { storeUpload, type UploadFormat } from './store-upload.ts';
import {
  type FieldMap,
  isLeftOut,
  readFieldMap,
  unusedInMap,
} from './validate-row/validate-row.ts';

export type { ImportDeps } from './run-import.ts';
export type { RowOutcome } from './segment-codec.ts';
export { exportNamesProblem } from './validate-row/validate-row.ts';

type ReceiveDeps = { db: Db; clock: Clock; enqueue: Enqueue; lanes: number };

/** The options of an import, read from the form fields around the file. */
export type ImportRequest = {
  connectionId: string;
  connectionName: string;
  upsert: boolean;
  dryRun: boolean;
  /** Whether operators get a mail when the import ends. */
  sendCompletionEmail: boolean;
  externalId: string | null;
  idempotencyKey: string | null;
  /** What happens to users whom a login has migrated before. Absent: they are skipped, or updated with `upsert`. */
  migratedUsers?: MigratedPolicy;
  /** `true`: users without a password choose one at their first visit, by a link in a mail. */
  asksForPasswords?: true;
  /** If set, every imported user is invited under this plan. */
  invitations: { clientId: string | null; plan: CampaignPlan } | null;
};

const IMPORT_JOB = 'users_import';

/** Imports recognize the field names of this many exports, the newest. */
const KNOWN_EXPORTS = 200;

/** Begins an upload: the file's bytes may arrive before the options that say what to do with it. */
export async function beginImport(deps: { db: Db; clock: Clock }): Promise<string> {
  const made = await insertJob(deps.db, {
    type: IMPORT_JOB,
    status: 'uploading',
    request: {},
    now: deps.clock.now(),
  });
  if (made.kind === 'taken') throw new Error('A job without an idempotency key was taken.');
  return made.job.id;
}

/**
 * Stores the rows of a file while it arrives.
 * @throws Refusal `file_too_large`, `invalid_body`
 */
export async function storeFile(
  deps: { db: Db },
  file: {
    jobId: string;
    source: AsyncIterable<Buffer>;
    format: UploadFormat | undefined;
    maxBytes: number;
    /** The fields of its columns; see {@link readMap}. */
    map: FieldMap | undefined;
  },
) {
  const exports = file.map ? [] : await recentExportNames(deps.db, KNOWN_EXPORTS);
  const stored = await storeUpload(deps.db, { ...file, exports });
  if (stored.end.kind === 'broken' && stored.end.code === 'FILE_TOO_LARGE') {
    throw new Refusal(
      'file_too_large',
      `Payload content length greater than maximum allowed: ${file.maxBytes}`,
    );
  }
  if (stored.end.kind === 'broken' && stored.end.code === 'EMPTY') {
    throw new Refusal('invalid_body', 'Users file must not be empty.');
  }
  const names = stored.columns?.map((column) => column.name);
  const absent = names && unusedInMap(file.map, names);
  if (absent)
    throw new Refusal('invalid_body', `The map names ${absent}, but the file has no such column.`);
  return { ...stored, map: file.map };
}

/**
 * Reads the fields of a file's columns, as a request names them.
 * @throws Refusal `invalid_body` for unknown fields
 */
export function readMap(named: [column: string, field: string][]): FieldMap {
  const read = readFieldMap(named);
  if (read.kind === 'refused') throw new Refusal('invalid_body', read.message);
  return read.map;
}

export type StoredFile = Awaited<ReturnType<typeof storeFile>>;

/** Deletes an upload that cannot become a job, with its rows. */
export async function abandonImport(deps: { db: Db }, jobId: string): Promise<void> {
  await deleteUpload(deps.db, jobId);
}

/**
 * Turns a stored upload into a job, which then finishes whatever happens. A repeated idempotency key returns the first job and deletes this
 * upload.
 * @throws Refusal `idempotency_key_reused`, `too_many_jobs`
 */
export async function submitImport(
  deps: ReceiveDeps,
  input: { jobId: string; file: StoredFile; request: ImportRequest; maxActive: number },
): Promise<Job> {
  const { jobId, file, request } = input;
  refuseProtected({ connectionId: request.connectionId, clientId: request.invitations?.clientId });
  const asked = JSON.stringify(request) + (file.map ? JSON.stringify(file.map) : '');
  const digest = sha256(Buffer.concat([file.digest, Buffer.from(asked)]));
  const earlier = await repeated(deps, jobId, request, digest);
  if (earlier) return earlier;
  const active = await countActiveJobs(deps.db, IMPORT_JOB);
  if (active >= input.maxActive) {
    throw new Refusal(
      'too_many_jobs',
      `There are ${active} active import users jobs, please wait until some of them are finished and try again`,
    );
  }
  try {
    await transaction(deps.db, (tx) => store(deps, tx, { jobId, file, request, digest }));
  } catch (error) {
    // Another request with the same key was faster.
    const winner =
      sqlState(error) === '23505' ? await repeated(deps, jobId, request, digest) : null;
    if (winner) return winner;
    throw error;
  }
  const job = await findJob(deps.db, jobId);
  if (!job) throw new Error(`The job ${jobId} does not exist.`);
  return job;
}

async function repeated(
  deps: ReceiveDeps,
  jobId: string,
  request: ImportRequest,
  digest: Buffer,
): Promise<Job | null> {
  if (request.idempotencyKey === null) return null;
  const earlier = await findJobByIdempotencyKey(deps.db, request.idempotencyKey);
  if (!earlier) return null;
  requireSameRequest(earlier, { digest, other: 'another file or other parameters' });
  await abandonImport(deps, jobId);
  return earlier;
}

async function store(
  deps: ReceiveDeps,
  tx: Db,
  input: { jobId: string; file: StoredFile; request: ImportRequest; digest: Buffer },
): Promise<void> {
  const { jobId, file, request } = input;
  const now = deps.clock.now();
  const broken = file.end.kind === 'broken' ? file.end.message : null;
  const wasUploading = await markStored(tx, {
    jobId,
    status: broken !== null && file.rows === 0 ? 'failed' : 'pending',
    connectionId: request.connectionId,
    connectionName: request.connectionName,
    externalId: request.externalId,
    idempotencyKey: request.idempotencyKey,
    requestDigest: input.digest,
    request: {
      upsert: request.upsert,
      dryRun: request.dryRun,
      sendCompletionEmail: request.sendCompletionEmail,
      migratedUsers: request.migratedUsers,
      asksForPasswords: request.asksForPasswords,
      encoding: file.end.encoding,
      ...aboutColumns(file),
    },
    totalRows: file.rows,
    statusDetails: broken,
    now,
  });
  if (!wasUploading) throw new Error(`The job ${jobId} is not uploading.`);
  if (broken !== null && file.rows === 0) return mailAdministrators(deps, tx, jobId);
  if (request.invitations && !request.dryRun) {
    await insertCampaign(tx, {
      jobId,
      connectionId: request.connectionId,
      ...request.invitations,
      now,
    });
  }
  await enqueueLanes(deps, tx, jobId);
}

/** The column names are stored for the file of refused rows, up to this length. */
const MAX_COLUMNS_LENGTH = 16 * 1024;

function aboutColumns({ columns, delimiter, map: told, recognized }: StoredFile) {
  const map = told ?? recognized?.map;
  const names = columns?.map((column) => column.name) ?? Object.keys(recognized?.map ?? {});
  const ignored = names.filter((name) => isLeftOut(name, map));
  return {
    map,
    delimiter,
    ...(columns && JSON.stringify(columns).length <= MAX_COLUMNS_LENGTH && { columns }),
    ...(ignored.length > 0 && { ignoredColumns: ignored.slice(0, 50) }),
    ...(recognized && {
      recognized: {
        exportId: recognized.exportId,
        columns: Object.values(recognized.map).filter(({ field }) => field !== null),
      },
    }),
  };
}

/** Returns the export that a file came from, with the fields of its names, or `null` if the names or a map say it themselves. */
export function recognizedIn(
  job: Job,
): { exportId: string; columns: { column: string; field: string }[] } | null {
  return (job.request.recognized as ReturnType<typeof recognizedIn>) ?? null;
}

async function enqueueLanes(
  deps: { enqueue: Enqueue; lanes: number },
  tx: Db,
  jobId: string,
): Promise<void> {
  for (let lane = 0; lane < deps.lanes; lane++) {
    await deps.enqueue(tx, importUsersTask, { jobId, lane });
  }
}

/** Returns the background work of this flow. */
export function importUsersHandlers(deps: ImportDeps): Registration[] {
  return [handle(importUsersTask, ({ jobId }, signal) => runImport(deps, jobId, signal))];
}

const UPLOAD_GIVEN_UP_AFTER_MS = 24 * 3600 * 1000;

/** Restarts imports whose task was lost, and deletes uploads that were cut off long ago. */
export async function sweepImports(deps: ImportDeps): Promise<void> {
  await restartLostJobs(deps, {
    types: [IMPORT_JOB],
    task: importUsersTask,
    dataOf: (jobId) => ({ jobId, lane: 0 }),
  });
  const now = deps.clock.now().getTime();
  const cutOff = await unfinishedJobs(deps.db, {
    type: IMPORT_JOB,
    statuses: ['uploading'],
    createdBefore: new Date(now - UPLOAD_GIVEN_UP_AFTER_MS),
  });
  for (const job of cutOff) await deleteUpload(deps.db, job.id);
}

/** Returns the columns of the import's CSV file, or `null` for other files and for too many columns to store. */
export function columnsOf(job: Job): { name: string; path: string[] }[] | null {
  return (job.request.columns as { name: string; path: string[] }[] | undefined) ?? null;
}

/** Returns the delimiter of the import's CSV file, or a comma for other files. */
export function delimiterOf(job: Job): string {
  return (job.request.delimiter as string | undefined) ?? ',';
}
