import type { Db } from '../../platform/db/db.ts';
import type { Connection } from '../../records/connections/connections.ts';
import { emailPolicyOf } from '../../records/invitations/invitations.ts';
import {
  findUser,
  findUserByEmail,
  findUserByIdentifier,
  linkedIdentities,
  type User,
} from '../../records/users/users.ts';
import { fittingAccount } from './judge-account.ts';
import type { Found } from './view-invitation.ts';

/** Returns the user if the invitation takes one of their accounts now, or `null`. Changes nothing. The acceptance judges again. */
export async function mayAccept(db: Db, view: Found, userId: string): Promise<User | null> {
  const user = await findUser(db, userId);
  if (user === null || user.blocked) return null;
  const linked = (await linkedIdentities(db, [userId])).get(userId) ?? [];
  return fittingAccount(view, [user, ...linked]) === null ? null : user;
}

/**
 * Returns whether another account than the invited one may accept: the policy takes other addresses, or another database that the
 * invitation allows has an account with the invited address.
 */
export async function takesOtherAccounts(db: Db, view: Found): Promise<boolean> {
  const { connections, invitation, campaign, connection, user } = view;
  const databases = databasesOf(connections);
  if (databases.length === 0) return false;
  if (emailPolicyOf(campaign.plan) !== 'same') return true;
  for (const { id } of databases) {
    if (id === connection?.id || id === user?.connectionId) continue;
    const { email } = invitation;
    if ((await findUserByEmail(db, { connectionId: id, email })) !== null) return true;
  }
  return false;
}

/**
 * Returns the database in which a person who accepts has the account that they name: the first that knows the identifier, or else the
 * first. `null`: the invitation allows no database.
 */
export async function connectionOfTyped(
  db: Db,
  { connections }: Found,
  identifier: string,
): Promise<Connection | null> {
  const databases = databasesOf(connections);
  for (const connection of databases) {
    const key = { connectionId: connection.id, identifier };
    if ((await findUserByIdentifier(db, key)) !== null) return connection;
  }
  return databases[0] ?? null;
}

function databasesOf(connections: Connection[]): Connection[] {
  return connections.filter(({ strategy }) => strategy === 'auth0');
}
