import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Handoff, logInWithHandoff, viewHandoff } from '../../../flows/log-in/log-in.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { type Client, isCovered, originCoverage } from '../../../records/clients/clients.ts';
import { namesOfOrganizations } from '../../../records/organizations/organizations.ts';
import type { User } from '../../../records/users/users.ts';
import { knowBrowser } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  anyLoginContext,
  finishLogin,
  type LoginContext,
  loginContext,
  stateQuery,
} from '../finish-login/finish-login.ts';

/** A login that a handoff opens. */
type Handed = { handoff: Handoff; isTicket: boolean; user: User; context: LoginContext };

/** `none`: there is no handoff, or it is not valid here. `sent`: the reply has been sent. */
type Found = ({ kind: 'handed' } & Handed) | { kind: 'none' } | { kind: 'sent' };

/**
 * Registers the page `login-ticket`, which asks before a login ticket logs a person in. The ticket is in the address, so a stranger can make a link
 * with a ticket of their own. A person who follows it would use the stranger's account unawares (login CSRF).
 */
export function registerLoginTicketPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.loginTicket, async (request, reply) => {
    const found = await find(deps, request, reply);
    if (found.kind === 'sent') return reply;
    if (found.kind === 'none') return goesToLogin(deps, request, reply);
    const { user, context } = found;
    const { translator, look, client, interaction } = context;
    return deps.pages.send(reply, {
      template: 'passwordless-link',
      translator,
      values: {
        ...look,
        title: translator.say('passwordlessLink.title', { app: client.name }),
        email: user.email ?? user.username ?? user.phoneNumber ?? user.id,
        csrf: deps.csrf.token(request, reply),
        action: `${PAGE_PATHS.loginTicket}${stateQuery(interaction)}`,
      },
    });
  });

  app.post(PAGE_PATHS.loginTicket, async (request, reply) => {
    const found = await find(deps, request, reply);
    if (found.kind === 'sent') return reply;
    if (found.kind === 'handed' && (await enters(deps, request, reply, found))) return reply;
    return goesToLogin(deps, request, reply);
  });
}

/**
 * Finishes the login of a user who has just chosen a password or followed a login link, without asking for anything. A ticket is asked about
 * first, unless the browser says that a page of the application has sent it here.
 * @returns whether the reply has been sent
 */
export async function finishedByHandoff(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const found = await find(deps, request, reply);
  if (found.kind !== 'handed') return found.kind === 'sent';
  const { isTicket, context } = found;
  if (isTicket && !(await comesFromPageOf(deps, request, context.client))) {
    reply.redirect(`${PAGE_PATHS.loginTicket}${stateQuery(context.interaction)}`, 302);
    return true;
  }
  return enters(deps, request, reply, found);
}

async function find(deps: PageDeps, request: FastifyRequest, reply: FastifyReply): Promise<Found> {
  const interaction = await deps.interactions.details(request, reply);
  // A page of the application cannot set our cookie: its handoff comes with the authorization request.
  const ticket = interaction?.params.login_ticket;
  const secret = ticket ?? deps.proofs.handoff(request);
  if (interaction === null || secret === null) return { kind: 'none' };
  const { clientId, params } = interaction;
  const asked = { codeChallenge: params.code_challenge, state: params.state };
  const handoff = { secret, clientId, request: asked };
  const user = await viewHandoff(deps, handoff);
  if (user === null) return { kind: 'none' };
  const context = await loginContext(deps, request, reply, user);
  if (context === null) return { kind: 'sent' };
  return { kind: 'handed', handoff, isTicket: ticket !== undefined, user, context };
}

/** Uses up the handoff. Returns false if another request was faster, or the user may not come in here. */
async function enters(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { handoff, isTicket, context }: Handed,
): Promise<boolean> {
  const organizationId = context.organization?.id ?? null;
  const login = await logInWithHandoff(deps, { ...handoff, organizationId, ip: request.ip });
  if (login === null) return false;
  const { user, amr } = login;
  await deps.proofs.accepts(reply, handoff.secret);
  if (isTicket) await knowBrowser(deps, request, reply, user.id);
  await finishLogin(deps, request, reply, { context, user, amr });
  return true;
}

/**
 * Returns whether a page of the application has sent the browser here. The address of the page survives the redirects in between, and other
 * sites can leave it out but cannot forge it.
 */
async function comesFromPageOf(
  { db }: PageDeps,
  request: FastifyRequest,
  client: Client,
): Promise<boolean> {
  const { referer } = request.headers;
  if (referer === undefined || !URL.canParse(referer)) return false;
  const coverage = originCoverage(client, new URL(referer).origin);
  return isCovered((names) => namesOfOrganizations(db, names), coverage);
}

async function goesToLogin(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const context = await anyLoginContext(deps, request, reply);
  return context === null ? reply : reply.redirect(context.urls.login, 303);
}
