import type {
  Directory,
  DirectoryContext,
  DirectoryFailure,
  LegacyProfile,
} from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { type Connection, customDatabaseOf } from '../../records/connections/connections.ts';
import { noteMigrated, noteMigrationFailure } from '../../records/migrated-users/migrated-users.ts';
import {
  findAccount,
  findAccountByEmail,
  insertUser,
  type User,
} from '../../records/users/users.ts';

export type Adopted = { kind: 'adopted'; user: User } | { kind: 'none' } | DirectoryFailure;

/**
 * Asks a legacy directory for the user with an address, whom nobody here has, and copies the profile. An account that cannot be copied is
 * listed among the failures of the migration. Not for transactions.
 * @param input.directory `null`: there is none, and so there is no user
 */
export async function adoptFromDirectory(
  { db, clock }: { db: Db; clock: Clock },
  input: {
    directory: Pick<Directory, 'getUser'> | null;
    connection: Connection;
    email: string;
    context: DirectoryContext;
  },
): Promise<Adopted> {
  const { directory, connection, email, context } = input;
  if (directory === null) return { kind: 'none' };
  const answer = await directory.getUser({ identifier: email, context });
  if (answer.kind === 'none') return answer;
  const at = clock.now();
  const failed = { connectionId: connection.id, identifier: email, at };
  if (answer.kind === 'unavailable') {
    const { why: reason, problem } = answer;
    await noteMigrationFailure(db, { ...failed, reason, problem });
    return answer;
  }
  const { profile } = answer;
  const user = await transaction(db, (tx) => adoptProfile(tx, { connection, profile, at }));
  if (user !== null) return { kind: 'adopted', user };
  const problem = 'Another user has the id, the username or the phone number of the profile.';
  await noteMigrationFailure(db, { ...failed, reason: 'conflict', problem });
  return { kind: 'none' };
}

/**
 * Creates the user of a legacy directory who has not logged in here yet, with the profile alone. The password stays in the directory: if the
 * connection imports, the next login asks there, unless a new password is chosen first. A user who exists meanwhile is returned as is.
 * Needs a transaction.
 * @returns `null` if a name of the profile belongs to another user
 */
export async function adoptProfile(
  tx: Db,
  input: { connection: Connection; profile: LegacyProfile; at: Date },
): Promise<User | null> {
  const { connection, profile, at } = input;
  const connectionId = connection.id;
  const { id: localId, emailVerified, mfaFactors: _, ...rest } = profile;
  const added = await insertUser(tx, {
    ...rest,
    localId,
    connectionId,
    emailVerified: emailVerified ?? false,
    userMetadata: presentOrNull(profile.userMetadata),
    appMetadata: presentOrNull(profile.appMetadata),
    now: at,
  });
  if (added.kind === 'duplicate') return existing(tx, connectionId, profile);
  const { user } = added;
  if (customDatabaseOf(connection)?.isImporting) {
    await noteMigrated(tx, { userId: user.id, connectionId, way: 'reset', isPartial: true, at });
  }
  return user;
}

/** Returns the user with the id of the profile, or with its address. */
async function existing(
  tx: Db,
  connectionId: string,
  { id, email }: LegacyProfile,
): Promise<User | null> {
  const sameId = await findAccount(tx, `auth0|${id}`);
  if (sameId !== null) return sameId.connectionId === connectionId ? sameId : null;
  return email === null ? null : findAccountByEmail(tx, { connectionId, email });
}

function presentOrNull(metadata: Record<string, unknown>): Record<string, unknown> | null {
  return Object.keys(metadata).length === 0 ? null : metadata;
}
