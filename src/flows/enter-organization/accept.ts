import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  closeInvitation,
  findInvitationByTicket,
  type OrganizationInvitation,
} from '../../records/organization-invitations/organization-invitations.ts';
import { addMembers, giveMemberRoles } from '../../records/organizations/organizations.ts';
import { missingRoles } from '../../records/roles/roles.ts';
import { findUser, grantMetadata, linkedIdentities, type User } from '../../records/users/users.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';

export type Accepted =
  | { kind: 'accepted' }
  /** A user who was not invited has used the invitation up. */
  | { kind: 'refused' }
  /** No open invitation exists. */
  | { kind: 'over' };

const REFUSED = 'the specified account is not allowed to accept the current invitation';

/**
 * Accepts an invitation. One transaction consumes it by one guarded UPDATE and gives everything it carries. Of many requests at once
 * exactly one is `accepted`.
 */
export async function accept(
  deps: { db: Db; clock: Clock; audit: Audit },
  input: {
    organizationId: string;
    user: User;
    clientId: string;
    ticket: string;
    hasLoggedIn: boolean;
  },
): Promise<Accepted> {
  const { db, clock, audit } = deps;
  const { organizationId, user, clientId, ticket, hasLoggedIn } = input;
  const found = await findInvitationByTicket(db, { organizationId, ticket });
  if (found === null) return { kind: 'over' };
  const outcome = await transaction(db, async (tx) => {
    const now = clock.now();
    const current = await findUser(tx, user.id);
    const linked = (await linkedIdentities(tx, [user.id])).get(user.id) ?? [];
    const invited =
      current?.blocked === true
        ? undefined
        : [...(current ? [current] : []), ...linked].find((candidate) =>
            isMeantFor(found, candidate),
          );
    const as = invited ? 'accepted' : 'refused';
    const key = { organizationId, id: found.id, as, userId: user.id, now } as const;
    const invitation = await closeInvitation(tx, key);
    if (invitation === null) return 'over';
    if (invited) {
      // The link went to this address. A session alone does not prove that the account's owner follows the link.
      const { email } = invitation;
      const link = { accountId: invited.id, email, isMaker: hasLoggedIn, at: now };
      const proved = await proveAddress(tx, link);
      const person = proved.kind === 'proved' ? proved.person : user;
      await giveAll(tx, invitation, person.id, now);
    }
    return as;
  });
  const event = { userId: user.id, userName: user.email, clientId, organizationId };
  if (outcome === 'accepted') {
    audit.record({ type: 'si', description: 'Successfully accepted a user invitation', ...event });
    audit.record({ type: 'organization_member_added', ...event });
  } else if (outcome === 'refused') {
    audit.record({ type: 'fi', description: REFUSED, ...event });
  }
  return { kind: outcome };
}

/** Returns whether the user has the invited address, in the requested connection. */
function isMeantFor(invitation: OrganizationInvitation, user: User): boolean {
  if (user.email !== invitation.email) return false;
  return invitation.connectionId === null || invitation.connectionId === user.connectionId;
}

async function giveAll(
  tx: Db,
  invitation: OrganizationInvitation,
  userId: string,
  now: Date,
): Promise<void> {
  const { organizationId, roles, appMetadata, userMetadata } = invitation;
  await addMembers(tx, { organizationId, userIds: [userId], now });
  // A role that was deleted in the meantime must not keep the user out.
  const gone = new Set(await missingRoles(tx, roles));
  const roleIds = roles.filter((id) => !gone.has(id));
  if (roleIds.length > 0) await giveMemberRoles(tx, { organizationId, userId, roleIds, now });
  await grantMetadata(tx, { userId, appMetadata, userMetadata, at: now });
}
