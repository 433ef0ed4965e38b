import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  acceptInvitation,
  mayAccept,
  viewInvitation,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { amrOfPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import {
  type Connection,
  isPasswordless,
  isSelfServiceResetEnabled,
  passwordPolicyOf,
} from '../../../records/connections/connections.ts';
import { isMember, titleOf } from '../../../records/organizations/organizations.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  anyLoginContext,
  finishLogin,
  type LoginContext,
  stateQuery,
} from '../finish-login/finish-login.ts';
import { sendNewPasskeyOptions, sentPasskey } from '../login/login.ts';
import { chosenPassword, formText, longDate, ruleViews } from '../page/page.ts';
import { provePassword } from '../prove-password/prove-password.ts';
import { showExpiredInvitation } from './expired-organization-invitation.ts';
import { enteredProfile, fieldViews, typedFields } from './invitation-fields.ts';
import { type OpenView, type Way, waysFor } from './organization-invitation-ways.ts';

type Shown = {
  context: LoginContext;
  view: OpenView;
  way: Way;
  /** Another user who is logged in. */
  other: User | null;
};

/**
 * Registers `/u/organization-invitation`, which shows the invitation and how to accept it: with the current login, by logging in, or with
 * a new account. A login with another account than the invited one leaves the invitation open, and the page explains it.
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
    const asked = formText(request, 'way');
    if (asked === 'accept' && way.kind === 'accept') return accepts(deps, request, reply, shown);
    if (asked === 'leave' && other !== null) {
      const description = 'the specified account is not allowed to accept the current invitation';
      const { client, organization } = shown.context;
      deps.audit.record({
        type: 'fi',
        description,
        userId: other.id,
        userName: other.email,
        clientId: client.id,
        organizationId: organization?.id ?? null,
      });
      await deps.interactions.abort(request, reply, { error: 'access_denied', description });
      return reply;
    }
    if (way.kind === 'signup' && formText(request, 'passkey') === 'options') {
      const { context, view } = shown;
      return sendNewPasskeyOptions(deps, { request, reply, context, name: view.invitation.email });
    }
    if (way.kind === 'login') return logsIn(deps, request, reply, shown, way.connection);
    if (way.kind === 'signup') return signsUp(deps, request, reply, shown, way.connection);
    return show(deps, request, reply, shown);
  });
}

/** Returns `null` if the reply has been sent. An expired invitation can be renewed, any other invalid one leaves an ordinary login. */
async function read(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Shown | null> {
  const context = await anyLoginContext(deps, request, reply);
  if (!context) return null;
  const { interaction, organization } = context;
  const ticket = interaction.params.invitation ?? '';
  const view = organization && (await viewOf(deps, { organizationId: organization.id, ticket }));
  const { userId } = interaction;
  // If the application asks for a fresh login, the session is not enough.
  const counts = userId !== null && interaction.prompt === 'organization';
  if (!view) {
    const membership = { organizationId: organization?.id ?? '', userId: userId ?? '' };
    const isIn = counts && (await isMember(deps.db, membership));
    if (!isIn && (await showExpiredInvitation(deps, request, reply, context))) return null;
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
  const current = found?.isUnproven && found.email === view.invitation.email ? null : found;
  const user = current && (await mayAccept(deps.db, view, current.id));
  if (user) return { context, view, way: { kind: 'accept', user }, other: null };
  return { context, view, way: wayFor(view), other: current };
}

async function viewOf(
  deps: PageDeps,
  { organizationId, ticket }: { organizationId: string; ticket: string },
): Promise<OpenView | null> {
  const view = await viewInvitation(deps, ticket, { organizationId });
  switch (view.kind) {
    case 'open':
    case 'login':
    case 'unserved':
    case 'blocked':
      return view;
    default:
      return null;
  }
}

function wayFor({ kind, user, connection }: OpenView): Way {
  if (connection === null) return { kind: 'closed' };
  // An account that was made up front has no password yet.
  return { kind: user === null || kind === 'open' ? 'signup' : 'login', connection };
}

/** Resumes the login, which accepts the invitation with the fields that were entered. */
async function accepts(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
): Promise<FastifyReply> {
  const profile = enteredProfile(request, shown.view);
  if (profile === null) return show(deps, request, reply, shown, undefined, 400);
  await deps.interactions.resume(request, reply, undefined, profile);
  return reply;
}

async function logsIn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
  connection: Connection,
): Promise<FastifyReply> {
  const { context, view } = shown;
  const { client, translator } = context;
  const proved = await provePassword(deps, request, reply, {
    connection,
    identifier: view.invitation.email,
    clientId: client.id,
    translator,
    wrong: 'wrongHere',
  });
  if (proved.kind !== 'ok') {
    return show(deps, request, reply, shown, proved.problem, proved.status);
  }
  const found = { context: { ...context, connection }, user: proved.user, amr: ['pwd'] };
  return finishLogin(deps, request, reply, found);
}

async function signsUp(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
  connection: Connection,
): Promise<FastifyReply> {
  const { context, view } = shown;
  const { say } = context.translator;
  const chosen =
    formText(request, 'passkey') === ''
      ? chosenPassword(request)
      : await sentPasskey(deps, { request, context });
  if ('problem' in chosen) {
    return show(deps, request, reply, shown, say(`problem.${chosen.problem}`));
  }
  const browser = browserSecret(deps, request);
  const outcome = await acceptInvitation(deps, {
    secret: context.interaction.params.invitation ?? '',
    organizationId: view.invitation.organizationId ?? '',
    proof: {
      ...('passkey' in chosen
        ? { kind: 'passkey', passkey: chosen.passkey }
        : { kind: 'password', password: chosen.password }),
      connectionId: connection.id,
    },
    fields: typedFields(request, view),
    enters: { ip: request.ip, browser },
  });
  if (outcome.kind === 'done') {
    keepBrowserSecret(deps, reply, browser);
    await deps.proofs.accepts(reply, outcome.handoff);
    const amr = 'passkey' in chosen ? amrOfPasskey(chosen.passkey) : ['pwd'];
    const found = { context: { ...context, connection }, user: outcome.user, amr };
    return finishLogin(deps, request, reply, found);
  }
  if (outcome.kind === 'fields') return show(deps, request, reply, shown, undefined, 400);
  if (outcome.kind === 'refused') {
    return show(deps, request, reply, shown, say(`problem.${outcome.why.kind}`));
  }
  // Another request was faster: now there is an account, or the invitation is not open any more.
  const now = await read(deps, request, reply);
  return now ? show(deps, request, reply, now, say('problem.exists')) : reply;
}

function show(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context, view, way, other }: Shown,
  problem?: string,
  status = problem === undefined ? 200 : 400,
): Promise<FastifyReply> {
  const { pages, csrf } = deps;
  const { translator, look, organization, interaction, urls } = context;
  const { say } = translator;
  const ways = waysFor(deps, request, { context, view, way });
  const name = organization ? titleOf(organization) : '';
  const { invitation, campaign } = view;
  const inviter = campaign.plan.inviter?.name ?? '';
  const store = way.kind === 'login' ? way.connection : view.kind === 'open' ? view.store : null;
  const canReset = store !== null && isSelfServiceResetEnabled(store);
  const lead = leadOf({ view, way }, { hasWays: ways !== null, canReset });
  return pages.send(reply, {
    template: 'organization-invitation',
    translator,
    status,
    values: {
      ...look,
      title: say('organizationInvitation.title', { organization: name }),
      lead: say(`organizationInvitation.${lead}Lead`, { name: inviter, organization: name }),
      inviter,
      organizationName: name,
      email: invitation.email,
      until: longDate(invitation.expiresAt, translator.lang),
      untilIso: invitation.expiresAt.toISOString(),
      csrf: csrf.token(request, reply),
      action: `${PAGE_PATHS.organizationInvitation}${stateQuery(interaction)}`,
      way: way.kind,
      submit: way.kind === 'closed' ? null : say(`organizationInvitation.${way.kind}Submit`),
      fields:
        way.kind === 'accept' || way.kind === 'signup' ? fieldViews(request, view, translator) : [],
      rules: way.kind === 'signup' ? ruleViews(passwordPolicyOf(way.connection), translator) : [],
      forgotUrl: canReset ? urls.forgot : null,
      usesPasskeys: Boolean(ways?.passkey),
      ways,
      otherNote:
        other &&
        say('organizationInvitation.other', { email: nameOf(other), invited: invitation.email }),
      otherSubmit: other && say('organizationInvitation.otherSubmit', { app: context.client.name }),
      declineUrl: `${PAGE_PATHS.declineInvitation}?ticket=${encodeURIComponent(interaction.params.invitation ?? '')}`,
      problem,
    },
  });
}

/** Returns the text for what the person can do on the page, by the ways that it has. */
function leadOf(
  { view, way }: Pick<Shown, 'view' | 'way'>,
  { hasWays, canReset }: { hasWays: boolean; canReset: boolean },
) {
  if (way.kind === 'signup') return hasWays ? 'signupWays' : 'signup';
  if (way.kind !== 'closed') return way.kind;
  // A person without an account can still come with a provider.
  if (hasWays) return view.user === null ? 'ways' : 'login';
  if (view.user === null) return 'closed';
  return canReset ? 'mail' : 'known';
}

function nameOf(user: User): string {
  return user.email ?? user.username ?? user.phoneNumber ?? user.id;
}
