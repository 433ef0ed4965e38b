import { type Db, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { type Connection, customDatabaseOf } from '../../records/connections/connections.ts';
import {
  findAccountByIdentifier,
  type NewUser,
  type User,
  type UserChanges,
} from '../../records/users/users.ts';
import { adoptProfile } from '../../steps/adopt-profile/adopt-profile.ts';
import { type DirectoryDeps, directoryFor } from '../../steps/ask-directory/ask-directory.ts';
import {
  changeEmailThere,
  changePasswordThere,
  createThere,
  holderOf,
  NO_ORGANIZATION,
  removeThere,
  requireDone,
  unavailable,
} from '../../steps/change-in-directory/change-in-directory.ts';
import type { ManageUsersDeps } from './send-verification.ts';
import { takenName } from './taken-name.ts';

/** The directory of a connection, and whether it keeps the passwords. `null`: Usher keeps the users alone. */
function legacyOf(deps: DirectoryDeps, connection: Connection) {
  const custom = customDatabaseOf(connection);
  const directory = custom && directoryFor(deps, connection);
  return directory && { directory, isImporting: custom.isImporting };
}

const context = NO_ORGANIZATION;

/**
 * Asks the directory of the connection before a user is created here: nobody there may have the names. A directory that keeps its users
 * creates the user as well.
 * @returns the user whom the directory has created, or `null` if the user is to be created here alone
 * @throws Refusal `user_exists`, `directory_refused`, `directory_unavailable`
 */
export async function createInDirectory(
  deps: ManageUsersDeps,
  {
    connection,
    user,
    password,
  }: {
    connection: Connection;
    user: Omit<NewUser, 'connectionId' | 'now'>;
    password: string | undefined;
  },
): Promise<User | null> {
  const legacy = legacyOf(deps, connection);
  if (legacy === null) return null;
  const exists = () => new Refusal('user_exists', 'The user already exists.');
  const { email = null, username = null, phoneNumber = null } = user;
  const names = [email, username, phoneNumber];
  if (await isKnownHere(deps.db, connection.id, names)) throw exists();
  const { directory, isImporting } = legacy;
  if (isImporting) {
    const holder = await holderOf(directory, { names, context });
    if (holder.kind === 'found') throw exists();
    if (holder.kind === 'unavailable') throw unavailable(holder);
    return null;
  }
  if (password === undefined) {
    throw new Refusal(
      'invalid_body',
      "Payload validation error: 'Missing required property: password'.",
    );
  }
  const created = await createThere(directory, {
    user: {
      clientId: null,
      email,
      username,
      phoneNumber,
      password,
      connection: connection.name,
      userMetadata: user.userMetadata ?? {},
      appMetadata: user.appMetadata ?? {},
    },
    context,
  });
  if (created.kind === 'exists') throw exists();
  if (created.kind !== 'created') {
    requireDone(created, 'create the user');
    throw new Error('A change that is not done is refused.');
  }
  const { profile } = created;
  const at = deps.clock.now();
  const made = await transaction(deps.db, (tx) => adoptProfile(tx, { connection, profile, at }));
  if (made === null) throw exists();
  return made;
}

async function isKnownHere(db: Db, connectionId: string, names: (string | null)[]) {
  for (const identifier of names) {
    if (identifier !== null && (await findAccountByIdentifier(db, { connectionId, identifier }))) {
      return true;
    }
  }
  return false;
}

/**
 * Asks the directory of the connection before a user is changed here. While it is imported, nobody else there may have a new address or
 * username, because that person's first login would find it taken. A directory that keeps its users changes the address and the password
 * first. If our write fails afterwards, the same request can be repeated.
 * @returns whether the directory keeps the password
 * @throws Refusal `name_taken`, `directory_refused`, `directory_unavailable`
 */
export async function changeInDirectory(
  deps: ManageUsersDeps,
  {
    account,
    connection,
    changes,
    password,
  }: {
    account: User;
    connection: Connection;
    changes: UserChanges;
    password: string | undefined;
  },
): Promise<boolean> {
  const legacy = legacyOf(deps, connection);
  if (legacy === null) return false;
  const { directory, isImporting } = legacy;
  const { db } = deps;
  const newNames = ([changes.email, changes.username] as const).filter(
    (name) => name && name !== account.email && name !== account.username,
  );
  for (const name of newNames) {
    const identifier = name ?? '';
    const known = await findAccountByIdentifier(db, { connectionId: connection.id, identifier });
    if (known !== null && known.id !== account.id) throw takenName(changes);
  }
  if (isImporting) {
    const holder = await holderOf(directory, { names: newNames, context });
    if (holder.kind === 'unavailable') throw unavailable(holder);
    // The user's own names there are no conflict, for example a former address.
    if (holder.kind === 'found' && localId(account) !== holder.profile.id) throw takenName(changes);
    return false;
  }
  const { email: newEmail } = changes;
  if (newEmail && account.email && newEmail !== account.email) {
    const isVerified = changes.emailVerified === true;
    const change = { email: account.email, newEmail, isVerified, context };
    requireDone(await changeEmailThere(directory, change), 'change the email');
  }
  if (password === undefined) return true;
  const names = [newEmail ?? account.email, account.username];
  const changed = await changePasswordThere(directory, { names, password, context });
  requireDone(changed, 'change the password');
  return true;
}

/**
 * Deletes a user in the directory that keeps its users, before the user is deleted here. If the deletion here fails, the same request can be
 * repeated.
 * @throws Refusal `directory_refused`, `directory_unavailable`
 */
export async function removeInDirectory(
  deps: DirectoryDeps,
  { account, connection }: { account: User; connection: Connection },
): Promise<void> {
  const legacy = legacyOf(deps, connection);
  if (legacy === null || legacy.isImporting) return;
  requireDone(await removeThere(legacy.directory, localId(account)), 'delete the user');
}

function localId({ id }: User): string {
  return id.slice(id.indexOf('|') + 1);
}
