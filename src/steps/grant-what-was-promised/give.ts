import type { Db } from '../../platform/db/db.ts';
import { requireFactors } from '../../records/factor-settings/factor-settings.ts';
import { type Campaign, grantsOf, type Invitation } from '../../records/invitations/invitations.ts';
import { cancelMessages } from '../../records/messages/messages.ts';
import {
  addMembers,
  givePromisedRoles,
  holdOrganization,
} from '../../records/organizations/organizations.ts';
import { assignRoles, grantKnownPermissions } from '../../records/roles/roles.ts';
import { endInvitedStatus, grantMetadata } from '../../records/users/users.ts';

/** An invitation that was just accepted, and the user who gets what it carries. */
export type Accepted = { invitation: Invitation; userId: string };

/**
 * Gives what invitations of one campaign carry, and cancels their mails. Run it in the transaction that has just accepted the invitations and
 * holds the users: of many acceptances at once exactly one gives. What was deleted since the invitation is left out: it must not keep the
 * person out. The number of statements does not depend on the number of invitations.
 * @returns false if the organization is gone: then undo the acceptances
 */
export async function grantInvitations(
  tx: Db,
  input: { campaign: Pick<Campaign, 'plan'>; accepted: Accepted[]; now: Date },
): Promise<boolean> {
  const { campaign, accepted, now } = input;
  const userIds = [...new Set(accepted.map(({ userId }) => userId))];
  const organizations = new Set(accepted.map(({ invitation }) => invitation.organizationId));
  for (const organizationId of organizations) {
    if (organizationId === null) continue;
    const those = accepted.filter(({ invitation }) => invitation.organizationId === organizationId);
    const memberIds = [...new Set(those.map(({ userId }) => userId))];
    const roleIds = campaign.plan.memberRoles ?? [];
    if (!(await joinOrganization(tx, { organizationId, userIds: memberIds, roleIds, now }))) {
      return false;
    }
  }
  await endInvitedStatus(tx, { userIds, at: now });
  const grants = accepted.map(({ invitation, userId }) => {
    const { appMetadata, userMetadata } = grantsOf(invitation, campaign);
    return { userId, appMetadata, userMetadata };
  });
  await grantMetadata(tx, { grants, at: now });
  const { roles: roleIds = [], permissions = [], factors } = campaign.plan;
  await assignRoles(tx, { userIds, roleIds, now });
  const keys = permissions.map(({ apiIdentifier, name }) => ({
    audience: apiIdentifier,
    permission: name,
  }));
  await grantKnownPermissions(tx, { userIds, keys });
  await requireFactors(tx, { userIds, factors: factors?.required ?? [], now });
  const invitationIds = accepted.map(({ invitation }) => invitation.id);
  await cancelMessages(tx, { invitationIds, reason: 'The invitation was accepted.' });
  return true;
}

async function joinOrganization(
  tx: Db,
  to: { organizationId: string; userIds: string[]; roleIds: string[]; now: Date },
): Promise<boolean> {
  if (!(await holdOrganization(tx, to.organizationId))) return false;
  const members = await addMembers(tx, to);
  if (members.kind !== 'added') throw new Error('An accepting user is not locked.');
  await givePromisedRoles(tx, to);
  return true;
}
