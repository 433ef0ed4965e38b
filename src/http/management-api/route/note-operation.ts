import type { FastifyRequest } from 'fastify';
import type { Audit } from '../../../records/logs/logs.ts';
import type { Caller } from './authenticate.ts';
import { maskSecrets } from './mask-secrets.ts';

/** Logs an operation of the management API, successful (`sapi`) or refused (`fapi`). */
export function noteOperation(
  audit: Audit,
  operation: {
    summary: string;
    /** Whether the bodies are secret under any name. */
    secret: boolean;
    request: FastifyRequest;
    caller: Caller;
    statusCode: number;
    answer: unknown;
  },
): void {
  const { request, caller, statusCode, answer, secret } = operation;
  const { method } = request;
  const failed = statusCode >= 400;
  const path = request.url.replace(/\?.*$/, '');
  audit.record({
    type: failed ? 'fapi' : 'sapi',
    description: operation.summary,
    clientId: caller.clientId,
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? null,
    details: {
      request: {
        method: method.toLowerCase(),
        path,
        query: maskSecrets(request.query),
        userAgent: request.headers['user-agent'] ?? '',
        body: maskSecrets(request.body ?? {}, { all: secret }),
        channel: 'api',
        ip: request.ip,
        auth: {
          user: { user_id: caller.subject },
          strategy: 'jwt',
          credentials: { scopes: [...caller.scopes].slice(0, 300) },
        },
      },
      response: { statusCode, body: maskSecrets(answer ?? {}, { all: secret && !failed }) },
    },
  });
}
