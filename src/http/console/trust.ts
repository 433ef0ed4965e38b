import type { FastifyReply, FastifyRequest } from 'fastify';
import { textIn } from './fields.ts';
import type { RouteDeps } from './route-deps.ts';
import type { Visit } from './session.ts';

/** Whether a form comes from a page of this session; `about` is what the form is for. */
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
    title: 'This form can not be trusted',
    status: 403,
    sign: 'oops',
    values: {
      lead: 'It came from another site, or you have signed in anew since the page was opened. Nothing was changed.',
      onwardUrl: '/console',
      onwardText: 'Back to the console',
    },
  });
}

export function toLogin(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').redirect('/console/login', 303);
}
