import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import type { Db } from '../../../platform/db/db.ts';
import { connectionNames } from '../../../records/connections/connections.ts';
import { linkedIdentities, type User } from '../../../records/users/users.ts';
import {
  toProfileData,
  toWireIdentity,
  toWireUser,
  type WireIdentity,
  type WireUser,
} from './user-wire.ts';

type ShowDeps = { db: Db; pictureOf: PictureOf };

/** Users with all their identities in wire format. Needs two queries, however many users there are. */
export async function showUsers({ db, pictureOf }: ShowDeps, users: User[]): Promise<WireUser[]> {
  if (users.length === 0) return [];
  const linked = await linkedIdentities(
    db,
    users.map((user) => user.id),
  );
  const accounts = [...users, ...[...linked.values()].flat()];
  const names = await connectionNames(
    db,
    accounts.map((account) => account.connectionId),
  );
  const identity = (account: User) =>
    toWireIdentity(account, names.get(account.connectionId) ?? '');
  return users.map((user) =>
    toWireUser(user, pictureOf, [
      identity(user),
      ...(linked.get(user.id) ?? []).map((each) => ({
        ...identity(each),
        profileData: toProfileData(each),
      })),
    ]),
  );
}

export async function showUser(deps: ShowDeps, user: User): Promise<WireUser> {
  const [shown] = await showUsers(deps, [user]);
  if (!shown) throw new Error('A user is missing from the result of showUsers.');
  return shown;
}

/** The identities of one user, each with its profile. */
export async function showIdentities(deps: ShowDeps, user: User): Promise<WireIdentity[]> {
  const { identities } = await showUser(deps, user);
  return identities.map((identity) => ({
    ...identity,
    profileData: identity.profileData ?? toProfileData(user),
  }));
}
