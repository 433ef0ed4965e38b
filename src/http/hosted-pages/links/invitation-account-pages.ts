import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  acceptInvitation,
  connectionOfTyped,
  type LoginInvitation,
  type OpenInvitation,
  viewInvitation,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { logIn } from '../../../flows/log-in/log-in.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { lookOf } from '../brand/brand.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import { formAction, formText, sayNotNow, secretOf } from '../page/page.ts';
import { showAcceptance, showDead } from './invitation-outcome.ts';
import { sayProblem } from './show-invitation.ts';

type Acceptable = OpenInvitation | LoginInvitation;

/** Registers `/u/invitation-account?ticket=…`, where a person accepts an invitation with an account they have already. */
export function registerInvitationAccountPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.invitationAccount, async (request, reply) => {
    const view = await viewInvitation(deps, secretOf(request));
    if (view.kind !== 'open' && view.kind !== 'login') return showDead(deps, request, reply, view);
    return show(deps, request, reply, view);
  });

  app.post(PAGE_PATHS.invitationAccount, async (request, reply) => {
    const view = await viewInvitation(deps, secretOf(request));
    if (view.kind !== 'open' && view.kind !== 'login') return showDead(deps, request, reply, view);
    return logsIn(deps, request, reply, view);
  });
}

async function logsIn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Acceptable,
): Promise<FastifyReply> {
  const identifier = formText(request, 'username').slice(0, 320);
  const connection = await connectionOfTyped(deps.db, view, identifier);
  if (connection === null) return showDead(deps, request, reply, { ...view, kind: 'unserved' });
  const browser = browserSecret(deps, request);
  const login = await logIn(deps, {
    connection,
    identifier,
    password: formText(request, 'password'),
    ip: request.ip,
    browser,
    clientId: view.client?.id ?? null,
    entersLater: true,
  });
  if (login.kind === 'throttled' || login.kind === 'busy') {
    const { problem, status } = sayNotNow(reply, login, deps.pages.translator(request));
    return show(deps, request, reply, view, { identifier, problem, status });
  }
  if (login.kind !== 'ok') {
    const problem = sayProblem(deps, request, login.kind);
    return show(deps, request, reply, view, { identifier, problem, status: 400 });
  }
  keepBrowserSecret(deps, reply, browser);
  const proof = { kind: 'account', userId: login.user.id, hasLoggedIn: true } as const;
  const outcome = await acceptInvitation(deps, { secret: secretOf(request), proof });
  return showAcceptance(deps, request, reply, outcome);
}

function show(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { client }: Acceptable,
  typed: { identifier: string; problem?: string; status: number } = { identifier: '', status: 200 },
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const { say } = translator;
  return pages.send(reply, {
    template: 'invitation-account',
    translator,
    status: typed.status,
    values: {
      ...(client ? lookOf(client) : {}),
      title: say('invitationAccount.title'),
      lead: say('invitationAccount.lead'),
      identifier: typed.identifier,
      csrf: csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.invitationAccount),
      backUrl: formAction(request, PAGE_PATHS.invitation),
      problem: typed.problem,
    },
  });
}
