import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway } from '../../../platform/db/db.ts';
import type { LoginLook } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';

type Shown = Pick<PageDeps, 'pages'>;

/** What people see instead of JSON when something fails or isn't there. Doors with their own errors keep them. */
export function registerErrorPages(app: FastifyInstance, deps: Shown): void {
  app.setNotFoundHandler((request, reply) => {
    if (!wantsPage(request)) {
      const body = { statusCode: 404, error: 'Not Found', message: 'Not Found' };
      return reply.code(404).send(body);
    }
    return showError(deps, request, reply, { status: 404, texts: 'notFound' });
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500 && !isDatabaseAway(error)) {
      request.log.error({ err: error, id: request.id }, 'request failed');
    }
    if (!wantsPage(request)) {
      const isOurs = status >= 500;
      return reply.code(status).send({
        statusCode: status,
        error: STATUS_CODES[status] ?? 'Error',
        message: isOurs ? 'An internal server error occurred' : error.message,
      });
    }
    const texts = status >= 500 ? '' : status === 429 ? 'many' : 'bad';
    return showError(deps, request, reply, { status, texts });
  });
}

/** A page that only makes sense within a login was opened without one. */
export async function showStale(
  deps: Shown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  await showError(deps, request, reply, { status: 400, texts: 'stale' });
}

/**
 * Nobody can log in here, and only the operator can change that: who came reads it with a request id, and the log says under
 * that id what is missing.
 * @param clientId the application that has no connection to log in with; null: the page belongs to none and the default one is gone
 */
export async function showNoConnection(
  { pages, log }: Pick<PageDeps, 'pages' | 'log'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { clientId, look }: { clientId: string | null; look?: LoginLook },
): Promise<void> {
  log.warn(
    { code: 'no_connection', clientId, id: request.id },
    clientId === null
      ? 'nobody can ask for a new password here: there is no default database connection'
      : `nobody can log in: application ${clientId} has no connection to log in with; enable one for it at /api/v2/connections/{id}/clients: usher doctor prints the command`,
  );
  const speech = pages.speech(request, undefined, look);
  await pages.send(reply, {
    template: 'message',
    speech,
    status: 400,
    values: {
      ...look,
      sign: 'oops',
      title: speech.say('error.noConnectionTitle'),
      lead: speech.say('error.noConnectionLead'),
      code: 'no_connection',
      requestId: request.id,
    },
  });
}

/** A form that can't be trusted: it came from another site, or its cookie is gone. */
export function showUntrusted(
  { pages }: Shown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const speech = pages.speech(request);
  const path = request.url.split('?')[0];
  return pages.send(reply, {
    template: 'message',
    speech,
    status: 403,
    values: {
      sign: 'oops',
      title: speech.say('error.formTitle'),
      lead: speech.say('error.formLead'),
      requestId: request.id,
      // There is no page to open again behind this one: it is a button on others.
      onwardUrl: path === '/u/new-link' ? null : request.url,
      onwardText: speech.say('error.formAgain'),
    },
  });
}

const SIGNS = { '': 'oops', bad: 'oops', notFound: 'lost', stale: 'clock', many: 'clock' } as const;

function showError(
  { pages }: Shown,
  request: FastifyRequest,
  reply: FastifyReply,
  { status, texts }: { status: number; texts: keyof typeof SIGNS },
): Promise<FastifyReply> {
  const speech = pages.speech(request);
  const title = texts === '' ? 'title' : `${texts}Title`;
  const lead = texts === '' ? 'lead' : `${texts}Lead`;
  return pages.send(reply, {
    template: 'message',
    speech,
    status,
    values: {
      sign: SIGNS[texts],
      title: speech.say(`error.${title}`),
      lead: speech.say(`error.${lead}`),
      requestId: request.id,
    },
  });
}

function statusOf(error: FastifyError): number {
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 600 ? status : 500;
}

function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html');
}
