import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../../records/clients/clients.ts';
import { originAllowed } from './redirect-uris.ts';

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
  if (origin !== undefined && client !== null && originAllowed(client, origin)) {
    reply.header('access-control-allow-origin', origin);
  }
}
