import { isDeepStrictEqual } from 'node:util';
import type { LegacyProfile } from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type Connection,
  holdConnection,
  providerRulesOf,
} from '../../records/connections/connections.ts';
import {
  findAccount,
  insertUser,
  type NewUser,
  type User,
  type UserChanges,
  updateUser,
} from '../../records/users/users.ts';
import { readLegacyUser } from './legacy-user.ts';

export type Shadow =
  | {
      kind: 'stored';
      account: User;
      isNew: boolean;
      /** What could not be stored, as a sentence for the operator. */
      problem: string | null;
    }
  | { kind: 'refused'; problem: string };

const ROOT = ['name', 'givenName', 'familyName', 'nickname', 'picture'] as const;
const NAMES = ['email', 'username', 'phoneNumber'] as const;

/**
 * Stores what the legacy directory says about a user who stays there: the first time a user without a password, then the changes. An
 * address that was verified here stays verified. Second factors come with the first login only, because people change them here. Needs a
 * transaction.
 * @param input.key 32 bytes for AES-256-GCM, for the secrets of second factors
 */
export async function refreshShadow(
  tx: Db,
  input: { connection: Connection; profile: LegacyProfile; key: Buffer; at: Date },
): Promise<Shadow> {
  const { connection, profile, key, at } = input;
  const read = readLegacyUser(connection, profile, key);
  if (read.kind === 'refused') return read;
  if (!(await holdConnection(tx, connection.id))) {
    return { kind: 'refused', problem: 'The connection was deleted.' };
  }
  const id = `auth0|${profile.id}`;
  const known = await findAccount(tx, id);
  if (known === null) {
    const added = await insertUser(tx, { ...read.user, now: at });
    if (added.kind === 'inserted') {
      return { kind: 'stored', account: added.user, isNew: true, problem: null };
    }
  }
  const account = known ?? (await findAccount(tx, id));
  if (account === null) {
    return { kind: 'refused', problem: `Another user has a name of ${id}.` };
  }
  if (account.connectionId !== connection.id) {
    return { kind: 'refused', problem: `A user of another connection has the id ${id}.` };
  }
  const hasRoot = providerRulesOf(connection).rootAttributes === 'each-login';
  return follow(tx, account, { user: read.user, profile, hasRoot, at });
}

type Said = {
  user: Omit<NewUser, 'now'>;
  profile: LegacyProfile;
  /** Whether names and the picture follow the directory after the first login. */
  hasRoot: boolean;
  at: Date;
};

async function follow(tx: Db, account: User, said: Said): Promise<Shadow> {
  const stored = (changed: User, problem: string | null): Shadow => ({
    kind: 'stored',
    account: changed,
    isNew: false,
    problem,
  });
  const { at } = said;
  const profile = profileChanges(account, said);
  const names = nameChanges(account, said);
  const changes = { ...profile, ...names };
  if (Object.keys(changes).length === 0) return stored(account, null);
  const updated = await updateUser(tx, account.id, changes, at);
  if (updated.kind === 'updated') return stored(updated.user, null);
  if (updated.kind === 'missing') return { kind: 'refused', problem: 'The user was deleted.' };
  // Another user has a new name. Everything else is stored, and the person gets in.
  const rest = await updateUser(tx, account.id, profile, at);
  const changed = rest.kind === 'updated' ? rest.user : account;
  return stored(changed, `Another user has a name that the directory gives to ${account.id}.`);
}

function nameChanges(account: User, { user, profile }: Said): UserChanges {
  const changed = NAMES.flatMap((name) => {
    const value = user[name] ?? null;
    return value !== null && value !== account[name] ? [[name, value] as const] : [];
  });
  const changes: UserChanges = Object.fromEntries(changed);
  if (changes.email !== undefined) {
    return { ...changes, emailVerified: profile.emailVerified === true };
  }
  const isVerifiedNow = profile.emailVerified === true && user.email === account.email;
  return isVerifiedNow && !account.emailVerified ? { ...changes, emailVerified: true } : changes;
}

function profileChanges(account: User, { user, profile, hasRoot }: Said): UserChanges {
  const root = (hasRoot ? ROOT : []).flatMap((name) => {
    const value = user[name] ?? null;
    return value !== null && value !== account[name] ? [[name, value] as const] : [];
  });
  return {
    ...Object.fromEntries(root),
    ...metadataChange('appMetadata', account, profile),
    ...metadataChange('userMetadata', account, profile),
  };
}

/** Returns the keys that the directory says otherwise. Keys that only this server has stay. */
function metadataChange(
  name: 'appMetadata' | 'userMetadata',
  account: User,
  profile: LegacyProfile,
): UserChanges {
  const present = account[name] ?? {};
  const changed = Object.entries(profile[name]).filter(
    ([key, value]) => !isDeepStrictEqual(present[key] ?? null, value),
  );
  return changed.length === 0 ? {} : { [name]: Object.fromEntries(changed) };
}
