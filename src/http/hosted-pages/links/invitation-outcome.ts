import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type AcceptedInvitation,
  type Accepting,
  type AcceptOutcome,
  acceptInvitation,
  enterTotp,
  type LoginInvitation,
  type OpenInvitation,
  type Proof,
  viewInvitation,
  type Waiting,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { showRecoveryCode } from '../mfa/mfa.ts';
import {
  DONE_MESSAGES,
  destination,
  doneUrl,
  FAILED_MESSAGES,
  failedDestination,
  formAction,
  sayNotNow,
  secretOf,
} from '../page/page.ts';
import { showDeadLink, showUnknownLink } from './dead-link-pages.ts';
import { flowOfBrowser, forgetFlow, keepFlow } from './kept-flow.ts';
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

/** Accepts the invitation of the request's link with what the person has shown and entered, and answers. */
export async function accepts(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: { proof: Proof; fields: Record<string, unknown> },
): Promise<FastifyReply> {
  const secret = secretOf(request);
  const browser = flowOfBrowser(deps, request);
  const outcome = await acceptInvitation(deps, { secret, ...shown, browser });
  return showAcceptance(deps, request, reply, outcome);
}

/** Ends every attempt to accept an invitation by its link: the login at the application follows, or a page says what is in the way. */
function showAcceptance(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Accepting,
): Promise<FastifyReply> {
  switch (outcome.kind) {
    case 'refused': {
      const problem = sayProblem(deps, request, outcome.why.kind);
      return showInvitation(deps, request, reply, outcome.view, problem);
    }
    case 'done':
      forgetFlow(deps, request, reply);
      return arrives(deps, request, reply, outcome);
    case 'fields':
      return showInvitation(deps, request, reply, outcome.view, undefined, 400);
    case 'overtaken':
      return showOvertaken(deps, request, reply);
    case 'goes-on':
      return goesOn(deps, request, reply, outcome);
    case 'throttled':
      return showThrottled(deps, request, reply, outcome);
    case 'login':
      return showInvitation(deps, request, reply, outcome);
    default:
      return showDead(deps, request, reply, outcome);
  }
}

/** Leads to the page that asks for the second factor. A single one that needs no answer before begins here. */
async function goesOn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { at, flowSecret }: Waiting,
): Promise<FastifyReply> {
  keepFlow(deps, request, reply, flowSecret);
  const [only, ...others] = at.needs.required;
  const isNext = at.step === 'factor' && others.length === 0;
  if (isNext && only === 'otp') await enterTotp(deps, { secret: flowSecret });
  return reply.redirect(formAction(request, PAGE_PATHS.invitationFactor), 303);
}

/** Shows the invitation as it is now: another request has changed it. */
async function showOvertaken(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const view = await acceptableHere(deps, request, reply);
  if (view === null) return reply;
  const problem = deps.pages.translator(request).say('invitation.overtaken');
  return showInvitation(deps, request, reply, view, problem, 409);
}

async function showThrottled(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  throttled: { kind: 'throttled'; retryAfterSeconds: number },
): Promise<FastifyReply> {
  const view = await acceptableHere(deps, request, reply);
  if (view === null) return reply;
  const { problem, status } = sayNotNow(reply, throttled, deps.pages.translator(request));
  return showInvitation(deps, request, reply, view, problem, status);
}

/** Leads who has accepted to the application, after the recovery code if there is one. */
export async function arrives(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  accepted: AcceptedInvitation & { recoveryCode: string | null },
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
  const translator = deps.pages.translator(request);
  const url = target ?? doneUrl('invitation', translator.lang);
  const { recoveryCode: code } = accepted;
  if (code === null) return reply.redirect(url, 303);
  const session = { translator, look: client ? lookOf(client, organization) : {} };
  return showRecoveryCode(
    deps,
    { request, reply, session },
    {
      code,
      onward: { url, byLink: true },
    },
  );
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
