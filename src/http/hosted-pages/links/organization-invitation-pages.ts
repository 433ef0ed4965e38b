import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { logIn } from '../../../flows/log-in/log-in.ts';
import { signUp } from '../../../flows/sign-up/sign-up.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import {
  type Connection,
  isPasswordless,
  isSelfServiceResetEnabled,
  passwordPolicyOf,
  requiresUsername,
} from '../../../records/connections/connections.ts';
import {
  findInvitationByTicket,
  type OrganizationInvitation,
} from '../../../records/organization-invitations/organization-invitations.ts';
import { titleOf } from '../../../records/organizations/organizations.ts';
import { findUser, findUserByEmail, type User } from '../../../records/users/users.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  anyLoginContext,
  finishLogin,
  type LoginContext,
  stateQuery,
} from '../finish-login/finish-login.ts';
import { chosenPassword, formText, longDate, ruleViews, sayNotNow } from '../page/page.ts';

/** How the invited person can accept. */
type Way =
  /** The person is already logged in and accepts with one click. */
  | { kind: 'accept'; user: User }
  | { kind: 'login'; connection: Connection }
  | { kind: 'signup'; connection: Connection }
  /** There is no account, and none can be created here. */
  | { kind: 'closed' };

type Shown = {
  context: LoginContext;
  invitation: OrganizationInvitation;
  way: Way;
  /** Another user who is logged in. */
  other: User | null;
};

/**
 * Registers `/u/organization-invitation`, which shows the invitation and how to accept it: with the current login, by logging in, or with
 * a new account. Only the login that follows uses up the invitation.
 */
export function registerOrganizationInvitationPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.organizationInvitation, async (request, reply) => {
    const shown = await read(deps, request, reply);
    return shown ? show(deps, request, reply, shown) : reply;
  });

  app.post(PAGE_PATHS.organizationInvitation, async (request, reply) => {
    const shown = await read(deps, request, reply);
    if (!shown) return reply;
    const { way, other } = shown;
    const accepts = formText(request, 'way') === 'accept';
    if (accepts && (way.kind === 'accept' || other !== null)) {
      await deps.interactions.resume(request, reply, undefined);
      return reply;
    }
    if (way.kind === 'login') return logsIn(deps, request, reply, shown, way.connection);
    if (way.kind === 'signup') return signsUp(deps, request, reply, shown, way.connection);
    return show(deps, request, reply, shown);
  });
}

/** Returns `null` if the reply has been sent. An invalid invitation leaves an ordinary login. */
async function read(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Shown | null> {
  const context = await anyLoginContext(deps, request, reply);
  if (!context) return null;
  const { interaction, organization } = context;
  const ticket = interaction.params.invitation ?? '';
  const invitation =
    organization &&
    (await findInvitationByTicket(deps.db, { organizationId: organization.id, ticket }));
  const isOpen = invitation?.state === 'pending' && invitation.expiresAt > deps.clock.now();
  const { userId } = interaction;
  // If the application asks for a fresh login, the session is not enough.
  const counts = userId !== null && interaction.prompt === 'organization';
  if (!invitation || !isOpen) {
    if (counts) await deps.interactions.resume(request, reply, undefined);
    else await reply.redirect(context.urls.login, request.method === 'GET' ? 302 : 303);
    return null;
  }
  // A login with a code comes first, and accepting after it.
  if (!counts && isPasswordless(context.connection)) {
    await reply.redirect(context.urls.code, request.method === 'GET' ? 302 : 303);
    return null;
  }
  const found = counts ? await findUser(deps.db, userId) : null;
  // The session of an unproven account may be a stranger's, so it needs its password or a new one.
  const current = found?.isUnproven && found.email === invitation.email ? null : found;
  const fits =
    current?.email === invitation.email &&
    (invitation.connectionId === null || invitation.connectionId === current.connectionId);
  if (current && fits) {
    return { context, invitation, way: { kind: 'accept', user: current }, other: null };
  }
  const way = await wayFor(deps, context, invitation);
  return { context, invitation, way, other: current };
}

async function wayFor(
  { db }: PageDeps,
  { organizationConnections }: LoginContext,
  { connectionId, email }: OrganizationInvitation,
): Promise<Way> {
  const fitting = organizationConnections.filter(
    ({ connection }) =>
      connection.strategy === 'auth0' && (connectionId === null || connection.id === connectionId),
  );
  for (const { connection } of fitting) {
    const known = await findUserByEmail(db, { connectionId: connection.id, email });
    if (known !== null) return { kind: 'login', connection };
  }
  // The invitation opens a closed connection, but the page asks for no username.
  const open = fitting.find(({ connection }) => !requiresUsername(connection));
  return open ? { kind: 'signup', connection: open.connection } : { kind: 'closed' };
}

async function logsIn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
  connection: Connection,
): Promise<FastifyReply> {
  const { context, invitation } = shown;
  const browser = browserSecret(deps, request);
  const outcome = await logIn(deps, {
    connection,
    identifier: invitation.email,
    password: formText(request, 'password'),
    ip: request.ip,
    browser,
    clientId: context.client.id,
  });
  if (outcome.kind === 'ok') {
    keepBrowserSecret(deps, reply, browser);
    const found = { context: { ...context, connection }, user: outcome.user, amr: ['pwd'] };
    return finishLogin(deps, request, reply, found);
  }
  const { say } = context.translator;
  if (outcome.kind === 'throttled' || outcome.kind === 'busy') {
    const { problem, status } = sayNotNow(reply, outcome, context.translator);
    return show(deps, request, reply, shown, problem, status);
  }
  const problem = outcome.kind === 'wrong' ? 'wrongHere' : outcome.kind;
  return show(deps, request, reply, shown, say(`problem.${problem}`));
}

