import { Readable } from 'node:stream';
import { Type } from 'typebox';
import {
  openTicketLinks,
  type SendInvitationsDeps,
  submitPeopleJob,
  type TicketLinks,
} from '../../../flows/send-invitations/send-invitations.ts';
import { csvLine } from '../../../platform/csv-cell/csv-cell.ts';
import { findClient } from '../../../records/clients/clients.ts';
import { DEFAULT_TICKET_TTL_SECONDS } from '../../../records/tickets/tickets.ts';
import { readSource, sourceProperties } from '../invitations/invitations.ts';
import {
  type Api,
  ApiError,
  badRequest,
  closed,
  idParams,
  LONGEST_SECONDS,
  linkOrigin,
  notFound,
  oneOf,
  route,
} from '../route/route.ts';
import { jobSchema } from './job-wire.ts';

const BODY_LIMIT = 64 * 1024 * 1024;

const body = closed({
  ...sourceProperties,
  ttl_sec: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LONGEST_SECONDS,
      description: 'Lifetime of the links, in seconds. Default, also for 0: 432000 (5 days).',
    }),
  ),
  result_url: Type.Optional(
    Type.String({
      format: 'url',
      description: 'URL to which people are redirected after they set their password',
    }),
  ),
  client_id: Type.Optional(Type.String({ description: 'ID of the application' })),
  mark_email_as_verified: Type.Optional(Type.Boolean()),
  includeEmailInRedirect: Type.Optional(Type.Boolean()),
  renewable: Type.Optional(
    Type.Boolean({
      description:
        'Whether the page of a link that has ended offers a new one, which Usher sends by email. Default: `false`.',
    }),
  ),
  format: Type.Optional(
    oneOf(['json', 'csv'], {
      description: 'Format of the file: `json` (one object per line) or `csv`. Default: `json`.',
    }),
  ),
  idempotency_key: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});

/** Password change links for many users at once. The caller sends the links in their own mails. */
export function ticketJobRoutes(api: Api, deps: SendInvitationsDeps): void {
  route(api, {
    method: 'POST',
    url: '/jobs/password-change-tickets',
    scopes: ['create:user_tickets'],
    summary: 'Create password change tickets for many users',
    description:
      'Creates tickets for all users of an import, of a list or of a connection. Usher sends no email. When the job is ' +
      'completed, `GET /jobs/{id}/tickets` returns the links once.',
    tags: ['jobs', 'tickets'],
    body,
    bodyLimit: BODY_LIMIT,
    response: { 202: jobSchema },
    async handler({ body: wire }) {
      const { recipients, job_id, search, connection: name, connection_id } = wire;
      const isWhole = recipients === undefined && job_id === undefined && search === undefined;
      const { connection, source } = await readSource(deps.db, {
        recipients,
        job_id,
        search: isWhole && (name ?? connection_id) !== undefined ? { q: '*' } : search,
        connection: name,
        connection_id,
      });
      if (wire.client_id !== undefined && !(await findClient(deps.db, wire.client_id))) {
        throw badRequest('The client does not exist');
      }
      const job = await submitPeopleJob(deps, {
        connection,
        source,
        idempotencyKey: wire.idempotency_key ?? null,
        errand: {
          kind: 'tickets',
          clientId: wire.client_id ?? null,
          resultUrl: wire.result_url ?? null,
          ttlSec: wire.ttl_sec || DEFAULT_TICKET_TTL_SECONDS,
          markEmailAsVerified: wire.mark_email_as_verified ?? false,
          includeEmailInRedirect: wire.includeEmailInRedirect ?? true,
          renewable: wire.renewable ?? false,
          format: wire.format ?? 'json',
        },
      });
      return {
        type: job.type,
        status: job.status,
        connection_id: connection.id,
        connection: connection.name,
        created_at: job.createdAt.toISOString(),
        id: job.id,
      };
    },
  });

  route(api, {
    method: 'GET',
    url: '/jobs/:id/tickets',
    scopes: ['create:user_tickets'],
    summary: 'Get the links of a job',
    description:
      'Streams `email`, `user_id` and `link` of every ticket that still works. After the response has been read to its end, ' +
      'the request returns 410.',
    tags: ['jobs', 'tickets'],
    params: idParams('ID of the job'),
    response: {
      200: Type.Any({ description: 'NDJSON, or CSV if the job was created with `format: csv`' }),
    },
    async handler({ params, request, reply }) {
      const publicUrl = await linkOrigin(deps, request);
      const tickets = await openTicketLinks({ ...deps, publicUrl }, params.id);
      switch (tickets.kind) {
        case 'missing':
          throw notFound('Job not found.', 'inexistent_job');
        case 'gone':
          throw new ApiError(
            410,
            'The links of this job have already been read. Create a new job to get new links.',
            'tickets_gone',
          );
        case 'unfinished':
          throw new ApiError(
            409,
            'The job has not finished. Try again when it has.',
            'job_not_finished',
          );
      }
      const csv = tickets.format === 'csv';
      reply
        .type(csv ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
        .header(
          'content-disposition',
          `attachment; filename="${params.id}.${csv ? 'csv' : 'ndjson'}"`,
        );
      // A HEAD request does not count as reading the links.
      const isAsking = request.method === 'HEAD';
      return Readable.from(isAsking ? [] : rendered(tickets, csv), { highWaterMark: 1 });
    },
  });
}

async function* rendered(tickets: TicketLinks, csv: boolean): AsyncGenerator<string> {
  if (csv) yield csvLine(['email', 'user_id', 'link']);
  for await (const links of tickets.read()) {
    const text = links
      .map(({ email, userId, link }) =>
        csv
          ? csvLine([email, userId, link])
          : `${JSON.stringify({ email, user_id: userId, link })}\n`,
      )
      .join('');
    if (text !== '') yield text;
  }
}
