import type { FastifyReply, FastifyRequest } from 'fastify';
import { textIn } from './fields.ts';
import type { RouteDeps } from './route-deps.ts';
import type { Visit } from './session.ts';

/** Returns whether a form comes from a page of this session. `about` is the form's purpose. */
export function isOurs(
  { sessions }: RouteDeps,
  request: FastifyRequest,
  visit: Visit,
  about: string,
): boolean {
  return sessions.isOurs(request, visit, { token: textIn(request.body, 'csrf'), about });
}

export function untrusted({ pages }: RouteDeps, reply: FastifyReply): FastifyReply {
  return pages.send(reply, {
    template: 'message',
    title: 'We could not verify the form',
    status: 403,
    sign: 'oops',
    values: {
      lead: 'It came from another site, or you have logged in again since you opened the page. Nothing was changed. Go back and try again.',
      onwardUrl: '/console',
      onwardText: 'Back to the console',
    },
  });
}

export function redirectToLogin(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').redirect('/console/login', 303);
}
