import type { FastifyReply } from 'fastify';
import { type FramedPage, pagePolicy } from '../../platform/page-policy/page-policy.ts';

export function pageHeaders({ font }: FramedPage): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pagePolicy({ font }),
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  };
}

export function sendPage(reply: FastifyReply, page: FramedPage): FastifyReply {
  return reply.headers(pageHeaders(page)).send(page.html);
}
