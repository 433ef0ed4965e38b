import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import { Type } from 'typebox';
import { EXPORT_JOB } from '../../../flows/export-users/export-users.ts';
import {
  abandonImport,
  beginImport,
  columnsOf,
  delimiterOf,
  type ImportRequest,
  type RowOutcome,
  submitImport,
} from '../../../flows/import-users/import-users.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import type { Enqueue } from '../../../platform/tasks/tasks.ts';
import {
  type Connection,
  findConnection,
  isConnectionEnabled,
  isSelfServiceResetEnabled,
} from '../../../records/connections/connections.ts';
import { findCampaignOfJob } from '../../../records/invitations/invitations.ts';
import { findJob, type Job } from '../../../records/jobs/jobs.ts';
import { countMessages } from '../../../records/messages/messages.ts';
import { countSegments } from '../../../records/segments/segments.ts';
import { readOutcomes } from '../../../steps/run-segments/run-segments.ts';
import { readInvitationPlan } from '../invitations/invitations.ts';
import {
  type Api,
  ApiError,
  badRequest,
  type Caller,
  notFound,
  oneOf,
  route,
} from '../route/route.ts';
import { type ExportJobDeps, toWireExport } from './export-jobs.ts';
import { csvErrors, csvReport, jsonArray, ndjsonReport } from './job-report.ts';
import { jobSchema, toWireJob } from './job-wire.ts';
import { readUpload, type UploadLimits } from './users-import-upload.ts';

export type JobDeps = {
  db: Db;
  clock: Clock;
  enqueue: Enqueue;
  /** Number of workers that share one import. */
  importLanes: number;
  /** Number of import jobs that can run at the same time. */
  maxActiveImports: number;
} & UploadLimits;

const READ_JOB = ['create:users', 'read:users'] as const;
const jobParams = Type.Object({ id: Type.String({ description: 'ID of the job' }) });

