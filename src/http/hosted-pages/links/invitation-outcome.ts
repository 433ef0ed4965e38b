import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type AcceptedInvitation,
  type AcceptOutcome,
  type LoginInvitation,
  type OpenInvitation,
  viewInvitation,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import {
  DONE_MESSAGES,
  destination,
  doneUrl,
  FAILED_MESSAGES,
  failedDestination,
  secretOf,
} from '../page/page.ts';
import { showDeadLink, showUnknownLink } from './dead-link-pages.ts';
import { sayProblem, showInvitation } from './show-invitation.ts';
import { showWrongAccount } from './wrong-account-page.ts';

/** An invitation that its person can accept now. */
export type Acceptable = OpenInvitation | LoginInvitation;

/** Returns the invitation of the request's link if it can be accepted now, or `null` if the reply that says why not has been sent. */
export async function acceptableHere(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Acceptable | null> {
  const view = await viewInvitation(deps, secretOf(request));
  if (view.kind === 'open' || view.kind === 'login') return view;
  await showDead(deps, request, reply, view);
  return null;
}

/** Ends every attempt to accept an invitation by its link: the login at the application follows, or a page says what is in the way. */
export function showAcceptance(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: AcceptOutcome,
): Promise<FastifyReply> {
  switch (outcome.kind) {
    case 'refused': {
      const problem = sayProblem(deps, request, outcome.why.kind);
      return showInvitation(deps, request, reply, outcome.view, problem);
    }
    case 'done':
      return resumeLogin(deps, request, reply, outcome);
    case 'login':
      return showInvitation(deps, request, reply, outcome);
    default:
      return showDead(deps, request, reply, outcome);
  }
}

async function resumeLogin(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  accepted: AcceptedInvitation,
): Promise<FastifyReply> {
  const { invitation, campaign, userId, user, connection, client, organization, handoff } =
    accepted;
  await deps.proofs.take(request, reply, { userId, handoff });
  const target = destination({
    resultUrl: campaign.plan.resultUrl ?? null,
    client,
    email: campaign.plan.includeEmailInRedirect === false ? null : user.email,
    connection,
    // With a link, a person accepts only by a new password.
    message: DONE_MESSAGES[invitation.acceptedBy === 'link' ? 'password' : 'accepted'],
    organization,
    issuer: `${deps.publicUrl}/`,
  });
  const { lang } = deps.pages.translator(request);
  return reply.redirect(target ?? doneUrl('invitation', lang), 303);
}

/** Shows why the link of an invitation does not work now. */
export function showDead(
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
  const translator = deps.pages.translator(request);
  const isRenewable = view.kind === 'expired' && campaign.plan.renewable !== false;
  return showDeadLink(deps, request, reply, {
    ...link,
    texts: `dead.${view.kind}`,
    translator,
    look,
    clientId: client?.id ?? null,
    offerNewLink: isRenewable,
    ...(view.kind === 'expired' && !isRenewable && { lead: translator.say('dead.askSender') }),
    onwardUrl,
    status: isHeld(view) ? 409 : 410,
  });
}

/** Returns whether the invitation is blocked for now and can be accepted later. */
function isHeld({ kind }: AcceptOutcome): boolean {
  return kind === 'gone' || kind === 'unserved' || kind === 'blocked';
}
