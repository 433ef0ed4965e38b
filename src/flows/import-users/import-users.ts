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
  unfinishedJobs,
} from '../../records/jobs/jobs.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import { importUsersTask } from './import-users.task.ts';
import { mailAdministrators } from './mail-administrators.ts';
import { readOutcomes as readAllOutcomes } from './read-outcomes.ts';
import { type ImportDeps, runImport } from './run-import.ts';
import type { RowOutcome } from './segment-codec.ts';
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

/** What a request for an import asks for, read from the parts around the file. */
export type ImportRequest = {
  connectionId: string;
  connectionName: string;
  upsert: boolean;
  dryRun: boolean;
  /** Whether the people who run this server are told how it ended. */
  sendCompletionEmail: boolean;
  externalId: string | null;
  idempotencyKey: string | null;
  /** Set: everybody brought in is invited under this plan. */
  invitations: { clientId: string | null; plan: CampaignPlan } | null;
};

/** Names that exports gave are known again: those of so many, the newest. */
const KNOWN_EXPORTS = 200;

/** Begins an upload: the file's bytes may come before the parameters that say what to do with it. */
export async function beginImport(deps: { db: Db; clock: Clock }): Promise<string> {
  const made = await insertJob(deps.db, {
    type: 'users_import',
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
    /** What its columns are; see {@link readMap}. */
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
  const names = stored.columns?.map((one) => one.name);
  const absent = names && unusedInMap(file.map, names);
  if (absent)
    throw new Refusal('invalid_body', `The map names ${absent}, which is no column of the file.`);
  return { ...stored, map: file.map };
}

/**
 * What the columns of a file are, as a request says it.
 * @throws Refusal `invalid_body` for names that are no fields
 */
export function readMap(named: [column: string, field: string][]): FieldMap {
  const read = readFieldMap(named);
  if (read.kind === 'refused') throw new Refusal('invalid_body', read.message);
  return read.map;
}

export type StoredFile = Awaited<ReturnType<typeof storeFile>>;

/** Gives up an upload that can't become a job; its rows go with it. */
export async function abandonImport(deps: { db: Db }, jobId: string): Promise<void> {
  await deleteUpload(deps.db, jobId);
}

/**
 * The file is stored: turns the upload into a job, which from here on finishes whatever happens.
 * A repeated idempotency key answers with the first job and forgets this upload.
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
  const active = await countActiveJobs(deps.db, 'users_import');
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
  if (!job) throw new Error(`The job ${jobId} is gone.`);
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
  if (!earlier.requestDigest || !Buffer.from(earlier.requestDigest).equals(digest)) {
    throw new Refusal(
      'idempotency_key_reused',
      `The idempotency_key was used for another file or other parameters, in ${earlier.id}`,
    );
  }
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

/** The names of columns are kept for the file of refused rows, up to this length. */
const MAX_COLUMNS_LENGTH = 16 * 1024;

function aboutColumns({ columns, delimiter, map: told, recognized }: StoredFile) {
  const map = told ?? recognized?.map;
  const names = columns?.map((one) => one.name) ?? Object.keys(recognized?.map ?? {});
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

/** The export that a file came from, and what its names were taken for; null: they say it themselves, or a map does. */
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

/** What the worker does for an import. */
export function importUsersHandlers(deps: ImportDeps): Registration[] {
  return [handle(importUsersTask, ({ jobId }, signal) => runImport(deps, jobId, signal))];
}

const UPLOAD_GIVEN_UP_AFTER_MS = 24 * 3600 * 1000;
const TASK_MISSED_AFTER_MS = 5 * 1000;

/** Puts imports whose work was lost back into the queue, and forgets uploads that were cut off long ago. */
export async function sweepImports(deps: ImportDeps): Promise<void> {
  const now = deps.clock.now().getTime();
  const stuck = await unfinishedJobs(deps.db, {
    type: 'users_import',
    statuses: ['pending', 'processing'],
    createdBefore: new Date(now - TASK_MISSED_AFTER_MS),
  });
  for (const job of stuck) {
    await transaction(deps.db, (tx) => enqueueLanes({ ...deps, lanes: 1 }, tx, job.id));
  }
  const cutOff = await unfinishedJobs(deps.db, {
    type: 'users_import',
    statuses: ['uploading'],
    createdBefore: new Date(now - UPLOAD_GIVEN_UP_AFTER_MS),
  });
  for (const job of cutOff) await deleteUpload(deps.db, job.id);
}

/** The columns of the CSV file that an import came from; null: there were none, or too many to keep. */
export function columnsOf(job: Job): { name: string; path: string[] }[] | null {
  return (job.request.columns as { name: string; path: string[] }[] | undefined) ?? null;
}

/** What stands between the cells of the CSV file that an import came from; a comma for other files. */
export function delimiterOf(job: Job): string {
  return (job.request.delimiter as string | undefined) ?? ',';
}

/** Outcomes of an import's rows in the file's order, in batches; only refused ones if asked. */
export function readOutcomes(
  db: Db,
  query: { jobId: string; onlyFailed: boolean },
): AsyncGenerator<RowOutcome[]> {
  return readAllOutcomes(db, query);
}
