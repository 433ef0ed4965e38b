import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { registerCredentials } from './credentials.ts';
import type { ConsoleDeps } from './deps.ts';
import { registerHome } from './home.ts';
import { createPages } from './pages.ts';
import type { RouteDeps } from './route-deps.ts';
import { createSessions } from './session.ts';
import { registerSignIn } from './sign-in.ts';

export type { ConsoleDeps } from './deps.ts';

/** Registers `/console`, where administrators log in, see the state of the server, and create credentials for programs. */
export async function registerConsole(app: FastifyInstance, deps: ConsoleDeps): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(cookie);
    await scope.register(formbody, { bodyLimit: 16 * 1024 });
    const pages = createPages(deps);
    const shared: RouteDeps = { ...deps, pages, sessions: createSessions(deps) };
    pages.register(scope);
    registerSignIn(scope, shared);
    registerHome(scope, shared);
    registerCredentials(scope, shared);
  });
}
