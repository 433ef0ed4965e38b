import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  acceptInvitation,
  checkFields,
  fieldsAskedBy,
  offersProvider,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import {
  beginWithProvider,
  verifyAnswer,
  viewProviderLogin,
} from '../../../flows/log-in-with-provider/log-in-with-provider.ts';
import { originOf } from '../../../platform/http/http.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { type Connection, providerName } from '../../../records/connections/connections.ts';
import { findUser } from '../../../records/users/users.ts';
import { lookOf } from '../brand/brand.ts';
import { keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import { finishLogin, stateQuery } from '../finish-login/finish-login.ts';
import { formAction, formText, queryText, sayNotNow, secretOf } from '../page/page.ts';
import {
  keepProviderLogin,
  providerLoginHere,
  providerLoginSecret,
  showNotHere,
  showOver,
} from '../provider-login/provider-login.ts';
import { isProvider } from '../ways-in/ways-in.ts';
import { enteredProfile, fieldViews } from './invitation-fields.ts';
import { type Acceptable, acceptableHere, accepts, showDead } from './invitation-outcome.ts';
import { invitationTitle, showInvitation } from './show-invitation.ts';
import { showWrongAccount } from './wrong-account-page.ts';

/**
 * Registers the acceptance of an invitation with an identity provider: `/u/invitation/connection?ticket=…` sends the browser there, and
 * continues when it is back. `/u/organization-invitation/connection` continues a login to an organization that accepts an invitation.
 */
export function registerInvitationProviderPages(app: FastifyInstance, deps: PageDeps): void {
  app.post(PAGE_PATHS.invitationProvider, async (request, reply) => {
    const view = await acceptableHere(deps, request, reply);
    if (view === null) return reply;
    const name = formText(request, 'connection');
    const connection = view.connections.find((each) => each.name === name);
    if (!connection || !isProvider(connection) || !offersProvider(view, connection)) {
      return reply.redirect(formAction(request, PAGE_PATHS.invitation), 303);
    }
    if (fieldsAskedBy(view) === null) {
      return goesToProvider(deps, request, reply, { view, connection });
    }
    // Before the provider, whose proof could not wait for the fields.
    const isSent = formText(request, 'step') === 'fields';
    const profile = isSent ? enteredProfile(request, view) : null;
    return profile === null
      ? asksForFields(deps, request, reply, { view, connection, isSent })
      : goesToProvider(deps, request, reply, { view, connection, profile });
  });

  // No HEAD, because it would use up the answer.
  const withoutHead = { exposeHeadRoute: false };
  app.get(PAGE_PATHS.invitationProvider, withoutHead, (request, reply) =>
    comesBack(deps, request, reply),
  );
  app.get(PAGE_PATHS.organizationInvitationProvider, withoutHead, (request, reply) =>
    comesBackToLogin(deps, request, reply),
  );
}

async function goesToProvider(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    view,
    connection,
    profile,
  }: { view: Acceptable; connection: Connection; profile?: Record<string, unknown> },
): Promise<FastifyReply> {
  const begun = await beginWithProvider(deps, {
    connection,
    clientId: view.client?.id ?? null,
    purpose: { kind: 'invitation', secret: secretOf(request), ...(profile && { profile }) },
    origin: originOf(request, deps.publicUrl),
    ip: request.ip,
    request: { login_hint: view.invitation.email },
  });
  if (begun.kind === 'throttled') {
    const { problem, status } = sayNotNow(reply, begun, deps.pages.translator(request));
    return showInvitation(deps, request, reply, view, problem, status);
  }
  if (begun.kind === 'unavailable') {
    return showTrouble(deps, request, reply, { view, connection, trouble: begun.kind });
  }
  keepProviderLogin(deps, request, reply, begun);
  return reply.redirect(begun.url, 303);
}

