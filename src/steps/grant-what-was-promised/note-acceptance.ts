import { type Campaign, grantsOf, type Invitation } from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';

/** Writes an acceptance to the tenant log, with the invitation's `data`: what the operator's programs wait for. */
export function noteAcceptance(
  audit: Audit,
  about: { invitation: Invitation; campaign: Pick<Campaign, 'plan'>; userId: string },
): void {
  const { invitation, campaign, userId } = about;
  const { organizationId, clientId, acceptedBy } = invitation;
  const { data } = grantsOf(invitation, campaign);
  audit.record({
    type: 'si',
    // Auth0's text for organizations.
    description:
      organizationId === null ? 'Invitation accepted.' : 'Successfully accepted a user invitation',
    userId,
    userName: invitation.email,
    clientId,
    organizationId,
    details: {
      invitation_id: invitation.id,
      accepted_by: acceptedBy,
      ...(data !== null && { data }),
    },
  });
  if (organizationId === null) return;
  audit.record({
    type: 'organization_member_added',
    userId,
    userName: invitation.email,
    clientId,
    organizationId,
  });
}
