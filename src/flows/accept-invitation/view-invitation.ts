import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { PasswordPolicy } from '../../platform/password-policy/password-policy.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  findConnection,
  isConnectionEnabledFor,
  passwordPolicyOf,
} from '../../records/connections/connections.ts';
import {
  type Campaign,
  findInvitationBySecret,
  type Invitation,
  invitationState,
} from '../../records/invitations/invitations.ts';
import { passwordSetAt } from '../../records/passwords/passwords.ts';
import { findUser, isUnproven, type User } from '../../records/users/users.ts';

/** An invitation and everything that its page shows. */
export type Found = {
  invitation: Invitation;
  campaign: Campaign;
  user: User;
  connection: Connection;
  client: Client | null;
};

/** The user has no password yet, and accepts by choosing one. */
export type OpenInvitation = Found & { kind: 'open'; policy: PasswordPolicy };

/** The user has a password, and accepts by logging in: an invitation never replaces a password. */
export type LoginInvitation = Found & {
  kind: 'login';
  /** When the password was set, if after the invitation: the link offered to set one before that. */
  changedAt: Date | null;
};

/** Still open, but not acceptable now: the application was deleted or may not use the user's connection, or the user is blocked. */
export type HeldInvitation = Found & { kind: 'gone' | 'unserved' | 'blocked' };

export type InvitationView =
  | OpenInvitation
  | LoginInvitation
  | HeldInvitation
  | (Found & { kind: 'accepted' | 'declined' | 'expired' | 'revoked' })
  | { kind: 'unknown' };

/**
 * Returns when the user's password was set, or `null` if the user has none. A password from a sign-up with an unproved address may be a
 * stranger's. It does not count, because the first proof removes it.
 */
export async function provedPasswordSetAt(db: Db, userId: string): Promise<Date | null> {
  return (await isUnproven(db, userId)) ? null : passwordSetAt(db, userId);
}

/** Returns what the user can do with an invitation's link now. Changes nothing. */
export async function viewInvitation(
  { db, clock }: { db: Db; clock: Clock },
  secret: string,
): Promise<InvitationView> {
  const found = await findInvitationBySecret(db, sha256(secret));
  const userId = found?.invitation.userId ?? null;
  const user = userId === null ? null : await findUser(db, userId);
  const connection = user && (await findConnection(db, user.connectionId));
  if (!found || !connection) return { kind: 'unknown' };
  const { invitation, campaign } = found;
  // The reader of the former address's mailbox has no rights any more, and must not learn the new address.
  if (invitation.email !== user.email) return { kind: 'unknown' };
  const { clientId } = campaign;
  const client = clientId === null ? null : await findClient(db, clientId);
  const all = { invitation, campaign, user, connection, client };
  const state = invitationState(invitation, clock.now());
  if (state !== 'pending') return { kind: state, ...all };
  if (user.blocked) return { kind: 'blocked', ...all };
  if (clientId !== null) {
    if (client === null) return { kind: 'gone', ...all };
    const isServed = await isConnectionEnabledFor(db, { connectionId: connection.id, clientId });
    if (!isServed) return { kind: 'unserved', ...all };
  }
  const setAt = await provedPasswordSetAt(db, user.id);
  if (setAt !== null) {
    // An acceptance at the same moment sets a password. The invitation read above is then out of date.
    const now = await findInvitationBySecret(db, sha256(secret));
    const state = now && invitationState(now.invitation, clock.now());
    if (state === null) return { kind: 'unknown' };
    if (state !== 'pending') return { kind: state, ...all };
  }
  if (setAt === null) return { kind: 'open', ...all, policy: passwordPolicyOf(connection) };
  return { kind: 'login', ...all, changedAt: setAt > invitation.createdAt ? setAt : null };
}
