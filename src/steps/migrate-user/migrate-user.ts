import type { LegacyProfile } from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Db } from '../../platform/db/db.ts';
import { type Connection, holdConnection } from '../../records/connections/connections.ts';
import {
  forgetMigrationFailure,
  type MigrationWay,
  noteMigrated,
} from '../../records/migrated-users/migrated-users.ts';
import { setPassword } from '../../records/passwords/passwords.ts';
import {
  findAccount,
  findAccountByIdentifier,
  freeAddress,
  insertUser,
  type NewUser,
  type User,
} from '../../records/users/users.ts';
import { readLegacyUser } from './legacy-user.ts';

export { refreshShadow } from './refresh-shadow.ts';

export type UserToMigrate = {
  connection: Connection;
  profile: LegacyProfile;
  way: MigrationWay;
  /** The hash of the password that the directory has verified. `null`: no password is known yet, and the directory keeps it. */
  phc: string | null;
  /** 32 bytes for AES-256-GCM, for the secrets of second factors. */
  key: Buffer;
  at: Date;
};

export type MigratedUser =
  | { kind: 'created'; user: User }
  /** The account with the profile's id is here already, with everything that came with it. */
  | { kind: 'exists'; account: User }
  /** The profile cannot become a user. `problem` is a sentence for the operator. */
  | { kind: 'refused'; problem: string };

/**
 * Stores a user of the legacy directory with everything the profile has: names, metadata, second factors, the password, and the mark that
 * says how the user came. All of it or nothing. Of many requests at once, one creates the user. Needs a transaction.
 */
export async function migrateUser(tx: Db, input: UserToMigrate): Promise<MigratedUser> {
  const { connection, profile, way, phc, key, at } = input;
  const read = readLegacyUser(connection, profile, key);
  if (read.kind === 'refused') return read;
  if (!(await holdConnection(tx, connection.id))) {
    return { kind: 'refused', problem: 'The connection was deleted.' };
  }
  const added = await add(tx, { ...read.user, now: at });
  if (added.kind !== 'created') return added;
  const { id: userId, email, username, phoneNumber } = added.user;
  if (phc !== null) await setPassword(tx, { userId, phc, at, historySize: 0 });
  const isPartial = phc === null;
  await noteMigrated(tx, { userId, connectionId: connection.id, way, isPartial, at });
  await forgetMigrationFailure(tx, {
    connectionId: connection.id,
    identifiers: [email, username, phoneNumber],
  });
  return added;
}

/**
 * Stores the password that the directory has verified for an account of which only the profile was here. Needs a transaction.
 * @returns false if the account has a password of its own meanwhile
 */
export async function completeMigration(
  tx: Db,
  input: { account: User; phc: string; at: Date },
): Promise<boolean> {
  const { account, phc, at } = input;
  const { id: userId, connectionId } = account;
  // One request makes it whole; its lock makes the others wait.
  if (!(await noteMigrated(tx, { userId, connectionId, way: 'login', isPartial: false, at }))) {
    return false;
  }
  await setPassword(tx, { userId, phc, at, historySize: 0 });
  return true;
}

async function add(tx: Db, user: NewUser): Promise<MigratedUser> {
  const { connectionId, localId, email, emailVerified } = user;
  const inserted = await insertUser(tx, user);
  if (inserted.kind === 'inserted') return { kind: 'created', user: inserted.user };
  const id = `auth0|${localId}`;
  const account = await findAccount(tx, id);
  if (account?.connectionId === connectionId) return { kind: 'exists', account };
  if (account) return refused(`A user of another connection has the id ${id}.`);
  // A person who took the address without a proof leaves it to the person for whom it is verified.
  if (email && emailVerified && (await freeAddress(tx, { connectionId, email, at: user.now }))) {
    const again = await insertUser(tx, user);
    if (again.kind === 'inserted') return { kind: 'created', user: again.user };
  }
  return refused(await problemOfNames(tx, user));
}

async function problemOfNames(tx: Db, user: NewUser): Promise<string> {
  const { connectionId, email, username, phoneNumber } = user;
  const named = { 'email address': email, 'user name': username, 'phone number': phoneNumber };
  for (const [kind, identifier] of Object.entries(named)) {
    if (!identifier) continue;
    const other = await findAccountByIdentifier(tx, { connectionId, identifier });
    if (other) return `The user ${other.id} has the ${kind} of auth0|${user.localId} already.`;
  }
  return 'Another user has the id, or one of the names.';
}

function refused(problem: string): MigratedUser {
  return { kind: 'refused', problem };
}
