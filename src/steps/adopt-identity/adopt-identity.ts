import type { ProvidedIdentity } from '../../outbound/social/social.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type Connection,
  holdConnection,
  providerRulesOf,
} from '../../records/connections/connections.ts';
import { storeIdentityTokens } from '../../records/identity-tokens/identity-tokens.ts';
import {
  findProvided,
  insertProvided,
  isStorableKey,
  type ProvidedProfile,
  type ProvidedRecord,
  providedAmong,
  updateProvided,
} from '../../records/provided-identities/provided-identities.ts';
import {
  findAccount,
  findAccountByEmail,
  freeAddress,
  holdAccount,
  insertUser,
  linkNewIdentity,
  type NewUser,
  type User,
  updateUser,
} from '../../records/users/users.ts';
import { copyOf, rootChanges, rootOf } from './profile.ts';

export { linkedMail } from './linked-mail.ts';

/** The account of a person at a provider, as this server knows it. */
export type ProvidedAccount = {
  /** The identity: a user, or an identity linked to one. */
  account: User;
  /** The user whom it logs in. Also blocked if only the identity was blocked. */
  user: User;
};

export type Adoption =
  | ({ kind: 'stored'; isNew: boolean } & ProvidedAccount)
  /** The identity belongs to another user than the one it was to be linked to. */
  | { kind: 'taken'; user: User }
  /** The user to link to, or the connection, was deleted. */
  | { kind: 'missing' }
  /** `never_on_login`: the connection makes no users. `closed`: nobody new may come. `unusable`: the provider's key cannot be stored. */
  | { kind: 'not-created'; why: 'never_on_login' | 'closed' | 'unusable' };

type Provided = { connection: Connection; identity: ProvidedIdentity };

/**
 * Finds who comes from a provider. Only the key (connection, issuer, subject) decides, never an address. An identity that an operator has
 * linked or an earlier version has stored under its user id, without a key, counts too. `null`: nobody has this identity yet.
 */
export async function findProvidedIdentity(
  db: Db,
  { connection, identity }: Provided,
): Promise<ProvidedAccount | null> {
  const key = { connectionId: connection.id, issuer: identity.issuer, subject: identity.subject };
  const known = await findProvided(db, key);
  const account = known
    ? await findAccount(db, known.userId)
    : await findWithoutKey(db, connection, identity);
  if (account === null) return null;
  if (account.linkedTo === null) return { account, user: account };
  const user = await findAccount(db, account.linkedTo);
  if (user === null) return null;
  return { account, user: account.blocked === true ? { ...user, blocked: true } : user };
}

/** Returns the account that has the identity's user id in this connection, and no key of its own yet. */
async function findWithoutKey(
  db: Db,
  connection: Connection,
  identity: ProvidedIdentity,
): Promise<User | null> {
  const account = await findAccount(db, userIdOf(connection, identity));
  if (account?.connectionId !== connection.id) return null;
  return (await providedAmong(db, [account.id])).size === 0 ? account : null;
}

/**
 * Stores what a provider has just proved: finds the identity and refreshes its copy of the profile, or creates a user for it, or links it
 * to a user. The address of a user does not follow the provider's after the first login, and counts as verified only as the provider says.
 * In one connection an address is one user's: a new person whose address another has gets it only if it is verified now, and was not for
 * the other; else the user has none, and the identity's copy has it. Needs a transaction.
 * @param input.linkTo the user who gets the identity, proved before by the caller; `null`: a user of its own
 * @param input.mayCreate whether a person without an account may get one, as steps/admit-newcomer says, or the link of an invitation
 * @param input.tokenKey 32 bytes for AES-256-GCM, with which the provider's tokens are encrypted
 */
export async function storeProvidedIdentity(
  tx: Db,
  input: Provided & { linkTo: string | null; mayCreate: boolean; tokenKey: Buffer; at: Date },
): Promise<Adoption> {
  const { connection, identity, linkTo, tokenKey, at } = input;
  const key = { connectionId: connection.id, issuer: identity.issuer, subject: identity.subject };
  if (!isStorableKey(key)) return { kind: 'not-created', why: 'unusable' };
  if (!(await holdConnection(tx, connection.id))) return { kind: 'missing' };
  const known = await refreshKnown(tx, input);
  const stored = known ?? (await addNew(tx, input));
  if (stored.kind !== 'stored') return stored;
  if (linkTo !== null && stored.user.id !== linkTo) return { kind: 'taken', user: stored.user };
  const { accessToken, refreshToken, expiresAt } = identity.tokens;
  await storeIdentityTokens(tx, tokenKey, {
    userId: stored.account.id,
    tokens: { accessToken, refreshToken, expiresAt: expiresAt?.toISOString() ?? null },
    at,
  });
  return stored;
}

type Input = Parameters<typeof storeProvidedIdentity>[1];

