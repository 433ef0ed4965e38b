import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  declineInvitation,
  type InvitationView,
  viewInvitation,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { titleOf } from '../../../records/organizations/organizations.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { formAction, secretOf } from '../page/page.ts';
import { showDead } from './invitation-outcome.ts';

/** An invitation that can be declined. */
type Declinable = Extract<
  InvitationView,
  { kind: 'open' | 'login' | 'gone' | 'unserved' | 'blocked' }
>;

/**
 * Registers `/u/decline-invitation?ticket=…`, which asks whether the person really declines an invitation of either kind. Only the POST
 * ends it.
 */
export function registerDeclinePages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.declineInvitation, async (request, reply) => {
    const view = await viewInvitation(deps, secretOf(request));
    return ask(deps, request, reply, view);
  });

  app.post(PAGE_PATHS.declineInvitation, async (request, reply) => {
    const view = await declineInvitation(deps, { secret: secretOf(request) });
    return ask(deps, request, reply, view);
  });
}

function ask(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: InvitationView,
): Promise<FastifyReply> {
  return isDeclinable(view)
    ? showQuestion(deps, request, reply, view)
    : showDead(deps, request, reply, view);
}

function isDeclinable(view: InvitationView): view is Declinable {
  return ['open', 'login', 'gone', 'unserved', 'blocked'].includes(view.kind);
}

function showQuestion(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Declinable,
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const { say } = translator;
  const { campaign, client, organization, invitation, kind } = view;
  const inviter = campaign.plan.inviter?.name;
  const to = organization ? titleOf(organization) : client?.name;
  const lead = to === undefined ? say('decline.lead') : say('decline.leadTo', { to });
  return pages.send(reply, {
    template: 'decline-invitation',
    translator,
    status: 200,
    values: {
      ...(client ? lookOf(client) : {}),
      title: say('decline.title'),
      lead: inviter ? `${lead} ${say('decline.again', { name: inviter })}` : lead,
      email: invitation.email,
      backUrl:
        kind === 'open' || kind === 'login' ? formAction(request, PAGE_PATHS.invitation) : null,
      csrf: csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.declineInvitation),
    },
  });
}
