import type { FastifyInstance } from 'fastify';
import { CONSOLE_CLIENT_ID } from '../../flows/appoint-administrators/appoint-administrators.ts';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import { textIn } from './fields.ts';
import type { RouteDeps } from './route-deps.ts';
import { showHome } from './show-home.ts';
import { isOurs, redirectToLogin, untrusted } from './trust.ts';

/** Registers `/console`, which shows the state of the server and the credentials for programs. */
export function registerHome(app: FastifyInstance, deps: RouteDeps): void {
  const { publicUrl, sessions } = deps;

  app.get('/console', async (request, reply) => {
    const visit = await sessions.visitOf(request);
    if (visit === null) return redirectToLogin(reply);
    return showHome(deps, reply, visit, { preset: textIn(request.query, 'for') });
  });

  app.post('/console/logout', async (request, reply) => {
    const visit = await sessions.visitOf(request);
    if (visit !== null && !isOurs(deps, request, visit, 'logout')) return untrusted(deps, reply);
    sessions.end(reply);
    const query = new URLSearchParams({
      client_id: CONSOLE_CLIENT_ID,
      returnTo: `${publicUrl}${PAGE_PATHS.loggedOut}`,
    });
    return reply.header('cache-control', 'no-store').redirect(`/v2/logout?${query}`, 303);
  });
}
