import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../../../records/clients/clients.ts';
import type { Catalog } from './catalog.ts';
import { originAllowed } from './redirect-uris.ts';

/** What a page may read besides the body: when to come again. */
const READABLE = 'retry-after,x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset';

/** Requests whose client is known, and with it its origins. */
const judged = new WeakSet<FastifyRequest>();

/** A preflight names no client, so it promises nothing about the answer: that carries the permission or doesn't. */
export function registerPreflight(app: FastifyInstance, path: string, methods: string): void {
  app.options(path, async (request, reply) =>
    reply
      .code(204)
      .header('access-control-allow-origin', request.headers.origin ?? '*')
      .header('access-control-allow-methods', methods)
      .header('access-control-allow-headers', 'authorization,content-type,auth0-client')
      .header('access-control-max-age', '3600')
      .header('vary', 'Origin')
      .send(),
  );
}

/** Lets pages of the client's origins read the answer. */
export function permitOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  client: Client | null,
): void {
  reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (client !== null) judged.add(request);
  if (origin !== undefined && client !== null && originAllowed(client, origin)) {
    reply.header('access-control-allow-origin', origin);
  }
}

/**
 * Lets pages read refusals that come before a client is known: a limit, a body that is too large or is none, a token of
 * nobody. They say nothing about a client, so an origin of any will do.
 */
export function permitEarlyRefusals(door: FastifyInstance, catalog: Catalog): void {
  door.addHook('onSend', async (request, reply) => {
    const { origin } = request.headers;
    const isRefusal = reply.statusCode >= 400 && reply.statusCode < 500;
    if (origin === undefined || !isRefusal || judged.has(request) || isPage(reply)) return;
    reply.header('vary', 'Origin');
    const isKnown = await catalog.origins('');
    if (isKnown?.(origin) !== true) return;
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-expose-headers', READABLE);
  });
}

function isPage(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('text/html');
}
