import type { FastifyReply } from 'fastify';
import { pagePolicy } from '../../../platform/page-policy/page-policy.ts';

/**
 * Returns the headers of every page. `base-uri` and escaped output protect forms. There is no opener policy, because an application can
 * show the login in a popup, which must be able to answer it.
 */
export function secureHeaders(
  reply: FastifyReply,
  more: { styles?: string[] | undefined; font: string | null; connects: boolean },
): FastifyReply {
  return reply
    .header('content-security-policy', pagePolicy(more))
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .header('x-frame-options', 'DENY');
}
