import { beforeAll, describe, expect, test } from 'vitest';
import type { ProvidedIdentity } from '../../src/outbound/social/social.ts';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { type Database, transaction } from '../../src/platform/db/db.ts';
import { newId } from '../../src/platform/ids/ids.ts';
import { type Connection, insertConnection } from '../../src/records/connections/connections.ts';
import { identityTokensOf } from '../../src/records/identity-tokens/identity-tokens.ts';
import { providedAmong } from '../../src/records/provided-identities/provided-identities.ts';
import { findUser, insertUser, linkNewIdentity } from '../../src/records/users/users.ts';
import {
  findProvidedIdentity,
  storeProvidedIdentity,
} from '../../src/steps/adopt-identity/adopt-identity.ts';
import { atOnce } from '../harness/factories.ts';
import { freshDatabase } from '../harness/harness.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';

const { encryption: tokenKey } = deriveKeys('a-secret-for-tests-only-0123456789abcdef');
let database: Database;

beforeAll(async () => {
  database = await freshDatabase();
});

async function aProvider(options: Record<string, unknown> = {}, strategy = 'google-oauth2') {
  const now = new Date();
  const id = newId('con');
  const connection: Connection = {
    id,
    name: id.replace('_', '-'),
    displayName: null,
    strategy,
    options,
    metadata: null,
    realms: [],
    settings: {},
    createdAt: now,
    updatedAt: now,
  };
  await insertConnection(database.db, connection);
  return connection;
}

const store = (
  connection: Connection,
  identity: ProvidedIdentity,
  linkTo: string | null = null,
  mayCreate = true,
) =>
  transaction(database.db, (tx) =>
    storeProvidedIdentity(tx, {
      connection,
      identity,
      linkTo,
      mayCreate,
      tokenKey,
      at: new Date(),
    }),
  );

const stored = async (...args: Parameters<typeof store>) => {
  const outcome = await store(...args);
  if (outcome.kind !== 'stored') throw new Error(`The identity is ${outcome.kind}.`);
  return outcome;
};

describe('a first login with a provider', () => {
  test('creates a user under the id that Auth0 gives', async () => {
    const connection = await aProvider();
    const identity = aProvidedPerson({ subject: '117' });
    const { user, isNew } = await stored(connection, identity);
    expect([user.id, user.email, user.emailVerified, user.name, isNew]).toEqual([
      'google-oauth2|117',
      identity.email,
      true,
      'Ada Byron',
      true,
    ]);
    const found = await findProvidedIdentity(database.db, { connection, identity });
    expect(found?.user.id).toBe(user.id);
  });

  test('makes one user when sixteen come at once', async () => {
    const connection = await aProvider();
    const identity = aProvidedPerson();
    const outcomes = await atOnce(16, () => stored(connection, identity));
    expect(outcomes.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(outcomes.map(({ user }) => user.id)).size).toBe(1);
  });

  test('creates no user if the connection never sets root attributes, or nobody new may come', async () => {
    const never = await aProvider({ set_user_root_attributes: 'never_on_login' });
    expect(await store(never, aProvidedPerson())).toEqual({
      kind: 'not-created',
      why: 'never_on_login',
    });
    const closed = await store(await aProvider(), aProvidedPerson(), null, false);
    expect(closed).toEqual({ kind: 'not-created', why: 'closed' });
  });

  test('keeps two accounts apart that two connections of one strategy know under one id', async () => {
    const identity = aProvidedPerson();
    const one = await stored(await aProvider(), identity);
    const second = await aProvider();
    const two = await stored(second, identity);
    expect(two.user.id).toBe(`google-oauth2|${second.name}|${identity.userIdPart}`);
    expect(one.user.id).not.toBe(two.user.id);
    expect((await stored(second, identity)).user.id).toBe(two.user.id);
  });

  test('never finds an account by its address', async () => {
    const connection = await aProvider();
    const email = 'same@provided.test';
    const owner = await stored(connection, aProvidedPerson({ email }));
    const other = await stored(connection, aProvidedPerson({ email }));
    expect(other.user.id).not.toBe(owner.user.id);
    expect([owner.user.email, other.user.email]).toEqual([email, null]);
    const copy = (await providedAmong(database.db, [other.user.id])).get(other.user.id);
    expect(copy?.profile.email).toBe(email);
  });

  test('takes an address that nobody has proved from the account that claims it', async () => {
    const connection = await aProvider();
    const email = 'claimed@provided.test';
    const squatter = await stored(connection, aProvidedPerson({ email, emailVerified: false }));
    const owner = await stored(connection, aProvidedPerson({ email }));
    expect([owner.user.email, owner.user.emailVerified]).toEqual([email, true]);
    expect((await findUser(database.db, squatter.user.id))?.email).toBeNull();
  });
});

