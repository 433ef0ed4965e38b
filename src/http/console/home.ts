import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CONSOLE_CLIENT_ID } from '../../flows/appoint-administrators/appoint-administrators.ts';
import { createCredentials } from '../../flows/create-credentials/create-credentials.ts';
import { newClientId } from '../../records/clients/clients.ts';
import { countInvitations } from '../../records/invitations/invitations.ts';
import { countMessagesUpTo } from '../../records/messages/messages.ts';
import { countUsersUpTo } from '../../records/users/users.ts';
import { textIn } from './fields.ts';
import type { RouteDeps } from './route-deps.ts';
import type { Visit } from './session.ts';

/** Beyond it a count says only that there are more: the page must not become slow with a server's size. */
const COUNTED = 100_000;
const MAX_NAME = 100;

/** `/console`: how the server is doing, and credentials for programs. */
export function registerHome(app: FastifyInstance, deps: RouteDeps): void {
  const { db, clock, publicUrl, pages, sessions } = deps;

  app.get('/console', async (request, reply) => {
    const visit = await sessions.visitOf(request);
    return visit ? showHome(reply, visit) : toLogin(reply);
  });

  app.post('/console/credentials', async (request, reply) => {
    const visit = await sessions.visitOf(request);
    if (visit === null) return toLogin(reply);
    const clientId = textIn(request.body, 'client_id');
    if (!isOurs(request, visit, `credentials ${clientId}`)) return untrusted(reply);
    const name = textIn(request.body, 'name').trim();
    if (name === '' || name.length > MAX_NAME || /[<>\p{Cc}]/u.test(name)) {
      const problem = `Give them a name of up to ${MAX_NAME} characters, without < and >.`;
      return showHome(reply, visit, { problem, name: name.slice(0, MAX_NAME) });
    }
    const made = await createCredentials(deps, { clientId, name });
    if (made.kind === 'exists') {
      return pages.send(reply, {
        template: 'message',
        title: 'These credentials exist already',
        status: 409,
        values: {
          lead: 'The form was sent twice. A secret is shown only once; if you have missed it, make new credentials.',
          onwardUrl: '/console',
          onwardText: 'Back to the console',
        },
      });
    }
    request.log.info({ clientId, by: visit.user.id }, 'console: credentials made');
    return pages.send(reply, {
      template: 'credentials',
      title: 'Keep this secret now',
      values: {
        name,
        publicUrl,
        clientId: made.clientId,
        clientSecret: made.clientSecret,
      },
    });
  });

  app.post('/console/logout', async (request, reply) => {
    const visit = await sessions.visitOf(request);
    if (visit !== null && !isOurs(request, visit, 'logout')) return untrusted(reply);
    sessions.end(reply);
    const query = new URLSearchParams({
      client_id: CONSOLE_CLIENT_ID,
      returnTo: `${publicUrl}/u/logged-out`,
    });
    return reply.header('cache-control', 'no-store').redirect(`/v2/logout?${query}`, 303);
  });

  async function showHome(
    reply: FastifyReply,
    { user, session }: Visit,
    mistake?: { problem: string; name: string },
  ): Promise<FastifyReply> {
    const now = clock.now();
    const clientId = newClientId();
    const [users, open, accepted, queued, failed] = await Promise.all([
      countUsersUpTo(db, COUNTED),
      countInvitations(db, { state: 'pending', now }),
      countInvitations(db, { state: 'accepted', now }),
      countMessagesUpTo(db, 'queued', COUNTED),
      countMessagesUpTo(db, 'failed', COUNTED),
    ]);
    return pages.send(reply, {
      template: 'home',
      title: `Hello, ${user.givenName ?? user.name ?? user.email ?? user.id}`,
      status: mistake === undefined ? 200 : 400,
      values: {
        publicUrl,
        counts: [
          { label: 'Users', value: shown(users) },
          { label: 'Invitations open', value: shown(open) },
          { label: 'Invitations accepted', value: shown(accepted) },
          { label: 'Mails waiting', value: shown(queued) },
          { label: 'Mails failed', value: shown(failed), isBad: failed > 0 },
        ],
        hasMailbox: deps.hasMailbox,
        clientId,
        maxName: MAX_NAME,
        csrf: sessions.formToken(session, `credentials ${clientId}`),
        logoutCsrf: sessions.formToken(session, 'logout'),
        problem: mistake?.problem,
        // Liquid takes '' for true.
        name: mistake?.name || null,
      },
    });
  }

  function isOurs(request: FastifyRequest, visit: Visit, about: string): boolean {
    return sessions.isOurs(request, visit, { token: textIn(request.body, 'csrf'), about });
  }

  function untrusted(reply: FastifyReply): FastifyReply {
    return pages.send(reply, {
      template: 'message',
      title: 'This form can not be trusted',
      status: 403,
      values: {
        lead: 'It came from another site, or you have signed in anew since the page was opened. Nothing was changed.',
        onwardUrl: '/console',
        onwardText: 'Back to the console',
      },
    });
  }
}

function toLogin(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').redirect('/console/login', 303);
}

function shown(count: number): string {
  const number = new Intl.NumberFormat('en').format(Math.min(count, COUNTED));
  return count > COUNTED ? `${number}+` : number;
}
