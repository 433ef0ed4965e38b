import type { Db } from '../../platform/db/db.ts';
import { type Connection, isSignupEnabled } from '../../records/connections/connections.ts';
import { isInvited } from '../../records/invitations/invitations.ts';
import { findEnabledConnection } from '../../records/organizations/organizations.ts';

/** A person without an account who wants one in a connection. */
export type Newcomer = {
  connection: Connection;
  clientId: string | null;
  /** The login to an organization in which the person asks, or `null`. */
  organizationId: string | null;
  /**
   * The address that the person has proved, or proves before the account is made: by a code, by a link, or by a provider that runs the
   * mailbox. `null` if there is none. A typed address proves nothing.
   */
  provedEmail: string | null;
  now: Date;
};

/**
 * Returns whether a person may create an account in a connection now. Every way to sign up asks here: the sign-up pages and their links,
 * `/dbconnections/signup`, codes and links without a password, passkeys, providers, and logins to an organization. The management API and
 * imports do not ask, because operators may always create accounts.
 *
 * The connection must be open (`disable_signup`). For a login to an organization, the sign-up must also make the person a member. An
 * invitation opens a closed connection for the invited person, who is the one that proves the invited address. A person who holds the link
 * of an open invitation has proved the address already, and needs no question.
 *
 * Changes nothing. The cost does not depend on whether an account exists.
 */
export async function mayCreateAccount(db: Db, newcomer: Newcomer): Promise<boolean> {
  const { connection, clientId, organizationId, provedEmail, now } = newcomer;
  if (isSignupEnabled(connection) && (await makesMember(db, newcomer))) return true;
  if (provedEmail === null) return false;
  const invited = {
    email: provedEmail,
    connectionId: connection.id,
    clientId,
    organizationId,
    now,
  };
  return isInvited(db, invited);
}

/** Returns whether a sign-up leads anywhere: a login to an organization admits its members only. */
async function makesMember(
  db: Db,
  { connection, organizationId }: Pick<Newcomer, 'connection' | 'organizationId'>,
): Promise<boolean> {
  if (organizationId === null) return true;
  const enabled = await findEnabledConnection(db, { organizationId, connectionId: connection.id });
  // Only databases have a switch of their own for sign-ups in an organization.
  const joins =
    connection.strategy === 'auth0' ? enabled?.isSignupEnabled : enabled?.assignMembershipOnLogin;
  return joins === true;
}
