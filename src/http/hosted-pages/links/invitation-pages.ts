import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type {
  LoginInvitation,
  OpenInvitation,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { requestReset } from '../../../flows/reset-password/reset-password.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { loginIdentifiersOf } from '../../../records/connections/connections.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import { chosenPassword, formText, mailSentUrl, sayNotNow } from '../page/page.ts';
import { provePassword } from '../prove-password/prove-password.ts';
import { enteredProfile } from './invitation-fields.ts';
import { type Acceptable, acceptableHere, accepts } from './invitation-outcome.ts';
import {
  invitationPasskey,
  invitationPasskeyLogin,
  sendPasskeyOptions,
} from './invitation-passkey.ts';
import { sayProblem, showInvitation } from './show-invitation.ts';

/**
 * Registers `/u/invitation?ticket=…`, which shows the invitation and asks for a new password, or for the current one if there is one. Only
 * the POST uses up the link.
 */
export function registerInvitationPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.invitation, async (request, reply) => {
    const view = await acceptableHere(deps, request, reply);
    return view ? showInvitation(deps, request, reply, view) : reply;
  });

  app.post(PAGE_PATHS.invitation, async (request, reply) => {
    const view = await acceptableHere(deps, request, reply);
    if (view === null) return reply;
    const store = view.kind === 'open' ? view.store : view.connection;
    if (store !== null && formText(request, 'way') === 'forgot') {
      return forgets(deps, request, reply, { ...view, connection: store });
    }
    const step = formText(request, 'passkey');
    if (step === 'options') return sendPasskeyOptions(deps, request, reply, view);
    if (step !== '' && view.own.hasPasskey) return logsInWithPasskey(deps, request, reply, view);
    if (view.kind === 'open') {
      return step === ''
        ? choosesPassword(deps, request, reply, view)
        : makesPasskey(deps, request, reply, view);
    }
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
    return showInvitation(deps, request, reply, view, sayProblem(deps, request, chosen.problem));
  }
  const profile = enteredProfile(request, view);
  if (profile === null) return showInvitation(deps, request, reply, view, undefined, 400);
  const { password } = chosen;
  const proof = { kind: 'password', password } as const;
  return accepts(deps, request, reply, { proof, fields: profile });
}

async function makesPasskey(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: OpenInvitation,
): Promise<FastifyReply> {
  const profile = enteredProfile(request, view);
  if (profile === null) return showInvitation(deps, request, reply, view, undefined, 400);
  const passkey = await invitationPasskey(deps, request, reply);
  if (passkey === null) {
    return showInvitation(deps, request, reply, view, sayProblem(deps, request, 'passkey'));
  }
  const proof = { kind: 'passkey', passkey } as const;
  return accepts(deps, request, reply, { proof, fields: profile });
}

/** Accepts the invitation with the passkey of an account that exists: the invited one, or another that the invitation takes. */
async function logsInWithPasskey(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Acceptable,
): Promise<FastifyReply> {
  const profile = enteredProfile(request, view);
  if (profile === null) return showInvitation(deps, request, reply, view, undefined, 400);
  const place = browserSecret(deps, request);
  const login = await invitationPasskeyLogin(deps, request, reply, { view, browser: place });
  const translator = deps.pages.translator(request);
  if (login.kind === 'throttled') {
    const { problem, status } = sayNotNow(reply, login, translator);
    return showInvitation(deps, request, reply, view, problem, status);
  }
  if (login.kind !== 'ok') {
    const problem = translator.say('passkey.wrong');
    return showInvitation(deps, request, reply, view, problem);
  }
  keepBrowserSecret(deps, reply, place);
  const { user, amr } = login;
  const proof = { kind: 'account', userId: user.id, hasLoggedIn: true, amr } as const;
  return accepts(deps, request, reply, { proof, fields: profile });
}

/** Accepts the invitation of a user with a password. The password stays, and proves that the account is the user's. */
async function logsIn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: LoginInvitation,
): Promise<FastifyReply> {
  const profile = enteredProfile(request, view);
  if (profile === null) return showInvitation(deps, request, reply, view, undefined, 400);
  const { user, connection, client } = view;
  const [kind = 'email'] = loginIdentifiersOf(connection).filter(
    (candidate) => user[candidate] != null,
  );
  const proved = await provePassword(deps, request, reply, {
    connection,
    identifier: user[kind] ?? view.invitation.email,
    clientId: client?.id ?? null,
    entersLater: true,
    translator: deps.pages.translator(request),
    // The account is known, so the problem can name it.
    wrong: 'wrongHere',
  });
  if (proved.kind !== 'ok') {
    return showInvitation(deps, request, reply, view, proved.problem, proved.status);
  }
  const proof = { kind: 'account', userId: proved.user.id, hasLoggedIn: true } as const;
  return accepts(deps, request, reply, { proof, fields: profile });
}

/** Mails a link for a new password, only to the invited address. */
async function forgets(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { invitation, connection, client }: Pick<LoginInvitation, 'invitation' | 'connection' | 'client'>,
): Promise<FastifyReply> {
  const { email } = invitation;
  await requestReset(deps, { connection, email, clientId: client?.id ?? null, ip: request.ip });
  const { lang } = deps.pages.translator(request);
  return reply.redirect(mailSentUrl(lang), 303);
}
