import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway } from '../../platform/db/db.ts';
import type { AuthenticationErrorCode, OAuthErrorBody } from '../seams/seams.ts';
import type { AuthenticationDeps } from './deps.ts';
import { OUR_FAULT } from './library/library.ts';
import { sendPage } from './send-page.ts';

/** Creates the handler for errors outside the library: a page for browsers, otherwise an OAuth error (RFC 6749, 5.2). */
export function createErrorHandler({ log, pages }: AuthenticationDeps) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = thrown.statusCode ?? 500;
    const ours = status >= 500;
    const away = isDatabaseAway(thrown);
    if (ours && !away) log.error({ err: thrown, id: request.id }, 'authentication failed');
    const error: AuthenticationErrorCode = away
      ? 'temporarily_unavailable'
      : ours
        ? 'server_error'
        : 'invalid_request';
    const description = ours ? OUR_FAULT : thrown.message;
    reply.code(status);
    if (request.headers.accept?.includes('text/html') === true) {
      const requestId = request.id;
      const elsewhere = pages.errorUrl?.({ error, description, request }) ?? null;
      if (elsewhere !== null) return reply.redirect(elsewhere, 302);
      return sendPage(reply, pages.error({ error, description, requestId, request }));
    }
    return reply.send({ error, error_description: description } satisfies OAuthErrorBody);
  };
}
