import type { FastifyInstance } from 'fastify';
import { createCredentials } from '../../flows/create-credentials/create-credentials.ts';
import { removeClient } from '../../flows/remove-in-batches/remove-in-batches.ts';
import { findGrant } from '../../records/client-grants/client-grants.ts';
import { findClient } from '../../records/clients/clients.ts';
import { textIn, textsIn } from './fields.ts';
import type { RouteDeps } from './route-deps.ts';
import { MAX_NAME, showHome } from './show-home.ts';
import { isOurs, redirectToLogin, untrusted } from './trust.ts';

const BACK = { onwardUrl: '/console', onwardText: 'Back to the console' };

/** Registers `/console/credentials`, which creates credentials for programs with chosen scopes, and revokes them. */
export function registerCredentials(app: FastifyInstance, deps: RouteDeps): void {
  const { db, publicUrl, pages, sessions } = deps;

  app.post('/console/credentials', async (request, reply) => {
    const visit = await sessions.visitOf(request);
    if (visit === null) return redirectToLogin(reply);
    const clientId = textIn(request.body, 'client_id');
    if (!isOurs(deps, request, visit, `credentials ${clientId}`)) return untrusted(deps, reply);
    const name = textIn(request.body, 'name').trim();
    const scope = textsIn(request.body, 'scope');
    const again = (problem: string, isNameBad = false) =>
      showHome(deps, reply, visit, { problem, isNameBad, name: name.slice(0, MAX_NAME), scope });
    if (name === '' || name.length > MAX_NAME || /[<>\p{Cc}]/u.test(name)) {
      return again(`Enter a name of up to ${MAX_NAME} characters, without < and >.`, true);
    }
    if (scope.length === 0) return again('Choose at least one scope.');
    const made = await createCredentials(deps, { clientId, name, scope });
    if (made.kind === 'unknown_scope') return again('Choose scopes from the list.');
    if (made.kind === 'exists') {
      return pages.send(reply, {
        template: 'message',
        title: 'These credentials already exist',
        status: 409,
        sign: 'info',
        values: {
          lead: 'Your browser sent the form twice. The secret was shown once. If you did not copy it, revoke these credentials and create new ones.',
          ...BACK,
        },
      });
    }
    request.log.info({ clientId, by: visit.user.id, scope }, 'console: credentials created');
    return pages.send(reply, {
      template: 'credentials',
      title: 'Copy this secret now. You cannot see it again.',
      values: { name, publicUrl, clientId: made.clientId, clientSecret: made.clientSecret, scope },
    });
  });

  app.get<{ Params: { id: string } }>('/console/credentials/:id/revoke', async (request, reply) => {
    const visit = await sessions.visitOf(request);
    if (visit === null) return redirectToLogin(reply);
    const program = await revocable(request.params.id);
    if (program === null) return gone();
    const { id, name } = program;
    return pages.send(reply, {
      template: 'revoke',
      title: `Revoke ${name}?`,
      values: {
        id,
        action: `/console/credentials/${encodeURIComponent(id)}/revoke`,
        csrf: sessions.formToken(visit.session, `revoke ${id}`),
      },
    });

    function gone() {
      return pages.send(reply, {
        template: 'message',
        title: 'These credentials do not exist',
        status: 404,
        sign: 'lost',
        values: {
          lead: 'They have been revoked already, or they are set in the environment.',
          ...BACK,
        },
      });
    }
  });

  app.post<{ Params: { id: string } }>(
    '/console/credentials/:id/revoke',
    async (request, reply) => {
      const visit = await sessions.visitOf(request);
      if (visit === null) return redirectToLogin(reply);
      const { id } = request.params;
      if (!isOurs(deps, request, visit, `revoke ${id}`)) return untrusted(deps, reply);
      if ((await revocable(id)) !== null && (await removeClient(deps, id))) {
        request.log.info({ clientId: id, by: visit.user.id }, 'console: credentials revoked');
      }
      return reply.header('cache-control', 'no-store').redirect('/console#programs', 303);
    },
  );

  /** Returns a program that can call the management API and is not set in the environment, or `null`. */
  async function revocable(id: string): Promise<{ id: string; name: string } | null> {
    if (id.includes('\0') || id === deps.bootstrapClientId) return null;
    const client = await findClient(db, id);
    if (client?.settings.appType !== 'non_interactive') return null;
    const grant = await findGrant(db, { clientId: id, audience: `${publicUrl}/api/v2/` });
    return grant && { id, name: client.name };
  }
}
