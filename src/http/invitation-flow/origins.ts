import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Db } from '../../platform/db/db.ts';
import {
  type Client,
  type Coverage,
  isCovered,
  originCoverage,
  originSet,
  originsOfClients,
} from '../../records/clients/clients.ts';
import { namesOfOrganizations } from '../../records/organizations/organizations.ts';

/** How long the origins of all applications are remembered, for preflights. */
const TTL_MS = 1000;

/** Decides which pages may read answers. */
export type Origins = ReturnType<typeof createOrigins>;

/** Returns the rules of the origins: only those that an application has registered, and never with cookies. */
export function createOrigins(db: Db) {
  let known: { until: number; coverage: Promise<(origin: string) => Coverage> } | undefined;
  const organizations = (names: readonly string[]) => namesOfOrganizations(db, names);

  async function ofAnyClient(origin: string): Promise<boolean> {
    if (known === undefined || known.until < performance.now()) {
      const coverage = originsOfClients(db).then(originSet);
      known = { until: performance.now() + TTL_MS, coverage };
      coverage.catch(() => {
        known = undefined;
      });
    }
    return isCovered(organizations, (await known.coverage)(origin));
  }

  return {
    /** Lets the page read the answer if its origin is registered for the application. Returns false if it is not. */
    async permit(request: FastifyRequest, reply: FastifyReply, client: Client): Promise<boolean> {
      const { origin } = request.headers;
      // A native application sends none.
      if (origin === undefined) return true;
      if (!(await isCovered(organizations, originCoverage(client, origin)))) return false;
      allow(reply, origin);
      return true;
    },

    /** Returns whether a browser may be sent to this address: a page on an origin that is registered for the application. */
    async permitsReturn(client: Client, address: string): Promise<boolean> {
      if (!URL.canParse(address)) return false;
      const { protocol, origin, username, password } = new URL(address);
      if (!['https:', 'http:'].includes(protocol) || username !== '' || password !== '')
        return false;
      return isCovered(organizations, originCoverage(client, origin));
    },

    /** Lets the page read a refusal that says nothing about an application, if its origin is registered for any. */
    async permitRefusal(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const { origin } = request.headers;
      if (origin !== undefined && (await ofAnyClient(origin))) allow(reply, origin);
    },

    /** Answers a preflight, which names no application. */
    async preflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      await this.permitRefusal(request, reply);
      return reply
        .code(204)
        .header('access-control-allow-methods', 'GET, POST')
        .header('access-control-allow-headers', 'authorization, content-type')
        .header('access-control-max-age', '600')
        .send();
    },
  };
}

function allow(reply: FastifyReply, origin: string): void {
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', 'retry-after');
}
