import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type AcceptedInvitation,
  type AcceptOutcome,
  acceptInvitation,
  type LoginInvitation,
  type OpenInvitation,
  viewInvitation,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { logIn } from '../../../flows/log-in/log-in.ts';
import { requestReset } from '../../../flows/reset-password/reset-password.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import {
  isSelfServiceResetEnabled,
  loginIdentifiersOf,
} from '../../../records/connections/connections.ts';
import { lookOf } from '../brand/brand.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  chosenPassword,
  DONE_MESSAGES,
  destination,
  doneUrl,
  FAILED_MESSAGES,
  failedDestination,
  formAction,
  formText,
  longDate,
  mailSentUrl,
  type ProblemName,
  ruleViews,
  sayNotNow,
  secretOf,
} from '../page/page.ts';
import { showDeadLink, showUnknownLink } from './dead-link-pages.ts';
import { showWrongAccount } from './wrong-account-page.ts';

/**
 * Registers `/u/invitation?ticket=…`, which shows the invitation and asks for a new password, or for the current one if there is one. Only
 * the POST uses up the link.
 */
export function registerInvitationPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.invitation, async (request, reply) => {
    const view = await viewInvitation(deps, secretOf(request));
    const isOpen = view.kind === 'open' || view.kind === 'login';
    return isOpen ? showOpen(deps, request, reply, view) : showDead(deps, request, reply, view);
  });

  app.post(PAGE_PATHS.invitation, async (request, reply) => {
    const view = await viewInvitation(deps, secretOf(request));
    if (view.kind === 'open') return choosesPassword(deps, request, reply, view);
    if (view.kind !== 'login') return showDead(deps, request, reply, view);
    if (formText(request, 'way') === 'forgot') return forgets(deps, request, reply, view);
    return logsIn(deps, request, reply, view);
  });
}

async function choosesPassword(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: OpenInvitation,
): Promise<FastifyReply> {
  const chosen = chosenPassword(request);
  if ('problem' in chosen) {
    return showOpen(deps, request, reply, view, sayProblem(deps, request, chosen.problem));
  }
  const { password } = chosen;
  const proof = { kind: 'password', password } as const;
  const outcome = await acceptInvitation(deps, { secret: secretOf(request), proof });
  return showOutcome(deps, request, reply, outcome);
}

function showOutcome(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: AcceptOutcome,
): Promise<FastifyReply> {
  switch (outcome.kind) {
    case 'refused': {
      const problem = sayProblem(deps, request, outcome.why.kind);
      return showOpen(deps, request, reply, outcome.view, problem);
    }
    case 'done':
      return resumeLogin(deps, request, reply, outcome);
    case 'login':
      return showOpen(deps, request, reply, outcome);
    default:
      return showDead(deps, request, reply, outcome);
  }
}

/** Accepts the invitation of a user with a password. The password stays, and proves that the account is the user's. */
async function logsIn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: LoginInvitation,
): Promise<FastifyReply> {
  const { user, connection, client } = view;
  const [kind = 'email'] = loginIdentifiersOf(connection).filter(
    (candidate) => user[candidate] != null,
  );
  const browser = browserSecret(deps, request);
  const login = await logIn(deps, {
    connection,
    identifier: user[kind] ?? view.invitation.email,
    password: formText(request, 'password'),
    ip: request.ip,
    browser,
    clientId: client?.id ?? null,
    entersLater: true,
  });
  if (login.kind === 'throttled' || login.kind === 'busy') {
    const { problem, status } = sayNotNow(reply, login, deps.pages.translator(request));
    return showOpen(deps, request, reply, view, problem, status);
  }
  if (login.kind !== 'ok') {
    // The account is known, so the problem can name it.
    const problem = login.kind === 'wrong' ? 'wrongHere' : login.kind;
    return showOpen(deps, request, reply, view, sayProblem(deps, request, problem));
  }
  keepBrowserSecret(deps, reply, browser);
  const proof = { kind: 'account', userId: login.user.id, hasLoggedIn: true } as const;
  const outcome = await acceptInvitation(deps, { secret: secretOf(request), proof });
  return showOutcome(deps, request, reply, outcome);
}

