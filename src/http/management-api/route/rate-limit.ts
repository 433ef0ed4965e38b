import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LimitRequest } from '../../../flows/limit-requests/limit-requests.ts';
import { rateLimitHeaders } from '../../../platform/http/http.ts';
import type { Caller } from './authenticate.ts';
import { ApiError } from './errors.ts';

/**
 * Counts the request of an authenticated caller, and throws 429 if there were too many. It runs after authentication, so
 * that callers without a token cannot use up the limit of others. Users who call with their own token have a bucket each,
 * for the same reason.
 */
export async function limitCaller(
  limit: LimitRequest,
  url: string,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const isClient = caller.subject === `${caller.clientId}@clients`;
  const verdict = await limit({
    api: 'management',
    method: request.method,
    url,
    payer: isClient ? { kind: 'tenant' } : { kind: 'user', userId: caller.subject },
    ip: request.ip,
    clientId: caller.clientId,
  });
  if (verdict === null) return;
  reply.headers(rateLimitHeaders(verdict));
  if (verdict.retryAfterSeconds === null) return;
  throw new ApiError(
    429,
    verdict.of === 'api'
      ? 'Global limit has been reached'
      : 'Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.',
    'too_many_requests',
  );
}