async function signsUp(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
  connection: Connection,
): Promise<FastifyReply> {
  const { context, invitation } = shown;
  const { say } = context.translator;
  const chosen = chosenPassword(request);
  if ('problem' in chosen) {
    return show(deps, request, reply, shown, say(`problem.${chosen.problem}`));
  }
  const browser = browserSecret(deps, request);
  const outcome = await signUp(deps, {
    connection,
    email: invitation.email,
    password: chosen.password,
    ip: request.ip,
    browser,
    clientId: context.client.id,
    isInvited: true,
  });
  switch (outcome.kind) {
    case 'created': {
      const { user } = outcome;
      keepBrowserSecret(deps, reply, browser);
      const found = { context: { ...context, connection }, user, amr: ['pwd'] };
      return finishLogin(deps, request, reply, found);
    }
    case 'refused':
      return show(deps, request, reply, shown, say(`problem.${outcome.why.kind}`));
    case 'throttled': {
      const { problem, status } = sayNotNow(reply, outcome, context.translator);
      return show(deps, request, reply, shown, problem, status);
    }
    // The invited person already reads the mail, so nothing is left to ask.
    case 'asked':
    case 'exists':
      return show(deps, request, reply, shown, say('problem.exists'));
    case 'disabled':
      return show(deps, request, reply, shown, say('problem.signUpDisabled'));
  }
}

function show(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context, invitation, way, other }: Shown,
  problem?: string,
  status = problem === undefined ? 200 : 400,
): Promise<FastifyReply> {
  const { translator, look, organization, interaction, urls } = context;
  const { say } = translator;
  const name = organization ? titleOf(organization) : '';
  const inviter = invitation.inviterName;
  const reset = way.kind === 'login' && isSelfServiceResetEnabled(way.connection);
  return pages.send(reply, {
    template: 'organization-invitation',
    translator,
    status,
    values: {
      ...look,
      title: say('organizationInvitation.title', { organization: name }),
      lead: say(`organizationInvitation.${way.kind}Lead`, { name: inviter, organization: name }),
      inviter,
      organizationName: name,
      email: invitation.email,
      until: longDate(invitation.expiresAt, translator.lang),
      untilIso: invitation.expiresAt.toISOString(),
      csrf: csrf.token(request, reply),
      action: `${PAGE_PATHS.organizationInvitation}${stateQuery(interaction)}`,
      way: way.kind,
      submit: way.kind === 'closed' ? null : say(`organizationInvitation.${way.kind}Submit`),
      rules: way.kind === 'signup' ? ruleViews(passwordPolicyOf(way.connection), translator) : [],
      forgotUrl: reset ? urls.forgot : null,
      ways: null,
      otherNote: other && say('organizationInvitation.other', { email: nameOf(other) }),
      otherSubmit: other && say('organizationInvitation.otherSubmit', { email: nameOf(other) }),
      problem,
    },
  });
}

function nameOf(user: User): string {
  return user.email ?? user.username ?? user.phoneNumber ?? user.id;
}
