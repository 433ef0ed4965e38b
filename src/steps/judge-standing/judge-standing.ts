import type { Db } from '../../platform/db/db.ts';
import { isConnectionEnabledFor } from '../../records/connections/connections.ts';
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
  const connectionIds = [user.connectionId, ...(await linkedConnections(db, user))];
  const found = await membershipStatus(db, { organizationId, userId: user.id, connectionIds });
  if (found === null) return { kind: 'stranger' };
  if (!found.isStoreEnabled) return { kind: 'foreign_store' };
  if (found.isMember) return { kind: 'member' };
  return { kind: found.joinsByLogin ? 'joins' : 'stranger' };
}

/**
 * Returns whether at least one of a user's connections may be used for a login. For a login to an organization its connections count, at
 * every application. Otherwise those of the application count.
 * @param login.clientId `null` for no particular application
 */
export async function mayUseConnection(
  db: Db,
  login: { user: User; clientId: string | null; organizationId: string | null },
): Promise<boolean> {
  const { user, clientId, organizationId } = login;
  if (organizationId !== null) {
    return (await standingIn(db, { organizationId, user })).kind !== 'foreign_store';
  }
  if (clientId === null) return true;
  const isEnabled = (connectionId: string) =>
    isConnectionEnabledFor(db, { connectionId, clientId });
  if (await isEnabled(user.connectionId)) return true;
  for (const connectionId of await linkedConnections(db, user)) {
    if (await isEnabled(connectionId)) return true;
  }
  return false;
}

async function linkedConnections(db: Db, user: User): Promise<string[]> {
  const linked = (await linkedIdentities(db, [user.id])).get(user.id) ?? [];
  return linked.map((identity) => identity.connectionId);
}
