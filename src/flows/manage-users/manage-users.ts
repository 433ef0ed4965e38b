import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import {
  type Connection,
  findConnection,
  hasUsernames,
  holdConnection,
  isUsername,
} from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { exceeds } from '../../records/metadata/metadata.ts';
import { endSessionsOf, endSessionsOfGone } from '../../records/oidc-payloads/oidc-payloads.ts';
import { forgetFailures, loginNamesOf } from '../../records/throttles/throttles.ts';
import {
  deleteUser,
  findUser,
  holdAccount,
  insertUser,
  linkedIdentities,
  type NewUser,
  type User,
  type UserChanges,
  updateUser,
} from '../../records/users/users.ts';
import {
  type ChosenPassword,
  judgePassword,
  PASSWORD_REFUSALS,
  storeChosenPassword,
  storeFirstPassword,
} from '../../steps/choose-password/choose-password.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import { enqueueAsyncActions, isAwaited } from '../run-async-actions/run-async-actions.task.ts';
import { type ManageUsersDeps, queueVerification, verificationLink } from './send-verification.ts';
import { takenName } from './taken-name.ts';
import { changeInDirectory, createInDirectory, removeInDirectory } from './user-in-directory.ts';

export {
  type ManageUsersDeps,
  type SendVerificationOutcome,
  sendVerification,
} from './send-verification.ts';

/**
 * Creates a user for an operator. Queues a verification mail if the email address is not verified, unless `verifyEmail` is `false`.
 * The legacy directory of the connection is asked first; one that keeps its users creates the user.
 * @throws Refusal `user_exists`, `unknown_connection`, `invalid_body`, `directory_refused`, `directory_unavailable`
 */
export async function createUser(
  deps: ManageUsersDeps,
  input: {
    connection: Connection;
    user: Omit<NewUser, 'connectionId' | 'now'>;
    password: string | undefined;
    verifyEmail: boolean | undefined;
    customDomain?: string | undefined;
  },
): Promise<User> {
  const { connection } = input;
  refuseProtected({ connectionId: connection.id });
  refuseNames(connection, input.user);
  const { password } = input;
  const chosen =
    password === undefined
      ? null
      : await chosenPassword(deps, { connection, accountId: null, about: input.user, password });
  const link = await verificationLink(deps.db, undefined, input.customDomain);
  const kept = await createInDirectory(deps, input);
  if (kept !== null) return kept;
  const now = deps.clock.now();
  return transaction(deps.db, async (tx) => {
    if (!(await holdConnection(tx, connection.id))) {
      throw new Refusal('unknown_connection', 'The connection does not exist.');
    }
    const made = await insertUser(tx, { ...input.user, connectionId: connection.id, now });
    if (made.kind === 'duplicate') throw new Refusal('user_exists', 'The user already exists.');
    const { user } = made;
    if (chosen !== null) await storeFirstPassword(tx, { userId: user.id, chosen, at: now });
    if (input.verifyEmail ?? (!user.emailVerified && user.email !== null)) {
      await queueVerification(deps, tx, { user, link, now });
    }
    return user;
  });
}

/**
 * Changes a user for an operator. A new password ends the user's sessions and open links to set one. Blocking ends sessions too.
 * @param input.account the identity that email, username, phone number and password belong to: the user, or one linked to the user
 * @param input.connection the connection of that identity
 * @param input.clientId the application that a verification mail is about
 * @throws Refusal `user_not_found`, `name_taken` for an identifier that is taken, `invalid_body` for a change that is not possible,
 * `directory_refused`, `directory_unavailable` of the legacy directory
 */
