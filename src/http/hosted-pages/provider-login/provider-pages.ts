import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { viewInvitation } from '../../../flows/accept-invitation/accept-invitation.ts';
import {
  type Entered,
  enterWithProvider,
  type ProviderEntry,
  viewProviderLogin,
} from '../../../flows/log-in-with-provider/log-in-with-provider.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type { ProviderLogin } from '../../../records/provider-logins/provider-logins.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  anyLoginContext,
  finishLogin,
  type LoginContext,
  refuseBlocked,
  stateQuery,
} from '../finish-login/finish-login.ts';
import { formText, queryText } from '../page/page.ts';
import { isProvider } from '../ways-in/ways-in.ts';
import { returnToFlow } from './flow-provider-pages.ts';
import { goToProvider } from './go-to-provider.ts';
import { providerLoginSecret } from './provider-cookies.ts';
import { showNotHere, showOver } from './provider-notices.ts';
import { sendBack } from './provider-troubles.ts';

/** Registers `/u/login/connection`: its POST sends the browser to a provider, and its GET continues when the browser is back. */
export function registerProviderPages(app: FastifyInstance, deps: PageDeps): void {
  app.post(PAGE_PATHS.providerLogin, async (request, reply) => {
    const context = await anyLoginContext(deps, request, reply);
    if (!context) return reply;
    const name = formText(request, 'connection');
    const connection = context.connections.find((each) => each.name === name);
    if (!connection || !isProvider(connection)) return reply.redirect(context.urls.login, 303);
    return goToProvider(deps, request, reply, { context, connection });
  });

  // No HEAD, because it would use up the answer.
  app.get(PAGE_PATHS.providerLogin, { exposeHeadRoute: false }, async (request, reply) => {
    const found = await providerLoginHere(deps, request, reply);
    if (found === null) return reply;
    const { login, context, connection, entry } = found;
    if (await acceptsWith(deps, found)) {
      const query = `${stateQuery(context.interaction)}&login=${encodeURIComponent(login.id)}`;
      return reply.redirect(`${PAGE_PATHS.organizationInvitationProvider}${query}`, 302);
    }
    if (login.stage === 'offered') return reply.redirect(linkAccountUrl(context, login.id), 302);
    const entered = await enterWithProvider(deps, entry);
    return continueAs(deps, request, reply, { context, connection, entry, entered });
  });
}

/** A login at a provider that began in this browser, and the login of the application for which it is. */
export type ProviderLoginHere = {
  login: ProviderLogin;
  context: LoginContext;
  connection: Connection;
  entry: ProviderEntry;
};

/**
 * Finds the login at a provider that the address names, with an answer or an account that waits. Returns `null` if it is not this browser's
 * or has ended; the reply has then been sent.
 */
export async function providerLoginHere(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ProviderLoginHere | null> {
  const id = queryText(request, 'login', 100) ?? '';
  const browser = providerLoginSecret(deps, request, id);
  const login = browser === null ? null : await viewProviderLogin(deps, { id, browser });
  if (login?.purpose.kind === 'invitation') {
    const query = new URLSearchParams({ ticket: login.purpose.secret, login: id });
    await reply.redirect(`${PAGE_PATHS.invitationProvider}?${query}`, 302);
    return null;
  }
  if (browser !== null && login?.purpose.kind === 'flow') {
    const { returnUrl } = login.purpose;
    await returnToFlow(reply, { returnUrl, id, browser });
    return null;
  }
  if (browser === null || login?.purpose.kind !== 'login') {
    await showNotHere(deps, request, reply);
    return null;
  }
  const { state } = login.purpose;
  if (login.isOver || !['answered', 'offered'].includes(login.stage)) {
    await showOver(deps, request, reply, `${PAGE_PATHS.login}${stateQuery({ state })}`);
    return null;
  }
  deps.interactions.continueWith(request, state);
  const context = await anyLoginContext(deps, request, reply);
  if (context === null) return null;
  const connection = context.connections.find((each) => each.id === login.connectionId);
  if (connection === undefined) {
    // It was disabled meanwhile.
    await reply.redirect(context.urls.login, 303);
    return null;
  }
  const entry = {
    id,
    browser,
    connection,
    clientId: context.client.id,
    organizationId: context.organization?.id ?? null,
    ip: request.ip,
    place: browserSecret(deps, request),
  };
  return { login, context, connection, entry };
}

/** Returns whether this login accepts an invitation to an organization, with a connection that the invitation takes. */
async function acceptsWith(
  deps: PageDeps,
  { login, context, connection }: ProviderLoginHere,
): Promise<boolean> {
  const { invitation, organization: organizationId } = context.interaction.params;
  if (login.stage !== 'answered' || !invitation || !organizationId) return false;
  const view = await viewInvitation(deps, invitation, { organizationId });
  const isOpen = view.kind === 'open' || view.kind === 'login';
  return isOpen && view.connections.some(({ id }) => id === connection.id);
}

/** Continues after the provider, or after the proof of an account. */
export async function continueAs(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    context,
    connection,
    entry,
    entered,
  }: {
    context: LoginContext;
    connection: Connection;
    entry: ProviderEntry;
    entered: Entered;
  },
): Promise<FastifyReply> {
  switch (entered.kind) {
    case 'ok': {
      keepBrowserSecret(deps, reply, entry.place);
      // RFC 8176 has no name for a login at another server.
      const done = { context: { ...context, connection }, user: entered.user, amr: [] };
      return finishLogin(deps, request, reply, done);
    }
    case 'blocked':
      return refuseBlocked(deps, request, reply);
    case 'offered':
      return reply.redirect(linkAccountUrl(context, entry.id), 303);
    case 'over':
      return showOver(deps, request, reply, context.urls.login);
    default:
      return sendBack(request, reply, { context, connection, trouble: entered.kind });
  }
}

function linkAccountUrl({ interaction }: LoginContext, id: string): string {
  return `${PAGE_PATHS.linkAccount}${stateQuery(interaction)}&login=${encodeURIComponent(id)}`;
}