/** /jobs: imports and their results. */
export function jobRoutes(api: Api, deps: JobDeps & ExportJobDeps): void {
  api.fastify.register(multipart);

  route(api, {
    method: 'POST',
    url: '/jobs/users-imports',
    scopes: ['create:users'],
    summary: 'Import users and optionally invite them',
    description:
      'Imports a file of users: a JSON array, NDJSON, or CSV with a header row. The file can be gzipped. Its encoding is ' +
      'UTF-8 or UTF-16; CSV can also be Windows-1252. With `send_invitations`, Usher also invites every imported user, so ' +
      'one request is enough.\n\nUsher responds when it has stored the last byte. From then on the job finishes, even after a ' +
      'crash. Get its progress at `GET /jobs/{id}`.',
    tags: ['jobs'],
    ownBody: {
      contentType: 'multipart/form-data',
      schema: Type.Object({
        users: Type.Unsafe<string>({
          type: 'string',
          format: 'binary',
          description: 'File of users',
        }),
        connection_id: Type.String({ description: 'ID of the connection, `con_…`' }),
        upsert: Type.Optional(
          oneOf(['true', 'false'], {
            description:
              'Whether to update existing users. Usher finds them by email address. Default: `false`.',
          }),
        ),
        external_id: Type.Optional(Type.String({ description: 'Your own ID for the job' })),
        send_completion_email: Type.Optional(
          oneOf(['true', 'false'], {
            description:
              'Whether to send the result by email to the administrators of the console. Default: `true`.',
          }),
        ),
        format: Type.Optional(
          oneOf(['json', 'ndjson', 'csv'], {
            description: 'Format of the file. If absent, Usher detects it.',
          }),
        ),
        map: Type.Optional(
          Type.String({
            description:
              'Maps columns to fields: one line `Column=field` for each column, or JSON. `-` ignores a column. Send it before the ' +
              'file.',
          }),
        ),
        dry_run: Type.Optional(
          oneOf(['true', 'false'], {
            description:
              'With `true`, Usher validates the file and reports, but writes nothing. Default: `false`.',
          }),
        ),
        idempotency_key: Type.Optional(
          Type.String({
            description:
              'Key that makes the request safe to repeat. A repeat with the same key and file returns the first job.',
          }),
        ),
        migrated_users: Type.Optional(
          oneOf(['skip', 'merge'], {
            description:
              'What to do with users whom a login has brought from the legacy directory before. `skip`: leave them as they are. ' +
              '`merge`: add what they lack. Default: `skip`, or with `upsert` the same as for all users.',
          }),
        ),
        without_password: Type.Optional(
          oneOf(['none', 'ask_by_mail'], {
            description:
              'What users without a password hash get. `ask_by_mail`: after their first attempt to sign in, a mail with a link to ' +
              'choose a password. Default: `none`.',
          }),
        ),
        send_invitations: Type.Optional(
          Type.String({
            description:
              '`true`, or the plan of the invitations as JSON: `client_id`, `ttl_sec`, `result_url`, `app_metadata`, ' +
              '`user_metadata`, `template_data`, `inviter`. Requires the scope `create:invitations`, too.',
          }),
        ),
      }),
    },
    // Known clients send other parameters together with this one.
    openQuery: true,
    response: { 202: jobSchema },
    async handler({ request, reply, caller }) {
      if (!request.isMultipart()) throw badRequest("Must provide 'users' file as multipart part.");
      const declared = Number(request.headers['content-length'] ?? 0);
      if (declared > deps.importMaxBytes + 1024 * 1024) throw tooLarge(deps.importMaxBytes);
      const jobId = await beginImport(deps);
      try {
        const { fields, file } = await readUpload(deps, request, jobId);
        if (!file) throw badRequest("Must provide 'users' file as multipart part.");
        const connection = await connectionOf(deps.db, fields);
        const planned = await readInvitationPlan(deps.db, fields.get('send_invitations'), {
          connectionId: connection.id,
          caller,
        });
        const job = await submitImport(
          { ...deps, lanes: deps.importLanes },
          {
            jobId,
            file,
            maxActive: deps.maxActiveImports,
            request: {
              connectionId: connection.id,
              connectionName: connection.name,
              upsert: flag(fields, 'upsert'),
              dryRun: flag(fields, 'dry_run'),
              sendCompletionEmail: flag(fields, 'send_completion_email', true),
              externalId: fields.get('external_id') || null,
              idempotencyKey: fields.get('idempotency_key') || null,
              ...besideMigration(fields, connection),
              invitations: planned && { clientId: planned.clientId, plan: planned.plan },
            },
          },
        );
        const warnings = planned?.warnings ?? [];
        return { ...(await wireOf(deps, job, caller)), ...(warnings.length > 0 && { warnings }) };
      } catch (error) {
        await abandonImport(deps, jobId);
        // The rest of the upload is read and dropped, because otherwise the client would not see the response.
        request.raw.resume();
        reply.header('connection', 'close');
        throw error;
      }
    },
  });

  route(api, {
    method: 'GET',
    url: '/jobs/:id',
    scopes: READ_JOB,
    summary: 'Get a job',
    description:
      'Returns the state of the job and its progress: counts, percentage, rows per second and the time left.',
    tags: ['jobs'],
    params: jobParams,
    response: { 200: jobSchema },
    async handler({ params, caller }) {
      const job = await findJob(deps.db, params.id);
      if (!job || job.status === 'uploading') throw notFound('Job not found.', 'inexistent_job');
      return wireOf(deps, job, caller);
    },
  });

  route(api, {
    method: 'GET',
    url: '/jobs/:id/errors',
    scopes: READ_JOB,
    summary: 'Get the errors of a job',
    description:
      'Returns every refused row: its number, the errors, and the row itself without secrets. The number is the line on ' +
      'which the row begins, or its position in a JSON array. CSV has the columns of the file and the reasons, so you can ' +
      'correct it and import it again. Columns that contain secrets are empty.',
    tags: ['jobs'],
    params: jobParams,
    query: Type.Object({
      format: Type.Optional(
        oneOf(['json', 'csv'], { description: 'Format of the response. Default: `json`.' }),
      ),
    }),
    response: { 200: Type.Any({ description: 'Refused rows and their errors' }), 204: null },
    async handler({ params, query, reply, caller }) {
      const job = await findJob(deps.db, params.id);
      if (!job || job.status === 'uploading')
        throw notFound('The job does not exist', 'inexistent_job');
      const { failed } = await countSegments(deps.db, job.id);
      if (failed > 0) {
        const refused = () =>
          readOutcomes<RowOutcome>(deps.db, { jobId: job.id, onlyFailed: true });
        if (query.format === 'csv') {
          reply
            .code(200)
            .type('text/csv; charset=utf-8')
            .header('content-disposition', `attachment; filename="${job.id}-refused.csv"`);
          return Readable.from(
            csvErrors(refused, { columns: columnsOf(job), delimiter: delimiterOf(job) }),
          );
        }
        reply.code(200).type('application/json; charset=utf-8');
        return Readable.from(jsonArray(refused()));
      }
      reply.code(job.statusDetails === null ? 204 : 200);
      return job.statusDetails === null ? undefined : wireOf(deps, job, caller);
    },
  });

  route(api, {
    method: 'GET',
    url: '/jobs/:id/report',
    scopes: READ_JOB,
    summary: 'Get the report of an import',
    description: 'Streams every row of the file with its result and its `user_id`.',
    tags: ['jobs'],
    params: jobParams,
    query: Type.Object({
      format: Type.Optional(
        oneOf(['ndjson', 'csv'], { description: 'Format of the response. Default: `ndjson`.' }),
      ),
    }),
    response: { 200: Type.Any({ description: 'One line for each row' }) },
    async handler({ params, query, reply }) {
      const job = await findJob(deps.db, params.id);
      if (job?.type !== 'users_import' || job.status === 'uploading') {
        throw notFound('Job not found.', 'inexistent_job');
      }
      const outcomes = readOutcomes<RowOutcome>(deps.db, { jobId: job.id, onlyFailed: false });
      const csv = query.format === 'csv';
      reply
        .type(csv ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
        .header(
          'content-disposition',
          `attachment; filename="${job.id}.${csv ? 'csv' : 'ndjson'}"`,
        );
      return Readable.from(csv ? csvReport(outcomes) : ndjsonReport(outcomes));
    },
  });
}

async function wireOf(deps: JobDeps & ExportJobDeps, job: Job, caller: Caller) {
  if (job.type === EXPORT_JOB) return toWireExport(deps, job, caller);
  const counts = await countSegments(deps.db, job.id);
  const campaign = await findCampaignOfJob(deps.db, job.id);
  const mails = campaign ? await countMessages(deps.db, campaign.id) : null;
  return toWireJob({ job, counts, mails, now: deps.clock.now() });
}

async function connectionOf(db: Db, fields: Map<string, string>) {
  const id = fields.get('connection_id');
  if (!id) throw badRequest("Must provide 'connection_id' as multipart part.");
  if (!/^con_[A-Za-z0-9]{16}$/.test(id)) {
    throw badRequest(
      "Payload validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property connection_id.",
    );
  }
  const connection = await findConnection(db, id);
  if (!connection) throw badRequest('The connection does not exist.', 'inexistent_connection');
  if (connection.strategy !== 'auth0')
    throw badRequest('Connection must be a database connection.');
  if (!(await isConnectionEnabled(db, id))) throw badRequest('Connection must be enabled.');
  const { enabledDatabaseCustomization: own, import_mode: imports } = connection.options;
  if (own === true && imports !== true) {
    throw badRequest('Custom Database Connections without import mode are not allowed.');
  }
  return connection;
}

/** Reads the fields that say how the import treats users of a legacy directory. Absent ones are absent in the request too. */
function besideMigration(
  fields: Map<string, string>,
  connection: Connection,
): Pick<ImportRequest, 'migratedUsers' | 'asksForPasswords'> {
  const migratedUsers = choice(fields, 'migrated_users', ['skip', 'merge']);
  const asks = choice(fields, 'without_password', ['none', 'ask_by_mail']) === 'ask_by_mail';
  if (asks && !isSelfServiceResetEnabled(connection)) {
    throw badRequest(
      'without_password cannot be ask_by_mail, because users of this connection do not set passwords themselves (options.disable_self_service_change_password).',
    );
  }
  return {
    ...(migratedUsers && { migratedUsers }),
    ...(asks && { asksForPasswords: true as const }),
  };
}

function choice<T extends string>(
  fields: Map<string, string>,
  name: string,
  values: readonly T[],
): T | undefined {
  const given = fields.get(name) ?? '';
  const value = values.find((each) => each === given);
  if (value !== undefined || given === '') return value;
  throw badRequest(
    `Payload validation error: 'No enum match for: ${given}' on property ${name}. Use ${values.join(' or ')}.`,
  );
}

function flag(fields: Map<string, string>, name: string, fallback = false): boolean {
  const value = fields.get(name) ?? '';
  if (value === '') return fallback;
  if (value === 'false') return false;
  if (value === 'true') return true;
  throw badRequest(
    `Payload validation error: 'Expected type boolean but found type string' on property ${name}.`,
  );
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(
    413,
    `Payload content length greater than maximum allowed: ${maxBytes}`,
    'payload_too_large',
  );
}
