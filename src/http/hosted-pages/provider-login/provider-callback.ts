import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { receiveAnswer } from '../../../flows/log-in-with-provider/log-in-with-provider.ts';
import { originOf } from '../../../platform/http/http.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { PageDeps } from '../deps.ts';
import { keepArrival, providerLoginSecret } from './provider-cookies.ts';
import { showNotHere } from './provider-notices.ts';

/**
 * Registers `/login/callback`, to which providers send the browser back: with a GET, or with a POST of a form (OAuth 2.0 Form Post Response
 * Mode). A POST from another site has no cookies of ours, so both only store the answer. The page to which they redirect checks that this
 * browser began the login and has brought the answer, and uses the answer.
 */
export function registerProviderCallback(app: FastifyInstance, deps: PageDeps): void {
  // No HEAD, because it would use up the answer.
  app.get(PAGE_PATHS.providerCallback, { exposeHeadRoute: false }, (request, reply) =>
    receive(deps, request, reply, {
      fields: textsOf(request.query),
      browserOf: (id) => providerLoginSecret(deps, request, id),
    }),
  );
  app.post(PAGE_PATHS.providerCallback, (request, reply) =>
    receive(deps, request, reply, { fields: textsOf(request.body) }),
  );
}

async function receive(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Omit<Parameters<typeof receiveAnswer>[1], 'origin'>,
): Promise<FastifyReply> {
  const origin = originOf(request, deps.publicUrl);
  const received = await receiveAnswer(deps, { ...answer, origin });
  if (received.kind === 'unknown' || received.kind === 'elsewhere') {
    return showNotHere(deps, request, reply);
  }
  if (received.kind === 'received' && received.arrival !== null) {
    keepArrival(deps, request, reply, { id: received.id, arrival: received.arrival });
  }
  // The empty fragment replaces `#_=_`, which Facebook appends and which browsers would carry on to the application.
  return reply.redirect(`${PAGE_PATHS.providerLogin}?login=${received.id}#`, 303);
}

/** Returns the parameters that have one text. */
function textsOf(from: unknown): Record<string, string> {
  if (typeof from !== 'object' || from === null) return {};
  return Object.fromEntries(
    Object.entries(from).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
