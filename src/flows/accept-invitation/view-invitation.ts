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

/** An invitation and everything its page shows. */
export type Found = {
  invitation: Invitation;
  campaign: Campaign;
  user: User;
  connection: Connection;
  client: Client | null;
};

/** Can be accepted by choosing a password: there is none yet. */
export type OpenInvitation = Found & { kind: 'open'; policy: PasswordPolicy };

/** Can be accepted by logging in: an invitation never replaces a password. */
export type LoginInvitation = Found & {
  kind: 'login';
  /** When the password was set, if that was after the invitation; the link once offered to set one. */
  changedAt: Date | null;
};

/**
 * Still open, but nothing to accept as things are: the application is gone, or may not use the person's user store, or the person
 * is blocked.
 */
export type HeldInvitation = Found & { kind: 'gone' | 'unserved' | 'blocked' };

export type InvitationView =
  | OpenInvitation
  | LoginInvitation
  | HeldInvitation
  | (Found & { kind: 'accepted' | 'declined' | 'expired' | 'revoked' })
  | { kind: 'unknown' };

/**
 * When the person's password was set; null: there is none. One that came with a sign-up whose address nobody has proved may be a
 * stranger's, and counts for none: the first proof takes it away.
 */
export async function provedPasswordSetAt(db: Db, userId: string): Promise<Date | null> {
  return (await isUnproven(db, userId)) ? null : passwordSetAt(db, userId);
}

/** What can be done with an invitation's link now. Changes nothing. */
export async function viewInvitation(
  { db, clock }: { db: Db; clock: Clock },
  secret: string,
): Promise<InvitationView> {
  const found = await findInvitationBySecret(db, sha256(secret));
  const user = found && (await findUser(db, found.invitation.userId));
  const connection = user && (await findConnection(db, user.connectionId));
  if (!found || !connection) return { kind: 'unknown' };
  const { invitation, campaign } = found;
  // Whoever reads the former address's mail has no say any more, and needn't know the new one.
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
    // Whoever has just accepted has set one: what was read first was older.
    const now = await findInvitationBySecret(db, sha256(secret));
    const state = now && invitationState(now.invitation, clock.now());
    if (state === null) return { kind: 'unknown' };
    if (state !== 'pending') return { kind: state, ...all };
  }
  if (setAt === null) return { kind: 'open', ...all, policy: passwordPolicyOf(connection) };
  return { kind: 'login', ...all, changedAt: setAt > invitation.createdAt ? setAt : null };
}
