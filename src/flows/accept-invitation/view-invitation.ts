import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { PasswordPolicy } from '../../platform/password-policy/password-policy.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import { type Connection, passwordPolicyOf } from '../../records/connections/connections.ts';
import {
  findInvitationBySecret,
  type InvitationOfCampaign,
  invitationState,
} from '../../records/invitations/invitations.ts';
import { findOrganization, type Organization } from '../../records/organizations/organizations.ts';
import { findUser, findUserByEmail, type User } from '../../records/users/users.ts';
import { allowedConnections } from './allowed-connections.ts';
import { isInUse, type OwnWays, ownWaysOf } from './own-ways.ts';

/** An invitation and everything that its page shows. */
export type Found = InvitationOfCampaign & {
  client: Client | null;
  organization: Organization | null;
  /** The invited user, or the one with the invited address. `null`: the acceptance creates one. */
  user: User | null;
  /** Where the person has a password, or gets one. `null`: the invitation takes no password. */
  connection: Connection | null;
  /** The connections with which the invitation may be accepted. */
  connections: Connection[];
};

/**
 * The person has no password yet, and accepts by choosing one or with another connection. Who has a passkey or a linked identity chooses
 * none: they log in with it.
 */
export type OpenInvitation = Found & {
  kind: 'open';
  policy: PasswordPolicy | null;
  /** The database of an account that has no password, but other ways to log in. It can get one by mail there. */
  store: Connection | null;
  own: Omit<OwnWays, 'passwordSetAt'>;
};

/** The person has a password, and accepts by logging in: an invitation never replaces a password. */
export type LoginInvitation = Found & {
  kind: 'login';
  user: User;
  connection: Connection;
  own: OpenInvitation['own'];
  /** When the password was set, if after the invitation: the link offered to set one before that. */
  changedAt: Date | null;
};

/** Still open, but not acceptable now: the application or the organization was deleted, or allows no way in, or the user is blocked. */
export type HeldInvitation = {
  [Kind in 'gone' | 'unserved' | 'blocked']: Found & { kind: Kind };
}['gone' | 'unserved' | 'blocked'];

export type InvitationView =
  | OpenInvitation
  | LoginInvitation
  | HeldInvitation
  | (Found & { kind: 'accepted' | 'declined' | 'expired' | 'revoked' })
  | { kind: 'unknown' };

/**
 * Returns what the person can do with an invitation's link now. Changes nothing.
 * @param link.organizationId the organization that the link was used for; another one's invitation is unknown
 */
export async function viewInvitation(
  { db, clock }: { db: Db; clock: Clock },
  secret: string,
  link: { organizationId?: string } = {},
): Promise<InvitationView> {
  const found = await findInvitationBySecret(db, sha256(secret));
  if (!found) return { kind: 'unknown' };
  const { invitation, campaign } = found;
  const { organizationId, clientId } = invitation;
  if (link.organizationId !== undefined && link.organizationId !== organizationId) {
    return { kind: 'unknown' };
  }
  const client = clientId === null ? null : await findClient(db, clientId);
  const organization = organizationId === null ? null : await findOrganization(db, organizationId);
  const { all: connections, forNewPassword } = await allowedConnections(db, {
    campaign,
    client,
    organization,
  });
  const user = await invitedUser(db, found, connections);
  // The reader of the former address's mailbox has no rights any more, and must not learn the new address.
  if (invitation.userId !== null && user?.email !== invitation.email) return { kind: 'unknown' };
  const connection =
    user === null
      ? (forNewPassword[0] ?? null)
      : (connections.find((each) => each.id === user.connectionId) ?? null);
  const all = { ...found, client, organization, user, connection, connections };
  const state = invitationState(invitation, clock.now());
  if (state !== 'pending') return { kind: state, ...all };
  if (user?.blocked) return { kind: 'blocked', ...all };
  if (clientId !== null && client === null) return { kind: 'gone', ...all };
  if (organizationId !== null && organization === null) return { kind: 'gone', ...all };
  const needsOwnStore = user !== null && campaign.plan.connectionIds === undefined;
  if (connections.length === 0 || (needsOwnStore && connection === null)) {
    return { kind: 'unserved', ...all };
  }
  return waysIn({ db, clock }, secret, all);
}

/** The invited user. For an address, the user who has it in a connection that the invitation allows. */
async function invitedUser(
  db: Db,
  { invitation }: InvitationOfCampaign,
  connections: Connection[],
): Promise<User | null> {
  const { userId, email } = invitation;
  if (userId !== null) return findUser(db, userId);
  for (const { id, strategy } of connections) {
    if (strategy !== 'auth0') continue;
    const known = await findUserByEmail(db, { connectionId: id, email });
    if (known !== null) return known;
  }
  return null;
}

async function waysIn(
  { db, clock }: { db: Db; clock: Clock },
  secret: string,
  all: Found,
): Promise<InvitationView> {
  const { user, invitation } = all;
  const { passwordSetAt: setAt, ...own } = await ownWaysOf(db, user?.id ?? null);
  if (!isInUse({ passwordSetAt: setAt, ...own })) {
    const { connection } = all;
    const policy = connection === null ? null : passwordPolicyOf(connection);
    return { kind: 'open', ...all, policy, store: null, own };
  }
  // An acceptance at the same moment stores a credential. The invitation read before is then out of date.
  const now = await findInvitationBySecret(db, sha256(secret));
  const state = now && invitationState(now.invitation, clock.now());
  if (state === null) return { kind: 'unknown' };
  if (state !== 'pending') return { kind: state, ...all };
  if (setAt === null || user === null || all.connection === null) {
    const store = setAt === null ? all.connection : null;
    return { kind: 'open', ...all, connection: null, policy: null, store, own };
  }
  const changedAt = setAt > invitation.createdAt ? setAt : null;
  return { kind: 'login', ...all, user, connection: all.connection, own, changedAt };
}
