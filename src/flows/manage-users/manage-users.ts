import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { hashPassword } from '../../platform/password-hash/password-hash.ts';
import {
  checkPassword,
  type PasswordPolicy,
} from '../../platform/password-policy/password-policy.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  type Connection,
  passwordPolicyOf,
  requiresUsername,
} from '../../records/connections/connections.ts';
import { queueMessages } from '../../records/messages/messages.ts';
import { endSessionsOf } from '../../records/oidc-payloads/oidc-payloads.ts';
import { setPassword } from '../../records/passwords/passwords.ts';
import { issueTicket } from '../../records/tickets/tickets.ts';
import {
  findUser,
  insertUser,
  type NewUser,
  type User,
  type UserChanges,
  updateUser,
} from '../../records/users/users.ts';
import { DELIVER_ONCE, deliverMailTask } from '../deliver-mail/deliver-mail.task.ts';

export type ManageUsersDeps = { db: Db; clock: Clock; enqueue: Enqueue; ticketKey: Buffer };

const VERIFICATION_TTL_SEC = 432_000;

/**
 * Creates a user for an operator. A verification mail is queued when the e-mail isn't verified, unless `verifyEmail` says no.
 * @throws Refusal `user_exists`, `weak_password`, `username_not_supported`
 */
export async function createUser(
  deps: ManageUsersDeps,
  input: {
    connection: Connection;
    user: Omit<NewUser, 'connectionId' | 'now'>;
    password: string | undefined;
    verifyEmail: boolean | undefined;
  },
): Promise<User> {
  const { connection } = input;
  if (input.user.username && !requiresUsername(connection)) {
    throw new Refusal(
      'invalid_body',
      'Cannot set username for connection without requires_username.',
    );
  }
  const phc =
    input.password === undefined ? null : await hashChecked(connection, input.password, input.user);
  const now = deps.clock.now();
  return transaction(deps.db, async (tx) => {
    const made = await insertUser(tx, { ...input.user, connectionId: connection.id, now });
    if (made.kind === 'duplicate') throw new Refusal('user_exists', 'The user already exists.');
    const { user } = made;
    if (phc !== null) await setPassword(tx, { userId: user.id, phc, at: now, historySize: 0 });
    if (input.verifyEmail ?? (!user.emailVerified && user.email !== null)) {
      await queueVerification(deps, tx, user, now);
    }
    return user;
  });
}

/**
 * Changes a user for an operator. A new password ends the user's sessions.
 * @throws Refusal `user_not_found`, `email_taken`, `weak_password`
 */
export async function changeUser(
  deps: ManageUsersDeps,
  input: {
    userId: string;
    connection: Connection;
    changes: UserChanges;
    password: string | undefined;
    verifyEmail: boolean;
  },
): Promise<User> {
  const before = await findUser(deps.db, input.userId);
  if (!before) throw new Refusal('user_not_found', 'The user does not exist.');
  const policy = passwordPolicyOf(input.connection);
  const phc =
    input.password === undefined
      ? null
      : await hashChecked(input.connection, input.password, before);
  const now = deps.clock.now();
  return transaction(deps.db, async (tx) => {
    const done = await updateUser(
      tx,
      input.userId,
      { ...input.changes, ...(phc !== null && { lastPasswordReset: now }) },
      now,
    );
    if (done.kind === 'missing') throw new Refusal('user_not_found', 'The user does not exist.');
    if (done.kind === 'duplicate') {
      throw new Refusal('auth0_idp_error', 'The specified new email already exists');
    }
    if (phc !== null) {
      await setPassword(tx, {
        userId: input.userId,
        phc,
        at: now,
        historySize: historySize(policy),
      });
      await endSessionsOf(tx, input.userId);
    }
    if (input.verifyEmail) await queueVerification(deps, tx, done.user, now);
    return done.user;
  });
}

/** Queues a verification mail for a user who is there. */
export async function sendVerification(deps: ManageUsersDeps, user: User): Promise<void> {
  await transaction(deps.db, (tx) => queueVerification(deps, tx, user, deps.clock.now()));
}

async function queueVerification(
  deps: ManageUsersDeps,
  tx: Db,
  user: User,
  now: Date,
): Promise<void> {
  if (user.email === null) return;
  const ticket = await issueTicket(tx, {
    kind: 'email-verification',
    userId: user.id,
    email: user.email,
    ttlSec: VERIFICATION_TTL_SEC,
    now,
    ticketKey: deps.ticketKey,
  });
  await queueMessages(
    tx,
    [{ template: 'verify_email', recipient: user.email, userId: user.id, ticketId: ticket.id }],
    now,
  );
  await deps.enqueue(tx, deliverMailTask, {}, DELIVER_ONCE);
}

function historySize(policy: PasswordPolicy): number {
  return policy.history?.enable === true ? policy.history.size : 0;
}

async function hashChecked(
  connection: Connection,
  password: string,
  about: Omit<NewUser, 'connectionId' | 'now'>,
): Promise<string> {
  const outcome = checkPassword(passwordPolicyOf(connection), password, {
    email: about.email ?? undefined,
    username: about.username ?? undefined,
    name: about.name ?? undefined,
    nickname: about.nickname ?? undefined,
    userMetadata: about.userMetadata ?? undefined,
  });
  if (outcome.kind !== 'ok') throw new Refusal('invalid_body', WEAK[outcome.kind]);
  return hashPassword(password);
}

const WEAK = {
  weak: 'PasswordStrengthError: Password is too weak',
  common: 'PasswordDictionaryError: Password is too common',
  personal: 'PasswordNoUserInfoError: Password contains user information',
  'too-long': 'PasswordStrengthError: Password is too long',
};
