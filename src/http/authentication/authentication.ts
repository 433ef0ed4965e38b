import type { FastifyInstance } from 'fastify';
import { ensureKeys } from '../../flows/manage-keys/manage-keys.ts';
import type { Interactions } from '../seams/seams.ts';
import { createClientJudge } from './client-proof/client-proof.ts';
import { createCatalog, permitEarlyRefusals } from './clients/clients.ts';
import { registerDatabaseConnections } from './db-connections/db-connections.ts';
import type { AuthenticationDeps } from './deps.ts';
import { registerDiscovery } from './discovery.ts';
import { createErrorHandler } from './error-handler.ts';
import { createInteractions, registerContinue } from './interactions/interactions.ts';
import { watchKeys } from './key-watch.ts';
import { createProvider, registerLibraryRoutes } from './library/library.ts';
import { registerLogout } from './logout/logout.ts';
import { registerMfaApi } from './mfa/mfa.ts';
import { createMount } from './mount.ts';
import { registerPasswordless } from './passwordless/passwordless.ts';
import { limitRequests } from './rate-limit.ts';
import { registerUserinfo } from './userinfo/userinfo.ts';

export type { AuthenticationDeps } from './deps.ts';

const BODY_LIMIT = 56 * 1024;

/**
 * Registers the Authentication API: OpenID Connect and OAuth 2.0 for applications, with the names, statuses and texts that Auth0's
 * clients expect. Creates missing signing keys.
 * @returns the seam with which the pages finish a login, and `forget`, to call after a change of applications, APIs or settings
 */
export async function registerAuthentication(
  app: FastifyInstance,
  deps: AuthenticationDeps,
): Promise<{ interactions: Interactions; forget(): void }> {
  await ensureKeys(deps);
  const catalog = createCatalog(deps.db);
  const server = await createProvider(deps, catalog);
  const mount = createMount(server.provider, deps.publicUrl, watchKeys(server.provider, deps));

  const interactions = createInteractions(deps, server, catalog);
  await app.register(async (scoped) => {
    // Bodies stay text here, because the endpoints accept a form or JSON and parse it themselves.
    scoped.removeAllContentTypeParsers();
    scoped.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: BODY_LIMIT },
      (_request, body, done) => done(null, body),
    );

    scoped.setErrorHandler(createErrorHandler(deps));
    permitEarlyRefusals(scoped, catalog);
    if (deps.limit) limitRequests(scoped, deps.limit);

    registerLibraryRoutes(scoped, deps, { mount, catalog, clients: server.clients });
    registerDiscovery(scoped, { ...deps, grantTypes: server.grantTypes });
    registerUserinfo(scoped, deps, server, catalog);
    registerLogout(scoped, deps, server, catalog);
    registerDatabaseConnections(scoped, deps, catalog);
    const shared = { ...deps, catalog, judgeClient: createClientJudge(deps, server) };
    registerPasswordless(scoped, shared);
    registerMfaApi(scoped, shared);
    registerContinue(scoped, { ...deps, interactions });
  });
  return {
    interactions,
    forget() {
      catalog.forget();
      deps.actions.forget();
    },
  };
}
