import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Client, isCovered, originCoverage } from '../../../records/clients/clients.ts';
import type { Catalog } from './catalog.ts';

/** Headers that a page can read: when to retry. */
const READABLE = 'retry-after,x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset';

/** Requests whose client and origins are known. */
const judged = new WeakSet<FastifyRequest>();

/** Answers preflights. A preflight names no client, so only the answer itself carries the permission. */
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

/** Lets pages on the client's origins read the answer. */
export async function permitOrigin(
  catalog: Catalog,
  request: FastifyRequest,
  reply: FastifyReply,
  client: Client | null,
): Promise<void> {
  reply.header('vary', 'Origin');
  if (client === null) return;
  judged.add(request);
  const { origin } = request.headers;
  if (origin === undefined) return;
  if (await isCovered(catalog.organizations, originCoverage(client, origin))) {
    reply.header('access-control-allow-origin', origin);
  }
}

/** Requests from an organization's origin, with the application that registered it. */
const fromOrganizations = new WeakMap<FastifyRequest['raw'], Client>();

/** Prepares {@link isOriginAllowed}, which cannot wait for the database. */
export async function judgeOrigin(
  catalog: Catalog,
  request: FastifyRequest,
  clientId: string | null,
): Promise<void> {
  const { origin } = request.headers;
  if (origin === undefined || clientId === null) return;
  const client = await catalog.client(clientId);
  const coverage = client === null ? [] : originCoverage(client, origin);
  if (client === null || coverage === 'everybody') return;
  if (await isCovered(catalog.organizations, coverage)) fromOrganizations.set(request.raw, client);
}

/** Returns whether pages of this origin can read the client's answers. {@link judgeOrigin} must have found an organization's origin. */
export function isOriginAllowed(
  raw: FastifyRequest['raw'],
  client: Client,
  origin: string,
): boolean {
  return (
    originCoverage(client, origin) === 'everybody' || fromOrganizations.get(raw)?.id === client.id
  );
}

/**
 * Lets pages read refusals before the client is known: a rate limit, a body that is too large or not valid, an unknown token. They
 * reveal nothing about a client, so an origin of any client is allowed.
 */
export function permitEarlyRefusals(app: FastifyInstance, catalog: Catalog): void {
  app.addHook('onSend', async (request, reply) => {
    const { origin } = request.headers;
    const isRefusal = reply.statusCode >= 400 && reply.statusCode < 500;
    if (origin === undefined || !isRefusal || judged.has(request) || isPage(reply)) return;
    reply.header('vary', 'Origin');
    const coverage = (await catalog.origins(''))?.(origin) ?? [];
    if (!(await isCovered(catalog.organizations, coverage))) return;
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-expose-headers', READABLE);
  });
}

function isPage(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('text/html');
}
