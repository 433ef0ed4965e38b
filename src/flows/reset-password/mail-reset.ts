import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  findConnection,
  isSelfServiceResetEnabled,
} from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { findTicketBySecret, issueTicket, type NewTicket } from '../../records/tickets/tickets.ts';
import { findAccount, findAccountByEmail, type User } from '../../records/users/users.ts';
import { adoptFromDirectory } from '../../steps/adopt-profile/adopt-profile.ts';
import { type DirectoryDeps, directoryFor } from '../../steps/ask-directory/ask-directory.ts';
import { NO_ORGANIZATION } from '../../steps/change-in-directory/change-in-directory.ts';
import { standingIn } from '../../steps/judge-standing/judge-standing.ts';
import {
  countLinkRequest,
  countRenewal,
} from '../../steps/limit-link-requests/limit-link-requests.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

export type MailResetDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  enqueue: Enqueue;
  audit: Audit;
} & DirectoryDeps;

/**
 * Mails a link to the account with this address, if there is one here, or in the legacy directory of the connection: its profile is copied.
 * @throws an error if the directory gave no usable answer: the task is repeated
 */
export async function mailResetTo(
  deps: MailResetDeps,
  asked: {
    connectionId: string;
    email: string;
    clientId: string | null;
    organizationId?: string | null;
    membersOnly?: boolean;
    ip?: string;
  },
): Promise<void> {
  const { connectionId, clientId, ip } = asked;
  const noted = {
    connectionId,
    clientId,
    organizationId: asked.organizationId ?? null,
    userName: asked.email,
    ip: ip ?? null,
  };
  const user = (await findAccountByEmail(deps.db, asked)) ?? (await adopted(deps, asked));
  if (!user?.email) {
    deps.audit.record({ ...noted, type: 'fcpr', description: 'The user does not exist.' });
    return;
  }
  if (asked.membersOnly && !(await mayLogIn(deps.db, user, asked.organizationId ?? null))) {
    const description = 'The user is not part of the organization.';
    deps.audit.record({ ...noted, type: 'fcpr', userId: user.id, description });
    return;
  }
  deps.audit.record({ ...noted, type: 'scpr', userId: user.id });
  const { id, email } = user;
  const organizationId = asked.organizationId ?? null;
  await mailResetLink(deps, countLinkRequest, { account: { id, email }, clientId, organizationId });
}

/** Mails a link to set a password to the address of an account, unless it got enough of them. */
export async function mailResetLink(
  deps: MailResetDeps,
  count: typeof countLinkRequest,
  about: {
    account: { id: string; email: string };
    clientId: string | null;
    organizationId: string | null;
  },
): Promise<void> {
  const { account, clientId, organizationId } = about;
  const client = clientId === null ? null : await findClient(deps.db, clientId);
  await mailTicket(deps, count, {
    ...(await linkSettings(deps.db, 'reset_email', client)),
    kind: 'password-change',
    userId: account.id,
    email: account.email,
    clientId,
    organizationId,
    // Opening a link proves that the person reads the mail of its address.
    markEmailAsVerified: true,
  });
}

/** @throws an error if the directory gave no usable answer */
async function adopted(
  deps: MailResetDeps,
  { connectionId, email }: { connectionId: string; email: string },
): Promise<User | null> {
  const connection = await findConnection(deps.db, connectionId);
  if (connection === null) return null;
  const directory = directoryFor(deps, connection);
  const asked = { directory, connection, email, context: NO_ORGANIZATION };
  const outcome = await adoptFromDirectory(deps, asked);
  if (outcome.kind === 'unavailable') throw new Error(`The directory failed: ${outcome.problem}`);
  return outcome.kind === 'adopted' ? outcome.user : null;
}

/** Returns whether a login to the organization would admit this account. */
async function mayLogIn(db: Db, account: User, organizationId: string | null): Promise<boolean> {
  if (organizationId === null) return true;
  const user = account.linkedTo === null ? account : await findAccount(db, account.linkedTo);
  if (user === null) return false;
  const { kind } = await standingIn(db, { organizationId, user });
  return kind === 'member' || kind === 'joins';
}

/** Mails a new link in place of an expired or used one, to the same address, with the same target. */
export async function mailResetInstead(deps: MailResetDeps, secretHash: Buffer): Promise<void> {
  const ticket = await findTicketBySecret(deps.db, secretHash);
  if (ticket?.kind !== 'password-change' || !ticket.renewable) return;
  const user = await findAccount(deps.db, ticket.userId);
  if (!user?.email || (ticket.email !== null && ticket.email !== user.email)) return;
  const connection = await findConnection(deps.db, user.connectionId);
  if (!connection || !isSelfServiceResetEnabled(connection)) return;
  await mailTicket(deps, countRenewal, {
    kind: 'password-change',
    userId: user.id,
    email: user.email,
    clientId: ticket.clientId,
    organizationId: ticket.organizationId,
    resultUrl: ticket.resultUrl,
    includeEmailInRedirect: ticket.includeEmailInRedirect,
    markEmailAsVerified: true,
    ttlSeconds: Math.round((ticket.expiresAt.getTime() - ticket.createdAt.getTime()) / 1000),
  });
}

/** Mails a link. May run twice: the user then gets two mails, and the later link works. */
async function mailTicket(
  { db, clock, keys, enqueue }: MailResetDeps,
  count: typeof countLinkRequest,
  ticket: NewTicket & { email: string },
): Promise<void> {
  await transaction(db, async (tx) => {
    const now = clock.now();
    if (!(await count(tx, { mail: 'reset-mail', whom: [ticket.userId], now }))) return;
    const issued = await issueTicket(tx, { ...ticket, ticketKey: keys.ticket, now });
    const message: NewMessage = {
      template: 'reset_email',
      recipient: ticket.email,
      userId: ticket.userId,
      ticketId: issued.id,
    };
    await queueMail(tx, enqueue, [message], now);
  });
}
