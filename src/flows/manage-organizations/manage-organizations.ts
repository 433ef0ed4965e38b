import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction, transactionWithUndo } from '../../platform/db/db.ts';
import { revokeInvitation } from '../../records/invitations/invitations.ts';
import { cancelMessages } from '../../records/messages/messages.ts';
import {
  findOrganization,
  insertOrganization,
  type Organization,
  type OrganizationConnection,
  updateOrganization,
} from '../../records/organizations/organizations.ts';
import { type Enabled, enable, type NotEnabled } from './enable-connections.ts';

export {
  changeOrganizationConnection,
  disableOrganizationConnection,
  type Enabled,
  enableOrganizationConnection,
  type NotEnabled,
} from './enable-connections.ts';
export {
  addOrganizationGrant,
  addOrganizationMembers,
  giveOrganizationRoles,
  removeOrganizationGrant,
  removeOrganizationMembers,
  takeOrganizationRoles,
} from './members-and-grants.ts';

export type ManageOrganizationsDeps = { db: Db; clock: Clock };

type Unfinished = { kind: 'not_enabled'; because: NotEnabled };

/** Creates an organization with its enabled connections: all of it, or nothing. */
export async function createOrganization(
  { db, clock }: ManageOrganizationsDeps,
  input: Pick<Organization, 'name' | 'displayName' | 'branding' | 'metadata'> & {
    connections: OrganizationConnection[];
  },
): Promise<
  | { kind: 'created'; organization: Organization; enabled: Enabled[] }
  | { kind: 'duplicate' }
  | Unfinished
> {
  const { connections, ...about } = input;
  const now = clock.now();
  return transactionWithUndo(db, async (tx, undo: (outcome: Unfinished) => never) => {
    const outcome = await insertOrganization(tx, { ...about, tokenQuota: null, now });
    if (outcome.kind === 'duplicate') return outcome;
    const { organization } = outcome;
    const enabled: Enabled[] = [];
    for (const settings of connections) {
      const each = await enable(tx, { organizationId: organization.id, settings, now });
      if (each.kind !== 'enabled') return undo({ kind: 'not_enabled', because: each });
      enabled.push(each);
    }
    return { kind: 'created' as const, organization, enabled };
  });
}

/** Changes only what `changes` names. `duplicate`: the name is taken. */
export function changeOrganization(
  { db, clock }: ManageOrganizationsDeps,
  id: string,
  changes: Partial<Pick<Organization, 'name' | 'displayName' | 'branding' | 'metadata'>>,
): ReturnType<typeof updateOrganization> {
  return updateOrganization(db, id, changes, clock.now());
}

/** Revokes an invitation to an organization, and cancels its mails. A closed one stays unchanged. */
export async function endOrganizationInvitation(
  { db, clock }: ManageOrganizationsDeps,
  input: { organizationId: string; id: string },
): Promise<{ kind: 'ended' | 'no_organization' }> {
  if ((await findOrganization(db, input.organizationId)) === null) {
    return { kind: 'no_organization' };
  }
  await transaction(db, async (tx) => {
    const revoked = await revokeInvitation(tx, { ...input, now: clock.now() });
    const reason = 'The invitation was revoked.';
    if (revoked) await cancelMessages(tx, { invitationIds: [revoked.id], reason });
  });
  return { kind: 'ended' };
}
