import type { FastifyReply, FastifyRequest } from 'fastify';
import { finishSecondFactor } from '../../../flows/second-factor/second-factor.ts';
import type { PageDeps } from '../deps.ts';
import { finishLogin, type LoginSession } from '../finish-login/finish-login.ts';

/** Finishes the login of a user who has passed both factors: once, even if the form is sent several times. */
export async function finishProved(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context, pending, user }: LoginSession,
): Promise<FastifyReply> {
  const amr = await finishSecondFactor(deps, pending.id);
  if (amr === null) return reply.redirect(context.urls.login, 303);
  return finishLogin(deps, request, reply, { context, user, amr });
}
