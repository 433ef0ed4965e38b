import type { FastifyInstance } from 'fastify';
import type { LimitRequest } from '../../flows/limit-requests/limit-requests.ts';
import { rateLimitHeaders } from '../../platform/http/http.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import type { OAuthErrorBody } from '../seams/seams.ts';
import { readFields } from './body.ts';

const TOO_MANY: { status: number; body: OAuthErrorBody } = {
  status: 429,
  body: {
    error: 'too_many_requests',
    error_description: 'Too many requests. Check the X-RateLimit-* headers.',
  },
};

/**
 * Limits requests to the Authentication API by address. There is no shared bucket, because any client could empty it for all. Answers 429
 * in OAuth's form.
 */
export function limitRequests(app: FastifyInstance, limit: LimitRequest): void {
  app.addHook('preHandler', async (request, reply) => {
    const url = request.routeOptions.url ?? request.url;
    if (request.method === 'OPTIONS') return;
    const about = url === '/dbconnections/change_password' ? emailIn(request) : undefined;
    const verdict = await limit({
      api: 'authentication',
      method: request.method,
      url,
      payer: { kind: 'address', ip: request.ip, ...(about !== undefined && { about }) },
      ip: request.ip,
      clientId: null,
    });
    if (verdict === null) return;
    // On the raw response, because the library answers most of these.
    for (const [name, value] of Object.entries(rateLimitHeaders(verdict))) {
      reply.raw.setHeader(name, value);
    }
    if (verdict.retryAfterSeconds === null) return;
    return reply.code(TOO_MANY.status).send(TOO_MANY.body);
  });
}

function emailIn(request: { headers: { 'content-type'?: string }; body: unknown }) {
  const body = typeof request.body === 'string' ? request.body : '';
  const email = readFields(request.headers['content-type'], body)?.email;
  return typeof email === 'string' ? canonicalIdentifier(email) : undefined;
}
