import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { declineInvitation as decline } from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { cancelMessages } from '../../records/messages/messages.ts';
import { type InvitationView, viewInvitation } from './view-invitation.ts';

/**
 * Ends the invitation of a link because the person does not want it, and cancels its mails. It cannot be renewed.
 * @param input.organizationId the organization that the link was used for; another one's invitation is unknown
 * @returns what the link shows from now on: `declined`, or what another request made of it before
 */
export async function declineInvitation(
  deps: { db: Db; clock: Clock; audit: Audit },
  input: { secret: string; organizationId?: string },
): Promise<InvitationView> {
  const view = await viewInvitation(deps, input.secret, input);
  if (view.kind === 'unknown') return view;
  const declined = await transaction(deps.db, async (tx) => {
    const now = deps.clock.now();
    const invitation = await decline(tx, { secretHash: sha256(input.secret), now });
    const reason = 'The invitation was declined.';
    if (invitation) await cancelMessages(tx, { invitationIds: [invitation.id], reason });
    return invitation;
  });
  if (declined) {
    deps.audit.record({
      type: 'fi',
      description: 'Invitation declined.',
      userId: declined.userId,
      userName: declined.email,
      clientId: declined.clientId,
      organizationId: declined.organizationId,
      details: { invitation_id: declined.id },
    });
  }
  return viewInvitation(deps, input.secret, input);
}
