import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway } from '../../../platform/db/db.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { LoginLook } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';

type Shown = Pick<PageDeps, 'pages'>;

/** Registers the pages that browsers get instead of JSON errors and 404. Plugins with their own error handler keep it. */
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

/** Shows the page for a login page that was opened without a login. */
export async function showStale(
  deps: Shown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  await showError(deps, request, reply, { status: 400, texts: 'stale' });
}

/**
 * Shows that nobody can log in here, with a request ID. The log says under that ID what is missing, because only the operator can
 * change it.
 * @param clientId the application without a connection; `null` if the page has no application and the default connection is gone
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
  const translator = pages.translator(request, undefined, look);
  await pages.send(reply, {
    template: 'message',
    translator,
    status: 400,
    values: {
      ...look,
      sign: 'oops',
      title: translator.say('error.noConnectionTitle'),
      lead: translator.say('error.noConnectionLead'),
      code: 'no_connection',
      requestId: request.id,
    },
  });
}

/** Shows the page for a form that came from another site or without its cookie. */
export function showUntrusted(
  { pages }: Shown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const path = request.url.split('?')[0];
  return pages.send(reply, {
    template: 'message',
    translator,
    status: 403,
    values: {
      sign: 'oops',
      title: translator.say('error.formTitle'),
      lead: translator.say('error.formLead'),
      requestId: request.id,
      // `/u/new-link` has no page of its own to open again. It is a button on other pages.
      onwardUrl: path === PAGE_PATHS.newLink ? null : request.url,
      onwardText: translator.say('error.formAgain'),
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
  const translator = pages.translator(request);
  const title = texts === '' ? 'error.title' : (`error.${texts}Title` as const);
  const lead = texts === '' ? 'error.lead' : (`error.${texts}Lead` as const);
  return pages.send(reply, {
    template: 'message',
    translator,
    status,
    values: {
      sign: SIGNS[texts],
      title: translator.say(title),
      lead: translator.say(lead),
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