/** Asks for the fields of the invitation. The form goes on to the provider. */
function asksForFields(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  about: { view: Acceptable; connection: Connection; isSent: boolean },
): Promise<FastifyReply> {
  const { view, connection, isSent } = about;
  const { client } = view;
  const translator = pages.translator(request);
  const { say } = translator;
  const provider = providerName(connection);
  return pages.send(reply, {
    template: 'invitation-provider',
    translator,
    status: isSent ? 400 : 200,
    values: {
      ...(client ? lookOf(client) : {}),
      title: invitationTitle(translator, view),
      lead: say('invitationProvider.lead', { provider }),
      fields: fieldViews(request, view, translator, isSent),
      connection: connection.name,
      submit: say('ways.continueWith', { provider }),
      backUrl: formAction(request, PAGE_PATHS.invitation),
      csrf: csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.invitationProvider),
    },
  });
}

function showTrouble(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  about: { view: Acceptable; connection: Connection; trouble: 'denied' | 'failed' | 'unavailable' },
): Promise<FastifyReply> {
  const { view, connection, trouble } = about;
  const { say } = deps.pages.translator(request);
  const problem = say(`providerLogin.${trouble}`, { provider: providerName(connection) });
  return showInvitation(deps, request, reply, view, problem);
}

async function comesBack(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = queryText(request, 'login', 100) ?? '';
  const browser = providerLoginSecret(deps, request, id);
  const login = browser === null ? null : await viewProviderLogin(deps, { id, browser });
  const secret = secretOf(request);
  if (browser === null || login?.purpose.kind !== 'invitation' || login.purpose.secret !== secret) {
    return showNotHere(deps, request, reply);
  }
  const againUrl = formAction(request, PAGE_PATHS.invitation);
  if (login.isOver || login.stage !== 'answered') return showOver(deps, request, reply, againUrl);
  const view = await acceptableHere(deps, request, reply);
  if (view === null) return reply;
  const connection = view.connections.find((each) => each.id === login.connectionId);
  if (connection === undefined) return reply.redirect(againUrl, 303);
  const { profile = {} } = login.purpose;
  if (checkFields(view, profile).kind !== 'ok') return reply.redirect(againUrl, 303);
  const answered = await verifyAnswer(deps, {
    id,
    browser,
    connection,
    clientId: view.client?.id ?? null,
    ip: request.ip,
  });
  if (answered.kind === 'over') return showOver(deps, request, reply, againUrl);
  if (answered.kind !== 'proved') {
    return showTrouble(deps, request, reply, { view, connection, trouble: answered.kind });
  }
  const { identity } = answered;
  const proof = { kind: 'identity', connection, identity, tokenKey: deps.keys.encryption } as const;
  return accepts(deps, request, reply, { proof, fields: profile });
}

async function comesBackToLogin(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const found = await providerLoginHere(deps, request, reply);
  if (found === null) return reply;
  const { context, connection, entry } = found;
  const { invitation: secret, organization: organizationId } = context.interaction.params;
  if (!secret || !organizationId) return reply.redirect(context.urls.login, 302);
  const answered = await verifyAnswer(deps, entry);
  if (answered.kind !== 'proved') return showOver(deps, request, reply, context.urls.login);
  const { identity } = answered;
  const proof = { kind: 'identity', connection, identity, tokenKey: deps.keys.encryption } as const;
  const enters = { ip: request.ip, browser: entry.place };
  const outcome = await acceptInvitation(deps, { secret, organizationId, proof, enters });
  if (outcome.kind !== 'done') {
    const againUrl = `${PAGE_PATHS.organizationInvitation}${stateQuery(context.interaction)}`;
    const fieldsUrl = `${PAGE_PATHS.invitation}?ticket=${encodeURIComponent(secret)}`;
    switch (outcome.kind) {
      case 'wrong-account':
        return showWrongAccount(deps, request, reply, outcome, againUrl);
      case 'fields':
        // That page asks for them before the provider.
        return reply.redirect(fieldsUrl, 303);
      case 'blocked':
      case 'gone':
      case 'unserved':
        return showDead(deps, request, reply, outcome);
      default:
        // That page has the link, and says what became of the invitation.
        return reply.redirect(againUrl, 303);
    }
  }
  const user = await findUser(deps.db, outcome.userId);
  if (user === null || user.blocked) return reply.redirect(context.urls.login, 303);
  keepBrowserSecret(deps, reply, entry.place);
  await deps.proofs.accepts(reply, outcome.handoff);
  return finishLogin(deps, request, reply, { context: { ...context, connection }, user, amr: [] });
}
