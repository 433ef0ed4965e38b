import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  awaitsLogin,
  isMakerHere,
  type OpenVerification,
  type VerifyOutcome,
  verifyEmail,
  viewVerification,
} from '../../../flows/verify-email/verify-email.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { providerName } from '../../../records/connections/connections.ts';
import { findOrganization } from '../../../records/organizations/organizations.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import {
  DONE_MESSAGES,
  destination,
  doneUrl,
  FAILED_MESSAGES,
  failedDestination,
  formAction,
  formText,
  type MessageTexts,
  sayNotNow,
  secretOf,
} from '../page/page.ts';
import { showDeadLink, showUnknownLink } from './dead-link-pages.ts';

/** Registers `/u/email-verification?ticket=…`, a page with a button, because only the POST may use up the link. */
export function registerVerificationPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.emailVerification, async (request, reply) => {
    const view = await viewVerification(deps, secretOf(request));
    if (view.kind !== 'open') return showDead(deps, request, reply, view);
    const sessionOf = await deps.interactions.whoIsHere(request, reply);
    if (awaitsLogin(view, sessionOf)) return showLogInFirst(deps, request, reply, view);
    return showConfirm(deps, request, reply, view);
  });

  app.post(PAGE_PATHS.emailVerification, async (request, reply) => {
    const outcome = await verifyEmail(deps, {
      secret: secretOf(request),
      sessionOf: await deps.interactions.whoIsHere(request, reply),
      password: formText(request, 'password') || null,
      ip: request.ip,
    });
    const { say } = deps.pages.translator(request);
    if (outcome.kind === 'wrong') {
      const text = say('problem.wrongPassword');
      return showConfirm(deps, request, reply, outcome, { status: 400, text });
    }
    if (outcome.kind === 'unverified') {
      const text = say('problem.notChanged');
      return showConfirm(deps, request, reply, outcome, { status: 503, text });
    }
    if (outcome.kind === 'busy' || outcome.kind === 'throttled') {
      const { problem, status } = sayNotNow(reply, outcome, deps.pages.translator(request));
      return showConfirm(deps, request, reply, outcome, { status, text: problem });
    }
    if (outcome.kind === 'log-in-first') return showLogInFirst(deps, request, reply, outcome);
    if (outcome.kind !== 'done' && outcome.kind !== 'already') {
      return showDead(deps, request, reply, outcome);
    }
    const { ticket, user, connection, client } = outcome;
    const userId = outcome.kind === 'done' ? outcome.personId : (user.linkedTo ?? user.id);
    await deps.proofs.take(request, reply, { userId, handoff: null });
    if (outcome.kind === 'done' && outcome.choosePassword !== null) {
      return reply.redirect(choosePasswordUrl(deps, request, outcome.choosePassword), 303);
    }
    const target = {
      resultUrl: ticket.resultUrl,
      client,
      email: ticket.includeEmailInRedirect ? user.email : null,
    };
    const message = DONE_MESSAGES.verified;
    const issuer = `${deps.publicUrl}/`;
    const { organizationId } = ticket;
    const organization = organizationId && (await findOrganization(deps.db, organizationId));
    const onward =
      outcome.kind === 'already' && ticket.resultUrl !== null
        ? failedDestination({ ...target, message: FAILED_MESSAGES.already })
        : destination({
            ...target,
            connection,
            message,
            issuer,
            organization: organization || null,
          });
    const { lang } = deps.pages.translator(request);
    return reply.redirect(onward ?? doneUrl('verified', lang), 303);
  });
}

async function showConfirm(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Pick<OpenVerification, 'ticket' | 'user' | 'connection' | 'client'>,
  problem?: { status: number; text: string },
): Promise<FastifyReply> {
  const translator = deps.pages.translator(request);
  const sessionOf = await deps.interactions.whoIsHere(request, reply);
  return deps.pages.send(reply, {
    template: 'verification',
    translator,
    ...(problem !== undefined && { status: problem.status }),
    values: {
      ...(view.client && lookOf(view.client)),
      title: translator.say('verification.title'),
      email: view.ticket.email ?? view.user.email,
      // Only the account's creator knows the password. Other people choose a new one.
      askPassword: view.user.isUnproven && !isMakerHere(view, sessionOf),
      problem: problem?.text,
      csrf: deps.csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.emailVerification),
    },
  });
}

/** Shows that the user of an identity provider's account must log in here before confirming its address. */
function showLogInFirst(
  { pages, publicUrl }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { client, connection }: Pick<OpenVerification, 'client' | 'connection'>,
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const { say } = translator;
  const about = { resultUrl: null, client, email: null, connection, message: '' };
  return pages.send(reply, {
    template: 'message',
    translator,
    status: 403,
    values: {
      ...(client && lookOf(client)),
      sign: 'lock',
      title: say('verification.first.title'),
      lead: say('verification.first.lead', { provider: providerName(connection) }),
      onwardUrl: destination({ ...about, issuer: `${publicUrl}/` }),
      onwardText: say('dead.goOn', { app: client?.name ?? say('common.theApp') }),
    },
  });
}

function choosePasswordUrl({ pages }: PageDeps, request: FastifyRequest, secret: string): string {
  const { lang } = pages.translator(request);
  return `${PAGE_PATHS.resetVerify}?ticket=${encodeURIComponent(secret)}&ui_locales=${lang}`;
}

function showDead(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Exclude<
    VerifyOutcome,
    { kind: 'done' | 'already' | 'wrong' | 'busy' | 'throttled' | 'log-in-first' | 'unverified' }
  >,
): Promise<FastifyReply> {
  const link = { kind: 'verification' as const, ticket: secretOf(request) };
  if (view.kind === 'unknown') return showUnknownLink(deps, request, reply, link);
  const { ticket, user, client } = view;
  const onwardUrl = failedDestination({
    resultUrl: ticket.resultUrl,
    client,
    // Not the current address: a reader of the former address's mail must not learn it.
    email: ticket.includeEmailInRedirect ? (ticket.email ?? user.email) : null,
    message: FAILED_MESSAGES[view.kind === 'superseded' ? 'expired' : view.kind],
  });
  // A second use of the link shows that the address is confirmed.
  const isVerified = view.kind === 'used' && user.emailVerified;
  const translator = deps.pages.translator(request);
  const isOver = !isVerified && view.kind !== 'changed';
  return showDeadLink(deps, request, reply, {
    ...link,
    ...(isOver && !ticket.renewable && { lead: translator.say('dead.askSender') }),
    translator,
    texts: isVerified ? 'done.verified' : textsOf(view.kind),
    look: client ? lookOf(client) : {},
    offerNewLink: isOver && ticket.renewable,
    onwardUrl,
    status: isVerified ? 200 : 410,
  });
}

function textsOf(kind: 'used' | 'expired' | 'superseded' | 'changed'): MessageTexts {
  return kind === 'changed' ? 'verification.changed' : `dead.${kind}`;
}