describe('a later login', () => {
  test('takes over the profile, and leaves the address as it is', async () => {
    const connection = await aProvider();
    const identity = aProvidedPerson();
    await stored(connection, identity);
    const { user, isNew } = await stored(connection, {
      ...identity,
      email: 'moved@provided.test',
      profile: { ...identity.profile, name: 'Ada Lovelace', givenName: null },
    });
    expect([isNew, user.name, user.givenName, user.email]).toEqual([
      false,
      'Ada Lovelace',
      'Ada',
      identity.email,
    ]);
    const copy = (await providedAmong(database.db, [user.id])).get(user.id);
    expect([copy?.profile.email, copy?.profile.name]).toEqual([
      'moved@provided.test',
      'Ada Lovelace',
    ]);
  });

  test('verifies the address as soon as the provider has verified it, and only this address', async () => {
    const connection = await aProvider({ set_user_root_attributes: 'on_first_login' });
    const identity = aProvidedPerson({ emailVerified: false });
    await stored(connection, identity);
    const other = { ...identity, email: 'other@provided.test', emailVerified: true };
    expect((await stored(connection, other)).user.emailVerified).toBe(false);
    const verified = await stored(connection, { ...identity, emailVerified: true });
    expect([verified.user.email, verified.user.emailVerified]).toEqual([identity.email, true]);
  });

  test('gives an address to a user who has none, but not the one of another', async () => {
    const connection = await aProvider();
    const identity = aProvidedPerson({ email: null, emailVerified: false });
    expect((await stored(connection, identity)).user.email).toBeNull();
    const { user: owner } = await stored(connection, aProvidedPerson());
    const taken = await stored(connection, { ...identity, email: owner.email });
    expect(taken.user.email).toBeNull();
    const free = await stored(connection, { ...identity, email: 'free@provided.test' });
    expect([free.user.email, free.user.emailVerified]).toEqual(['free@provided.test', false]);
  });

  test('leaves the profile alone if the connection sets it at the first login only', async () => {
    const connection = await aProvider({ set_user_root_attributes: 'on_first_login' });
    const identity = aProvidedPerson();
    await stored(connection, identity);
    const profile = { ...identity.profile, name: 'Somebody Else' };
    expect((await stored(connection, { ...identity, profile })).user.name).toBe('Ada Byron');
  });

  test('does not store an attribute that the connection excludes', async () => {
    const connection = await aProvider({ non_persistent_attrs: ['picture', 'family_name'] });
    const { user } = await stored(connection, aProvidedPerson());
    expect([user.picture, user.familyName, user.givenName]).toEqual([null, null, 'Ada']);
  });

  test('keeps the refresh token of the first consent beside a new access token', async () => {
    const connection = await aProvider();
    const identity = aProvidedPerson();
    const tokens = (accessToken: string, refreshToken: string | null) => ({
      ...identity.tokens,
      accessToken,
      refreshToken,
    });
    const first = await stored(connection, { ...identity, tokens: tokens('a1', 'r1') });
    await stored(connection, { ...identity, tokens: tokens('a2', null) });
    const kept = await identityTokensOf(database.db, tokenKey, [first.user.id]);
    expect(kept.get(first.user.id)).toEqual({
      accessToken: 'a2',
      refreshToken: 'r1',
      expiresAt: null,
    });
    const rows = await database.execute('select sealed from identity_tokens where user_id = $1', [
      first.user.id,
    ]);
    expect(JSON.stringify(rows)).not.toContain('r1');
  });
});

describe('an identity that is linked', () => {
  const aUser = async () => {
    const connectionId = newId('con');
    const made = await insertUser(database.db, { connectionId, name: 'Owner', now: new Date() });
    if (made.kind !== 'inserted') throw new Error('Nobody else has this id.');
    return made.user;
  };

  test('logs in its user and leaves the profile of the user alone', async () => {
    const connection = await aProvider();
    const owner = await aUser();
    const identity = aProvidedPerson();
    const linked = await stored(connection, identity, owner.id);
    expect([linked.user.id, linked.account.linkedTo, linked.user.name]).toEqual([
      owner.id,
      owner.id,
      'Owner',
    ]);
    const again = await stored(connection, identity);
    expect([again.user.id, again.user.name]).toEqual([owner.id, 'Owner']);
  });

  test('is not taken away from another user', async () => {
    const connection = await aProvider();
    const identity = aProvidedPerson();
    const owner = await stored(connection, identity);
    const outcome = await store(connection, identity, (await aUser()).id);
    expect(outcome).toMatchObject({ kind: 'taken', user: { id: owner.user.id } });
  });

  test('becomes one user’s when sixteen users want it at once', async () => {
    const connection = await aProvider();
    const identity = aProvidedPerson();
    const users = await atOnce(16, aUser);
    const outcomes = await atOnce(16, (index) =>
      store(connection, identity, users[index]?.id ?? null),
    );
    expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'taken')).toHaveLength(15);
  });

  test('is found under the id by which an operator linked it before its first login', async () => {
    const connection = await aProvider({}, 'github');
    const owner = await aUser();
    const now = new Date();
    const linked = { provider: 'github', localId: '4711', connectionId: connection.id, now };
    await transaction(database.db, (tx) =>
      linkNewIdentity(tx, { userId: owner.id, identity: linked }),
    );
    const identity = aProvidedPerson({ issuer: 'https://github.com', subject: '4711' });
    expect((await stored(connection, identity)).user.id).toBe(owner.id);
    const other = { ...identity, issuer: 'https://elsewhere.test' };
    expect((await stored(connection, other)).user.id).not.toBe(owner.id);
  });
});