export async function changeUser(
  deps: ManageUsersDeps,
  input: {
    user: User;
    account: User;
    connection: Connection;
    changes: UserChanges;
    password: string | undefined;
    verifyEmail: boolean;
    clientId: string | undefined;
    customDomain?: string | undefined;
    /** Maximum size of user_metadata in bytes, for users who change their own; `null` if only the request's size counts. */
    ownMetadataMaxBytes?: number | null;
  },
): Promise<User> {
  const { account, connection, password } = input;
  const [userId, accountId] = [input.user.id, account.id];
  refuseProtected({ userIds: [userId, accountId], clientId: input.clientId });
  refuseNames(connection, input.changes);
  const link = await verificationLink(deps.db, input.clientId, input.customDomain);
  // A key that is present and `undefined` would hide the stored value.
  const given = Object.entries(input.changes).filter(([, value]) => value !== undefined);
  const about: User = { ...account, ...Object.fromEntries(given) };
  const chosen =
    password === undefined
      ? null
      : await chosenPassword(deps, { connection, accountId, about, password });
  const isKeptThere = await changeInDirectory(deps, input);
  const now = deps.clock.now();
  const { ofIdentity, ofUser } = separated(input.changes);
  const isAsked = chosen !== null && (await isAwaited(deps, 'post-change-password'));
  const changed = await transaction(deps.db, async (tx) => {
    const write = async (id: string, changes: UserChanges) => {
      const done = await updateUser(tx, id, changes, now);
      if (done.kind === 'updated') return done.user;
      if (done.kind === 'missing') throw new Refusal('user_not_found', 'The user does not exist.');
      throw takenName(input.changes);
    };
    // Locks before anything is written, so that two changes of a password wait for each other without a deadlock.
    const held = await holdAccount(tx, accountId);
    const isMain = accountId === userId;
    if (held?.person.id !== userId) {
      throw new Refusal('user_not_found', 'The user does not exist.');
    }
    if (chosen !== null) {
      await storeChosenPassword(tx, { held, chosen: isKeptThere ? null : chosen, at: now });
    }
    if (isAsked) {
      const about = { trigger: 'post-change-password', accountId, clientId: null } as const;
      await enqueueAsyncActions(tx, deps.enqueue, about);
    }
    const user = await write(userId, isMain ? input.changes : ofUser);
    const most = input.ownMetadataMaxBytes ?? Number.POSITIVE_INFINITY;
    if (exceeds(user.userMetadata, most)) {
      const why = `user_metadata would take more than ${most} bytes`;
      throw new Refusal('invalid_body', `Payload validation error: '${why}'.`);
    }
    const identity = isMain ? user : await write(accountId, ofIdentity);
    if (user.blocked === true) await endSessionsOf(tx, userId);
    if (input.verifyEmail) await queueVerification(deps, tx, { user: identity, link, now });
    return { user, identity };
  });
  noteChanges(deps.audit, account, changed.identity, password !== undefined);
  return changed.user;
}

/** Separates the changes of the identity from those of the user. */
function separated(changes: UserChanges): { ofIdentity: UserChanges; ofUser: UserChanges } {
  const { email, emailVerified, username, phoneNumber, phoneVerified, ...ofUser } = changes;
  return { ofIdentity: { email, emailVerified, username, phoneNumber, phoneVerified }, ofUser };
}

function noteChanges(audit: Audit, before: User, after: User, hasNewPassword: boolean): void {
  const about = { userId: after.id, userName: after.email ?? after.username };
  if (hasNewPassword) audit.record({ ...about, type: 'scp' });
  if (before.email !== after.email) audit.record({ ...about, type: 'sce' });
  if (before.username !== after.username) audit.record({ ...about, type: 'scu' });
}

/**
 * Deletes a user with everything that gives access: sessions, password, open links. Queued mails to the user are canceled. A legacy
 * directory that keeps its users deletes the user first.
 * @throws Refusal `directory_refused`, `directory_unavailable`: the user stays
 */
export async function removeUser(
  deps: Pick<ManageUsersDeps, 'db' | 'audit' | 'directories'>,
  id: string,
): Promise<void> {
  refuseProtected({ userId: id });
  const user = await findUser(deps.db, id);
  for (const account of user ? await allOf(deps.db, user) : []) {
    const connection = await findConnection(deps.db, account.connectionId);
    if (connection !== null) await removeInDirectory(deps, { account, connection });
  }
  const isGone = await transaction(deps.db, async (tx) => {
    const gone = await deleteUser(tx, id);
    if (gone.length === 0) return false;
    await endSessionsOfGone(tx, gone);
    if (user) await forgetFailures(tx, loginNamesOf(user));
    return true;
  });
  if (isGone) {
    const userName = user?.email ?? user?.username ?? user?.phoneNumber ?? null;
    const connectionId = user?.connectionId ?? null;
    deps.audit.record({ type: 'sdu', userId: id, userName, connectionId });
  }
}

/** Returns the user and the linked identities. */
async function allOf(db: Db, user: User): Promise<User[]> {
  return [user, ...((await linkedIdentities(db, [user.id])).get(user.id) ?? [])];
}

/**
 * @throws Refusal for an invalid phone number, a username in a connection without usernames, and a username that breaks the connection's
 * rules
 */
function refuseNames(
  connection: Connection,
  { username, phoneNumber }: Pick<UserChanges, 'username' | 'phoneNumber'>,
): void {
  if (phoneNumber && canonicalPhoneNumber(phoneNumber) === null) {
    throw new Refusal(
      'invalid_body',
      `Payload validation error: 'String does not match pattern ^\\+[0-9]{1,15}$: ${phoneNumber}' on property phone_number (The user's phone number).`,
    );
  }
  if (!username) return;
  if (!hasUsernames(connection)) {
    throw new Refusal(
      'invalid_body',
      'Cannot set username for connection without requires_username.',
    );
  }
  if (isUsername(connection, username)) return;
  throw new Refusal(
    'invalid_body',
    `Payload validation error: 'Object didn't pass validation for format username: ${username}' on property username (The user's username).`,
  );
}

/** @throws Refusal for a password that is not allowed */
async function chosenPassword(
  deps: ManageUsersDeps,
  input: Parameters<typeof judgePassword>[1],
): Promise<ChosenPassword> {
  const judged = await judgePassword(deps, input);
  if (judged.kind === 'ok') return judged.chosen;
  throw new Refusal('invalid_body', PASSWORD_REFUSALS[judged.why.kind].join(': '));
}
