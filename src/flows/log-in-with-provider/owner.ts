import type { ProvidedIdentity } from '../../outbound/social/social.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type Connection,
  connectionsOfClient,
  findConnections,
  hidesAccounts,
  isPasswordless,
} from '../../records/connections/connections.ts';
import { listEnabledConnections } from '../../records/organizations/organizations.ts';
import { havePasswords } from '../../records/passwords/passwords.ts';
import { findAccountByEmail, type User } from '../../records/users/users.ts';

const MOST_CONNECTIONS = 1000;

/** How the owner of an account can prove it to be theirs. */
export type OwnerProofs = {
  password: boolean;
  /** By a code that is mailed to the account's address. */
  code: boolean;
};

/**
 * Returns the account that has the address of a new identity, in another connection of the application or the organization, or `null`. An
 * address counts only if the provider has verified it: nobody else may learn that it has an account.
 */
export async function ownerOf(
  db: Db,
  about: {
    identity: ProvidedIdentity;
    connection: Connection;
    clientId: string;
    organizationId: string | null;
  },
): Promise<User | null> {
  const { email, emailVerified } = about.identity;
  if (email === null || !emailVerified) return null;
  const found: { account: User; rank: number }[] = [];
  for (const connection of await connectionsOf(db, about)) {
    // Two accounts of one provider are two people, or one person who keeps them apart.
    if (connection.id === about.connection.id) continue;
    const account = await findAccountByEmail(db, { connectionId: connection.id, email });
    if (account === null) continue;
    const { password, code } = await proofsOf(db, connection, account);
    if (!password && !code) continue;
    const rank = (account.emailVerified ? 0 : 2) + (connection.strategy === 'auth0' ? 0 : 1);
    found.push({ account, rank });
  }
  return found.sort((a, b) => a.rank - b.rank)[0]?.account ?? null;
}

/**
 * Returns how the owner can prove an account. A code proves it only if nobody else can have a way into it: the address was verified, or
 * the proof removes what was planted, or there is no password. An account that was opened at a provider with an unverified address
 * cannot be proved to be anybody else's.
 */
export async function proofsOf(
  db: Db,
  connection: Connection,
  account: User,
): Promise<OwnerProofs> {
  const isDatabase = connection.strategy === 'auth0';
  if (!isDatabase && !isPasswordless(connection)) {
    return { password: false, code: account.emailVerified };
  }
  const withPassword = isDatabase && (await havePasswords(db, [account.id])).has(account.id);
  const isHidden = account.isUnproven && hidesAccounts(connection);
  return {
    password: withPassword && !isHidden,
    code: account.emailVerified || account.isUnproven || !withPassword,
  };
}

async function connectionsOf(
  db: Db,
  { clientId, organizationId }: { clientId: string; organizationId: string | null },
): Promise<Connection[]> {
  if (organizationId === null) return connectionsOfClient(db, clientId);
  const page = { organizationId, offset: 0, limit: MOST_CONNECTIONS };
  const { connections } = await listEnabledConnections(db, page);
  const found = await findConnections(
    db,
    connections.map(({ connectionId }) => connectionId),
  );
  return [...found.values()];
}
