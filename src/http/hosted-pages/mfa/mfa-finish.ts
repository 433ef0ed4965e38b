import type { FastifyReply, FastifyRequest } from 'fastify';
import { finishPendingLogin } from '../../../records/pending-logins/pending-logins.ts';
import type { PageDeps } from '../deps.ts';
import { finishLogin, type LoginSession } from '../finish-login/finish-login.ts';

/** Finishes the login of a user who has passed both factors: once, even if the form is sent several times. */
export async function finishProved(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context, pending, user }: LoginSession,
): Promise<FastifyReply> {
  const done = await finishPendingLogin(deps.db, { id: pending.id, now: deps.clock.now() });
  if (done === null || done.secondAmr === null) return reply.redirect(context.urls.login, 303);
  const amr = [...new Set([...done.amr, 'mfa', done.secondAmr])];
  return finishLogin(deps, request, reply, { context, user, amr });
}
