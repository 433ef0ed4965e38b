import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Keys } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import { connectionNames, isOwn } from '../../../records/connections/connections.ts';
import { identityTokensOf } from '../../../records/identity-tokens/identity-tokens.ts';
import { migrationMarks } from '../../../records/migrated-users/migrated-users.ts';
import { providedAmong } from '../../../records/provided-identities/provided-identities.ts';
import { linkedIdentities, type User } from '../../../records/users/users.ts';
import type { Caller } from '../route/route.ts';
import { toProfileData, toWireIdentity, toWireTokens, type WireIdentity } from './identity-wire.ts';
import { toWireUser, type WireUser } from './user-wire.ts';

type ShowDeps = { db: Db; pictureOf: PictureOf };

/** Who may see the tokens of providers. `null`: the reader may not. */
export type TokenReader = { key: Buffer; now: Date } | null;

/** Only a caller with `read:user_idp_tokens` sees the tokens of providers, whatever else it may read. */
export function tokenReader(
  { keys, clock }: { keys: Pick<Keys, 'encryption'>; clock: Clock },
  caller: Caller,
): TokenReader {
  return caller.scopes.has('read:user_idp_tokens')
    ? { key: keys.encryption, now: clock.now() }
    : null;
}

/** Users with all their identities in wire format. Needs a fixed number of queries, however many users there are. */
export async function showUsers(
  deps: ShowDeps,
  users: User[],
  reader: TokenReader,
): Promise<WireUser[]> {
  const shown = await showAll(deps, users, reader);
  const marks = await migrationMarks(
    deps.db,
    users.map((user) => user.id),
  );
  return shown.map(({ user, identities }) =>
    toWireUser(user, deps.pictureOf, { identities, migrated: marks.get(user.id) ?? null }),
  );
}

export async function showUser(deps: ShowDeps, user: User, reader: TokenReader): Promise<WireUser> {
  const [shown] = await showUsers(deps, [user], reader);
  if (!shown) throw new Error('A user is missing from the result of showUsers.');
  return shown;
}

/** The identities of one user, each with its profile. */
export async function showIdentities(
  deps: ShowDeps,
  user: User,
  reader: TokenReader,
): Promise<WireIdentity[]> {
  const [shown] = await showAll(deps, [user], reader);
  if (!shown) throw new Error('A user is missing from the result of showAll.');
  const [own, ...linked] = shown.identities;
  return own ? [{ ...own, profileData: shown.ownProfile }, ...linked] : [];
}

async function showAll({ db }: ShowDeps, users: User[], reader: TokenReader) {
  if (users.length === 0) return [];
  const linked = await linkedIdentities(
    db,
    users.map((user) => user.id),
  );
  const accounts = [...users, ...[...linked.values()].flat()];
  const foreign = accounts.map(({ id }) => id).filter((id) => !isOwn(id.slice(0, id.indexOf('|'))));
  const names = await connectionNames(
    db,
    accounts.map((account) => account.connectionId),
  );
  const provided = await providedAmong(db, foreign);
  const tokens = reader ? await identityTokensOf(db, reader.key, [...provided.keys()]) : null;
  const identity = (account: User) => ({
    ...toWireIdentity(account, names.get(account.connectionId) ?? ''),
    ...(reader && toWireTokens(tokens?.get(account.id) ?? null, reader.now)),
  });
  const profile = (account: User) => toProfileData(provided.get(account.id)?.profile ?? account);
  return users.map((user) => ({
    user,
    ownProfile: profile(user),
    identities: [
      identity(user),
      ...(linked.get(user.id) ?? []).map((each) => ({
        ...identity(each),
        profileData: profile(each),
      })),
    ],
  }));
}
