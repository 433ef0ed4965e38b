import type { FastifyReply, FastifyRequest } from 'fastify';
import { viewInvitation } from '../../../flows/accept-invitation/accept-invitation.ts';
import type { PageDeps } from '../deps.ts';
import type { LoginContext } from '../finish-login/finish-login.ts';
import { showDeadLink } from './dead-link-pages.ts';

/**
 * Shows that the invitation to an organization has expired, with the offer of a new link and the way to an ordinary login. Changes nothing.
 * @returns false if it has not expired: the reply has then not been sent
 */
export async function showExpiredInvitation(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { interaction, organization, translator, look, urls }: LoginContext,
): Promise<boolean> {
  const ticket = interaction.params.invitation ?? '';
  if (organization === null) return false;
  const view = await viewInvitation(deps, ticket, { organizationId: organization.id });
  // Other expired invitations do not get here: /authorize refuses them.
  if (view.kind !== 'expired' || view.campaign.plan.renewable === false) return false;
  await showDeadLink(deps, request, reply, {
    kind: 'invitation',
    texts: 'dead.expired',
    ticket,
    translator,
    look,
    offerNewLink: true,
    onwardUrl: urls.login,
    status: 410,
  });
  return true;
}