/** Refreshes the copy of an identity that is known, and the profile of its user as the connection says. `null`: it is not known. */
async function refreshKnown(tx: Db, input: Input): Promise<Adoption | null> {
  const { connection, identity, linkTo, at } = input;
  const found = await findProvidedIdentity(tx, input);
  if (found === null) return null;
  if (linkTo !== null && found.user.id !== linkTo) return { kind: 'taken', user: found.user };
  const held = await holdAccount(tx, found.account.id);
  if (held === null) return null;
  const rules = providerRulesOf(connection);
  const former = (await providedAmong(tx, [held.account.id])).get(held.account.id) ?? null;
  const profile = copyOf(identity, rules.notStored, former?.profile ?? null);
  const record = recordOf(input, held.account.id, profile);
  if (former === null) {
    if (!(await insertProvided(tx, record, at))) return null;
  } else await updateProvided(tx, { ...record, at });
  if (held.account.linkedTo === null) await follow(tx, input, held.account, profile);
  return storedAs(tx, input, false);
}

/**
 * Lets a user follow the provider: the profile as the connection says, and the address only where there is none, or where the provider has
 * verified it meanwhile.
 */
async function follow(tx: Db, input: Input, user: User, profile: ProvidedProfile): Promise<void> {
  const { connection, at } = input;
  const follows = providerRulesOf(connection).rootAttributes === 'each-login';
  const root = follows ? rootChanges(user, profile) : {};
  const isVerifiedNow =
    profile.emailVerified && !user.emailVerified && profile.email === user.email;
  const address = user.email === null ? await addressFor(tx, input, profile) : {};
  const changes = { ...root, ...address, ...(isVerifiedNow && { emailVerified: true }) };
  if (Object.keys(changes).length === 0) return;
  const { kind } = await updateUser(tx, user.id, changes, at);
  // Another request has taken the address meanwhile.
  if (kind === 'duplicate') await updateUser(tx, user.id, root, at);
}

/** Adds an identity that nobody has: as a user of its own, or to a user. */
async function addNew(tx: Db, input: Input): Promise<Adoption> {
  const { connection, identity, linkTo, mayCreate, at } = input;
  const rules = providerRulesOf(connection);
  if (linkTo === null && rules.rootAttributes === 'never') {
    return { kind: 'not-created', why: 'never_on_login' };
  }
  if (linkTo === null && !mayCreate) return { kind: 'not-created', why: 'closed' };
  const profile = copyOf(identity, rules.notStored, null);
  const address = await addressFor(tx, input, profile);
  const ids = localIds(connection, identity);
  // Another request may take the address meanwhile: then the account has none.
  for (const [localId, about] of ids.flatMap((id) => [[id, address] as const, [id, {}] as const])) {
    const user: NewUser = {
      provider: connection.strategy,
      localId,
      connectionId: connection.id,
      ...about,
      ...rootOf(profile),
      now: at,
    };
    const added = await add(tx, user, linkTo);
    if (added === 'missing') return { kind: 'missing' };
    if (added === 'taken') {
      // Another request may have stored the same identity meanwhile. Else the id or the address is another account's.
      const known = await refreshKnown(tx, input);
      if (known !== null) return known;
      continue;
    }
    const record = recordOf(input, `${connection.strategy}|${localId}`, profile);
    if (!(await insertProvided(tx, record, at)))
      throw new Error('A new identity has a key already.');
    return storedAs(tx, input, true);
  }
  return { kind: 'not-created', why: 'unusable' };
}

function recordOf(
  { connection, identity }: Provided,
  userId: string,
  profile: ProvidedProfile,
): ProvidedRecord {
  const { issuer, subject } = identity;
  const key = { connectionId: connection.id, issuer, subject };
  // A connection may not store the address. The provider's word is about the one of today.
  const isAuthoritative = identity.isAuthoritative && profile.email === identity.email;
  return { ...key, userId, profile, isAuthoritative };
}

/** Returns the address that a new account can have in the connection's one space of identifiers. */
async function addressFor(
  tx: Db,
  { connection, at }: Input,
  { email, emailVerified }: ProvidedProfile,
): Promise<Pick<NewUser, 'email' | 'emailVerified'>> {
  if (email === null) return {};
  const isFree = emailVerified
    ? await freeAddress(tx, { connectionId: connection.id, email, at })
    : (await findAccountByEmail(tx, { connectionId: connection.id, email })) === null;
  return isFree ? { email, emailVerified } : {};
}

async function add(
  tx: Db,
  user: NewUser,
  linkTo: string | null,
): Promise<'added' | 'taken' | 'missing'> {
  if (linkTo === null) return (await insertUser(tx, user)).kind === 'inserted' ? 'added' : 'taken';
  const { kind } = await linkNewIdentity(tx, { userId: linkTo, identity: user });
  if (kind === 'linked') return 'added';
  return kind === 'taken' ? 'taken' : 'missing';
}

/** Reads the account once more, so that this request depends on its login epoch. */
async function storedAs(tx: Db, input: Input, isNew: boolean): Promise<Adoption> {
  const found = await findProvidedIdentity(tx, input);
  return found === null ? { kind: 'missing' } : { kind: 'stored', isNew, ...found };
}

function userIdOf(connection: Connection, identity: ProvidedIdentity): string {
  return `${connection.strategy}|${identity.userIdPart}`;
}

/**
 * Returns the possible ids after `strategy|`, the first one Auth0's. A second connection of the same strategy can know the same account:
 * there the id has the connection's name in it.
 */
function localIds(connection: Connection, { userIdPart }: ProvidedIdentity): string[] {
  return [userIdPart, `${connection.name}|${userIdPart}`];
}
