import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  beginExport,
  exportLink,
  exportOf,
  exportState,
  openExport,
} from '../../../flows/export-users/export-users.ts';
import { exportNamesProblem } from '../../../flows/import-users/import-users.ts';
import { findConnection } from '../../../records/connections/connections.ts';
import type { Job } from '../../../records/jobs/jobs.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  type Caller,
  closed,
  errorBody,
  oneOf,
  route,
} from '../route/route.ts';
import { jobSchema } from './job-wire.ts';

export type ExportJobDeps = BaseDeps & { ticketKey: Buffer };

const MAX_CSV_FIELDS = 30;

const body = closed({
  connection_id: Type.Optional(
    Type.String({
      pattern: '^con_[A-Za-z0-9]{16}$',
      description: 'ID of the connection to export users from. Default: all connections.',
    }),
  ),
  format: Type.Optional(
    oneOf(['json', 'csv'], {
      description:
        'Format of the file: `json` (one JSON object per line) or `csv`. Default: `json`.',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      description: 'Maximum number of users in the file',
    }),
  ),
  fields: Type.Optional(
    Type.Array(
      closed({
        name: Type.String({
          minLength: 1,
          maxLength: 100,
          description:
            'Name of a field, or a path such as `identities[0].connection` or `user_metadata.x`',
        }),
        export_as: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 100,
            description:
              'Name of the field in the file. It must be unique and cannot be the name of another field.',
          }),
        ),
      }),
      { maxItems: 200, description: 'Fields to export. Default: the profile fields.' },
    ),
  ),
});

/** /jobs/users-exports: files of users. */
export function exportJobRoutes(api: Api, deps: ExportJobDeps): void {
  route(api, {
    method: 'POST',
    url: '/jobs/users-exports',
    scopes: ['read:users'],
    summary: 'Export users',
    description:
      'Usher writes the file in the background. When the job is completed, `GET /jobs/{id}` returns as `location` a link to ' +
      'the gzipped file. A link works for 60 seconds. For 24 hours, each new request returns a new link. The file never ' +
      "contains passwords. In CSV, every text value begins with `'`, so that no spreadsheet treats it as a formula.",
    tags: ['jobs'],
    body,
    bodyOptional: true,
    response: { 200: jobSchema },
    async handler({ body, caller }) {
      const { connection_id: id, format = 'json', limit } = body ?? {};
      const fields = body?.fields?.length ? body.fields : undefined;
      const connection = id === undefined ? null : await findConnection(deps.db, id);
      if (id !== undefined && !connection) {
        throw badRequest('The connection does not exist.', 'inexistent_connection');
      }
      if (format === 'csv') refuseForTables(fields ?? []);
      const named =
        fields?.map(({ name, export_as }) => ({ name, exportAs: export_as ?? null })) ?? null;
      const problem = exportNamesProblem(named ?? [], format);
      if (problem !== null) throw badRequest(problem);
      const job = await beginExport(deps, {
        connection,
        format,
        limit: limit ?? null,
        fields: named,
        namesCount: caller.scopes.has('create:users'),
      });
      return toWireExport(deps, job, caller);
    },
  });
}

/**
 * Limits a CSV export to a maximum number of columns with simple values.
 * @throws ApiError 400
 */
function refuseForTables(fields: { name: string }[]): void {
  if (fields.length > MAX_CSV_FIELDS) {
    throw badRequest(
      `Payload validation error: 'Array is too long (${fields.length}), maximum ${MAX_CSV_FIELDS}' on property fields.`,
    );
  }
  const whole = fields.find(({ name }) => name === 'user_metadata' || name === 'app_metadata');
  if (whole === undefined) return;
  throw badRequest(
    `A CSV file cannot contain the whole ${whole.name}. Name a path, such as ${whole.name}.plan.`,
  );
}

/** An export as its job shows it. Only callers who may read users get the link to the file: `GET /jobs` tells others its id. */
export async function toWireExport(deps: ExportJobDeps, job: Job, caller: Caller) {
  const { rowsDone, isThere } = await exportState(deps, job);
  const isRunning = job.status === 'processing';
  const seconds = job.startedAt ? (deps.clock.now().getTime() - job.startedAt.getTime()) / 1000 : 0;
  const total = Math.max(job.totalRows, rowsDone);
  const left = rowsDone === 0 ? null : Math.ceil((seconds * (total - rowsDone)) / rowsDone);
  return {
    ...askedFor(job),
    ...(isRunning && { percentage_done: total === 0 ? 0 : Math.floor((rowsDone / total) * 100) }),
    ...(isRunning && left !== null && { time_left_seconds: left }),
    ...(job.status === 'completed' && { percentage_done: 100 }),
    ...(isThere && caller.scopes.has('read:users') && { location: exportLink(deps, job.id) }),
    ...endOf(job),
  };
}

/** An export in a list of jobs. Omits the properties that need a query for each job. */
export function toListedExport(job: Job) {
  return {
    ...askedFor(job),
    ...(job.totalRows > 0 && { rows_total: job.totalRows }),
    ...endOf(job),
  };
}

function askedFor(job: Job) {
  const { format, fields, limit } = exportOf(job);
  return {
    type: job.type,
    status: job.status,
    ...(job.connectionId !== null && { connection_id: job.connectionId }),
    ...(job.connectionName !== null && { connection: job.connectionName }),
    format,
    ...(limit !== null && { limit }),
    ...(fields !== null && {
      fields: fields.map((field) => ({
        name: field.name,
        ...(field.exportAs !== null && { export_as: field.exportAs }),
      })),
    }),
  };
}

function endOf(job: Job) {
  return {
    ...(job.statusDetails !== null && { status_details: job.statusDetails }),
    created_at: job.createdAt.toISOString(),
    id: job.id,
  };
}

const linkQuery = /^\d{1,12}$/;

/** Serves the files that links lead to. Requires no token: the signed link is the proof. */
export function registerExportFiles(
  app: FastifyInstance,
  deps: Pick<ExportJobDeps, 'db' | 'clock' | 'ticketKey'>,
): void {
  app.get<{ Params: { id: string }; Querystring: { until?: string; proof?: string } }>(
    '/exports/:id',
    { schema: { hide: true } },
    async (request, reply) => {
      const { until, proof } = request.query;
      const isLink =
        typeof until === 'string' && linkQuery.test(until) && typeof proof === 'string';
      const download = isLink
        ? await openExport(deps, { jobId: request.params.id, until: Number(until), proof })
        : null;
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
      if (!download)
        return reply
          .code(403)
          .send(errorBody(403, 'The link has expired. Get a new link from GET /jobs/{id}.'));
      const name = `${request.params.id}.${download.file.format}.gz`;
      return reply
        .type('application/gzip')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(Readable.from(download.pieces, { objectMode: false }));
    },
  );
}
