import type { FastifyError, FastifyInstance } from 'fastify';
import { isDatabaseAway } from '../../platform/db/db.ts';
import { sendProblem } from './answers.ts';
import type { InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import { registerFlowRoutes } from './flow-routes.ts';
import { createOrigins } from './origins.ts';

const BODY_LIMIT = 32 * 1024;

/**
 * Registers `/invitation-flow/*`, with which pages of an application accept invitations (docs/guides/own-form.md). Answers are JSON. A
 * page proves itself by a secret in the `Authorization` header and never by a cookie, so no other page can act for a person.
 */
export async function registerInvitationFlow(
  app: FastifyInstance,
  deps: InvitationFlowDeps,
): Promise<void> {
  const origins = createOrigins(deps.db);
  await app.register(
    async (scoped) => {
      scoped.removeAllContentTypeParsers();
      scoped.addContentTypeParser(
        'application/json',
        { parseAs: 'string', bodyLimit: BODY_LIMIT },
        (_request, body, done) => done(null, body),
      );
      scoped.addHook('onRequest', async (_request, reply) => {
        reply.header('cache-control', 'no-store').header('vary', 'Origin');
      });
      scoped.setErrorHandler(async (thrown: FastifyError | FlowProblem, request, reply) => {
        const problem = problemOf(deps, thrown, request.id);
        // The page of another origin learns only that it is not registered.
        if (problem.code !== 'origin_not_allowed') await origins.permitRefusal(request, reply);
        return sendProblem(request, reply, problem);
      });
      const { limit } = deps;
      scoped.addHook('preHandler', async (request) => {
        if (limit === undefined || request.method === 'OPTIONS') return;
        const verdict = await limit({
          api: 'authentication',
          method: request.method,
          url: request.routeOptions.url ?? request.url,
          payer: { kind: 'address', ip: request.ip },
          ip: request.ip,
          clientId: null,
        });
        const seconds = verdict?.retryAfterSeconds ?? null;
        if (seconds !== null) {
          throw new FlowProblem(429, 'too_many_requests', { retryAfterSeconds: seconds });
        }
      });
      scoped.options('/*', (request, reply) => origins.preflight(request, reply));
      registerFlowRoutes(scoped, { ...deps, origins });
    },
    { prefix: '/invitation-flow' },
  );
}

function problemOf(
  { log }: InvitationFlowDeps,
  thrown: FastifyError | FlowProblem,
  id: string,
): FlowProblem {
  if (thrown instanceof FlowProblem) return thrown;
  const status = thrown.statusCode ?? 500;
  if (status < 500) return new FlowProblem(status, 'invalid_request');
  if (!isDatabaseAway(thrown)) log.error({ err: thrown, id }, 'a step of a flow failed');
  return new FlowProblem(503, 'temporarily_unavailable');
}
