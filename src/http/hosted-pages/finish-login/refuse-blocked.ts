import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PageDeps } from '../deps.ts';

/** Sends a user whom an operator has blocked back to the application, which gets the error. */
export async function refuseBlocked(
  { interactions }: Pick<PageDeps, 'interactions'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await interactions.abort(request, reply, {
    error: 'unauthorized',
    description: 'user is blocked',
  });
  return reply;
}
