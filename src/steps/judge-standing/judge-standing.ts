import type { Db } from '../../platform/db/db.ts';
import { membershipStatus } from '../../records/organizations/organizations.ts';
import { linkedIdentities, type User } from '../../records/users/users.ts';

export type Standing =
  /** The user is a member, or becomes one by this login. */
  | { kind: 'member' | 'joins' }
  | { kind: 'stranger' }
  /** The organization does not use the user's connection. A membership does not matter then. */
  | { kind: 'foreign_store' };

/** Returns whether a user may log in to an organization. Changes nothing. */
export async function standingIn(
  db: Db,
  { organizationId, user }: { organizationId: string; user: User },
): Promise<Standing> {
  const linked = (await linkedIdentities(db, [user.id])).get(user.id) ?? [];
  const connectionIds = [user.connectionId, ...linked.map((each) => each.connectionId)];
  const found = await membershipStatus(db, { organizationId, userId: user.id, connectionIds });
  if (found === null) return { kind: 'stranger' };
  if (!found.isStoreEnabled) return { kind: 'foreign_store' };
  if (found.isMember) return { kind: 'member' };
  return { kind: found.joinsByLogin ? 'joins' : 'stranger' };
}
