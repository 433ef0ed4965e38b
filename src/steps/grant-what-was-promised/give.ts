import type { Db } from '../../platform/db/db.ts';
import { requireFactors } from '../../records/factor-settings/factor-settings.ts';
import { type Campaign, grantsOf, type Invitation } from '../../records/invitations/invitations.ts';
import { cancelMessages } from '../../records/messages/messages.ts';
import {
  addMembers,
  giveMemberRoles,
  holdOrganization,
} from '../../records/organizations/organizations.ts';
import { assignRoles, grantPermissions, missingRoles } from '../../records/roles/roles.ts';
import { endInvitedStatus, grantMetadata } from '../../records/users/users.ts';

/**
 * Gives what an invitation carries, and cancels its mails. Run it in the transaction that has just accepted the invitation: of many
 * acceptances at once exactly one gives. What was deleted since the invitation is left out: it must not keep the person out.
 * @returns false if the organization is gone: then undo the acceptance
 */
export async function grantInvitation(
  tx: Db,
  input: { invitation: Invitation; campaign: Pick<Campaign, 'plan'>; userId: string; now: Date },
): Promise<boolean> {
  const { invitation, campaign, userId, now } = input;
  const { organizationId } = invitation;
  const grants = grantsOf(invitation, campaign);
  if (organizationId !== null) {
    const roleIds = grants.memberRoles;
    if (!(await becomeMember(tx, { organizationId, userId, roleIds, now }))) return false;
  }
  await endInvitedStatus(tx, { userId, at: now });
  const { appMetadata, userMetadata } = grants;
  await grantMetadata(tx, { userId, appMetadata, userMetadata, at: now });
  await assignRoles(tx, { userId, roleIds: grants.roles, now });
  await givePermissions(tx, userId, grants.permissions);
  const factors = campaign.plan.factors?.required ?? [];
  await requireFactors(tx, { userId, factors, now });
  const reason = 'The invitation was accepted.';
  await cancelMessages(tx, { invitationId: invitation.id, reason });
  return true;
}

async function becomeMember(
  tx: Db,
  input: { organizationId: string; userId: string; roleIds: string[]; now: Date },
): Promise<boolean> {
  const { organizationId, userId, now } = input;
  if (!(await holdOrganization(tx, organizationId))) return false;
  const members = await addMembers(tx, { organizationId, userIds: [userId], now });
  if (members.kind !== 'added') throw new Error('The accepting user is not locked.');
  const gone = new Set(await missingRoles(tx, input.roleIds));
  const roleIds = input.roleIds.filter((id) => !gone.has(id));
  if (roleIds.length > 0) await giveMemberRoles(tx, { organizationId, userId, roleIds, now });
  return true;
}

async function givePermissions(
  tx: Db,
  userId: string,
  permissions: { apiIdentifier: string; name: string }[],
): Promise<void> {
  // In the order of the APIs, which are locked.
  for (const audience of [...new Set(permissions.map((each) => each.apiIdentifier))].sort()) {
    const keys = permissions
      .filter((each) => each.apiIdentifier === audience)
      .map(({ name }) => ({ audience, permission: name }));
    const holder = { kind: 'user', id: userId } as const;
    const given = await grantPermissions(tx, holder, keys);
    if (given.kind !== 'unknown_permission') continue;
    const known = keys.filter((key) => !given.permissions.includes(key.permission));
    await grantPermissions(tx, holder, known);
  }
}
