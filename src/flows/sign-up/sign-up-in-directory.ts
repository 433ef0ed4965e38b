import { transaction } from '../../platform/db/db.ts';
import type { VerifiedPasskey } from '../../records/authentication-methods/authentication-methods.ts';
import { type Connection, customDatabaseOf } from '../../records/connections/connections.ts';
import { findAccountByIdentifier, type User } from '../../records/users/users.ts';
import { adoptFromDirectory, adoptProfile } from '../../steps/adopt-profile/adopt-profile.ts';
import { directoryFor } from '../../steps/ask-directory/ask-directory.ts';
import {
  createThere,
  holderOf,
  NO_ORGANIZATION,
} from '../../steps/change-in-directory/change-in-directory.ts';
import type { SignUpDeps } from './note-sign-up.ts';

type Names = {
  email?: string | null;
  username?: string | null;
  phoneNumber?: string | null;
};

/** `free`: the account can be made here. `created`: the directory keeps its users and has created this one. */
export type AskedDirectory =
  | { kind: 'free' }
  | { kind: 'exists' }
  | { kind: 'created'; user: User }
  | { kind: 'unavailable'; problem: string };

const context = NO_ORGANIZATION;

/** Returns whether the legacy directory of a connection keeps the passwords of its users. */
export function keepsPasswords(connection: Connection): boolean {
  return customDatabaseOf(connection)?.isImporting === false;
}

/**
 * Asks the legacy directory of a connection before an account is made: nobody there may have the names. A directory that keeps its users
 * creates the account. Not for transactions.
 */
export async function signUpInDirectory(
  deps: SignUpDeps,
  asked: {
    connection: Connection;
    profile: Names & { userMetadata?: Record<string, unknown> | null };
    password: string | VerifiedPasskey;
    clientId: string | null;
  },
): Promise<AskedDirectory> {
  const { db, clock } = deps;
  const { connection, profile, password, clientId } = asked;
  const directory = directoryFor(deps, connection);
  if (directory === null) return { kind: 'free' };
  const { email = null, username = null, phoneNumber = null } = profile;
  for (const identifier of [email, username, phoneNumber]) {
    if (identifier === null) continue;
    const known = await findAccountByIdentifier(db, { connectionId: connection.id, identifier });
    if (known !== null) return { kind: 'exists' };
  }
  if (!keepsPasswords(connection)) return askNames(deps, { connection, names: profile });
  if (typeof password !== 'string') {
    return { kind: 'unavailable', problem: 'The directory keeps passwords, and no passkeys.' };
  }
  const created = await createThere(directory, {
    user: {
      clientId,
      email,
      username,
      phoneNumber,
      password,
      connection: connection.name,
      userMetadata: profile.userMetadata ?? {},
      appMetadata: {},
    },
    context,
  });
  if (created.kind === 'exists') return created;
  if (created.kind !== 'created') return { kind: 'unavailable', problem: problemOf(created) };
  const at = clock.now();
  const user = await transaction(db, (tx) =>
    adoptProfile(tx, { connection, profile: created.profile, at }),
  );
  return user === null ? { kind: 'exists' } : { kind: 'created', user };
}

/** Asks the directory whether a person has one of the names. */
export async function askNames(
  deps: SignUpDeps,
  { connection, names }: { connection: Connection; names: Names },
): Promise<Exclude<AskedDirectory, { kind: 'created' }>> {
  const directory = directoryFor(deps, connection);
  if (directory === null) return { kind: 'free' };
  const { email, username, phoneNumber } = names;
  const holder = await holderOf(directory, { names: [email, username, phoneNumber], context });
  if (holder.kind === 'unavailable') return { kind: 'unavailable', problem: holder.problem };
  return { kind: holder.kind === 'found' ? 'exists' : 'free' };
}

/**
 * Copies the profile of the person with an address, if the directory has one and nobody is here with it. A mail can then say that the
 * account exists.
 * @throws an error if the directory gave no usable answer: a task is repeated
 */
export async function adoptKnown(
  deps: SignUpDeps,
  { connection, email }: { connection: Connection; email: string },
): Promise<void> {
  const key = { connectionId: connection.id, identifier: email, by: ['email'] as const };
  if ((await findAccountByIdentifier(deps.db, key)) !== null) return;
  const directory = directoryFor(deps, connection);
  const adopted = await adoptFromDirectory(deps, { directory, connection, email, context });
  if (adopted.kind === 'unavailable') throw new Error(`The directory failed: ${adopted.problem}`);
}

function problemOf(
  change:
    | { kind: 'declined' }
    | { kind: 'refused'; message: string }
    | { kind: 'unavailable'; problem: string },
): string {
  switch (change.kind) {
    case 'declined':
      return 'The directory declined to create the user.';
    case 'refused':
      return change.message;
    case 'unavailable':
      return change.problem;
  }
}
