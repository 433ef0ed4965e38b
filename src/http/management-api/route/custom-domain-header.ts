import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Db } from '../../../platform/db/db.ts';
import {
  customDomainByName,
  defaultCustomDomain,
} from '../../../records/custom-domains/custom-domains.ts';
import { badRequest } from './errors.ts';

const HEADER = 'auth0-custom-domain';

/**
 * The routes on which Auth0 documents this header, and POST /invitations, which only Usher has. Other routes ignore it.
 */
const WRITES = new Set([
  'POST /api/v2/users',
  'PATCH /api/v2/users/:id',
  'POST /api/v2/jobs/verification-email',
  'POST /api/v2/tickets/password-change',
  'POST /api/v2/tickets/email-verification',
  'POST /api/v2/guardian/enrollments/ticket',
  'POST /api/v2/organizations/:id/invitations',
  'POST /api/v2/invitations',
]);

const domains = new WeakMap<FastifyRequest, string>();

/** Reads the domain for the links of a request. Refuses a domain that is not a verified custom domain. */
export function registerCustomDomainHeader(fastify: FastifyInstance, { db }: { db: Db }): void {
  fastify.addHook('preHandler', async (request) => {
    const name = request.headers[HEADER];
    if (name === undefined) return;
    if (!WRITES.has(`${request.method} ${request.routeOptions.url}`)) return;
    const known = typeof name === 'string' ? await customDomainByName(db, name) : null;
    if (!known?.verifiedAt) {
      throw badRequest(
        `Header validation error: '${HEADER}' must be a verified custom domain.`,
        'invalid_header',
      );
    }
    domains.set(request, known.domain);
  });
}

/** The domain that the request names for links; undefined if it names none. */
export function customDomainOf(request: FastifyRequest): string | undefined {
  return domains.get(request);
}

/** The origin of links in responses: the domain of the request, else the default domain, else the public URL. */
export async function linkOrigin(
  { db, publicUrl }: { db: Db; publicUrl: string },
  request: FastifyRequest,
): Promise<string> {
  const domain = customDomainOf(request) ?? (await defaultCustomDomain(db))?.domain;
  return domain === undefined ? publicUrl : `https://${domain}`;
}