/** Mails a link for a new password, only to the invited address. */
async function forgets(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { invitation, connection, client }: LoginInvitation,
): Promise<FastifyReply> {
  const { email } = invitation;
  await requestReset(deps, { connection, email, clientId: client?.id ?? null, ip: request.ip });
  const { lang } = deps.pages.translator(request);
  return reply.redirect(mailSentUrl(lang), 303);
}

async function resumeLogin(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { campaign, userId, user, connection, client, organization, handoff }: AcceptedInvitation,
): Promise<FastifyReply> {
  await deps.proofs.take(request, reply, { userId, handoff });
  const target = destination({
    resultUrl: campaign.plan.resultUrl ?? null,
    client,
    email: campaign.plan.includeEmailInRedirect === false ? null : user.email,
    connection,
    message: DONE_MESSAGES.password,
    organization,
    issuer: `${deps.publicUrl}/`,
  });
  const { lang } = deps.pages.translator(request);
  return reply.redirect(target ?? doneUrl('invitation', lang), 303);
}

function sayProblem({ pages }: PageDeps, request: FastifyRequest, problem: ProblemName): string {
  return pages.translator(request).say(`problem.${problem}`);
}

function showOpen(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: OpenInvitation | LoginInvitation,
  problem?: string,
  status = problem === undefined ? 200 : 400,
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const { say, lang } = translator;
  const { invitation, campaign, client } = view;
  const inviter = campaign.plan.inviter?.name ?? null;
  const isLogin = view.kind === 'login';
  const lead = isLogin ? 'invitation.loginLead' : 'invitation.lead';
  const changedAt = isLogin ? view.changedAt : null;
  return pages.send(reply, {
    template: 'invitation',
    translator,
    status,
    values: {
      ...(client ? lookOf(client) : {}),
      title: client ? say('invitation.titleApp', { app: client.name }) : say('invitation.title'),
      lead: inviter ? say(`${lead}From`, { name: inviter }) : say(lead),
      inviter,
      email: invitation.email,
      until: longDate(invitation.expiresAt, lang),
      untilIso: invitation.expiresAt.toISOString(),
      csrf: csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.invitation),
      isLogin,
      changed: changedAt && say('invitation.changed', { date: longDate(changedAt, lang) }),
      canForget: isLogin && isSelfServiceResetEnabled(view.connection),
      rules: view.kind === 'open' && view.policy ? ruleViews(view.policy, translator) : [],
      problem,
      focusPassword: problem !== undefined,
      ways: null,
    },
  });
}

function showDead(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Exclude<AcceptOutcome, AcceptedInvitation | LoginInvitation | { kind: 'refused' }>,
): Promise<FastifyReply> {
  const link = { kind: 'invitation' as const, ticket: secretOf(request) };
  if (view.kind === 'unknown') return showUnknownLink(deps, request, reply, link);
  if (view.kind === 'wrong-account') return showWrongAccount(deps, request, reply, view);
  const { campaign, invitation, client } = view;
  const onwardUrl = isHeld(view)
    ? null
    : failedDestination({
        resultUrl: campaign.plan.resultUrl ?? null,
        client,
        email: campaign.plan.includeEmailInRedirect === false ? null : invitation.email,
        message: view.kind === 'accepted' ? FAILED_MESSAGES.used : FAILED_MESSAGES.expired,
      });
  const look = client ? lookOf(client) : {};
  return showDeadLink(deps, request, reply, {
    ...link,
    texts: `dead.${view.kind}`,
    translator: deps.pages.translator(request),
    look,
    offerNewLink: view.kind === 'expired',
    onwardUrl,
    status: isHeld(view) ? 409 : 410,
  });
}

/** Returns whether the invitation is blocked for now and can be accepted later. */
function isHeld({ kind }: AcceptOutcome): boolean {
  return kind === 'gone' || kind === 'unserved' || kind === 'blocked';
}
