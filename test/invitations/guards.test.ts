import { beforeAll, describe, expect, test } from 'vitest';
import {
  acceptInvitation,
  type Proof,
} from '../../src/flows/accept-invitation/accept-invitation.ts';
import { newId } from '../../src/platform/ids/ids.ts';
import {
  insertMethod,
  storePasskey,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { acceptAtOnce, findInvitation } from '../../src/records/invitations/invitations.ts';
import { useLoginHandoff } from '../../src/records/login-handoffs/login-handoffs.ts';
import { findUser, recordLogin, type User, updateUser } from '../../src/records/users/users.ts';
import { storeProvidedIdentity } from '../../src/steps/adopt-identity/adopt-identity.ts';
import { grantWhatWasPromised } from '../../src/steps/grant-what-was-promised/grant-what-was-promised.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';
import { aConnectionToGoogle } from '../harness/providers/provider-world.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

const PASSWORD = 'Tulip-Canal-77';
const tokenKey = Buffer.alloc(32, 7);

let world: StillWorld;
let connection: Connection;
let google: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection({ authentication_methods: { passkey: { enabled: true } } });
  client = await world.aClient(connection);
  google = await aConnectionToGoogle(world, client.id);
});

const anAddress = () => `${newId('p').toLowerCase()}@guarded.test`;
const now = () => world.clock.now();
const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;
const accept = (secret: string, proof: Proof) =>
  acceptInvitation(world.server.app.deps, { secret, proof });

/** Invites an address, or a user. */
async function invite(whom: { user?: User; email?: string; madeUser?: boolean } = {}) {
  const { user, madeUser = false } = whom;
  const email = user?.email ?? whom.email ?? anAddress();
  const invited = user ?? { email, connectionId: connection.id };
  return { email, ...(await world.anInvitation(invited, { clientId: client.id, madeUser })) };
}

const aVerifiedUser = (more: object = {}) =>
  world.aUser(connection, { email: anAddress(), emailVerified: true, ...more });

const aPasskey = (deviceType: 'single_device' | 'multi_device' = 'multi_device') => ({
  kind: 'passkey' as const,
  credentialId: newId('cred'),
  relyingParty: 'localhost',
  publicKey: Buffer.from('a key').toString('base64url'),
  counter: 0,
  userHandle: '',
  aaguid: '',
  deviceType,
  isBackedUp: true,
  transports: [],
});

const store = (about: Parameters<typeof aProvidedPerson>[0], linkTo: string | null = null) =>
  world.db.transaction().execute(async (tx) => {
    const identity = aProvidedPerson(about);
    const adopting = { connection: google, identity, linkTo, mayCreate: true, tokenKey, at: now() };
    const stored = await storeProvidedIdentity(tx, adopting);
    if (stored.kind !== 'stored') throw new Error('The identity was not stored.');
    return { identity, userId: stored.user.id };
  });

describe('without the link', () => {
  test.each([
    true,
    false,
  ])('a login with a provider that runs the mailbox (%s) accepts', async (isAuthoritative) => {
    const { id, email, secret } = await invite();
    const { identity, userId } = await store({ email, isAuthoritative });
    const login = { userId, clientId: client.id, session: null };
    await grantWhatWasPromised(world.server.app.deps, login);
    expect(await stateOf(id)).toBe(isAuthoritative ? 'accepted' : 'pending');
    if (isAuthoritative) return;
    const outcome = await accept(secret, {
      kind: 'identity',
      connection: google,
      identity,
      tokenKey,
    });
    expect(outcome).toMatchObject({ kind: 'done', userId });
  });

  test('the next login of an account decides again', async () => {
    const { id, email } = await invite();
    const before = await store({ email, isAuthoritative: true });
    await store({ ...before.identity, isAuthoritative: false });
    const login = { userId: before.userId, clientId: client.id, session: null };
    await grantWhatWasPromised(world.server.app.deps, login);
    expect(await stateOf(id)).toBe('pending');
  });
});

describe('the link alone adds nothing to an account', () => {
  const ways: [string, (user: User) => Promise<unknown>][] = [
    ['a passkey', (user) => storeKey(user)],
    ['an account at a provider', (user) => store({ email: user.email }, user.id)],
  ];
  const storeKey = (user: User) =>
    world.db
      .transaction()
      .execute((tx) => storePasskey(tx, { userId: user.id, passkey: aPasskey(), at: now() }));

  test.each(ways)('that has %s', async (_, give) => {
    const user = await aVerifiedUser();
    await give(user);
    const { id, secret } = await invite({ user });
    expect((await accept(secret, { kind: 'password', password: PASSWORD })).kind).toBe('unserved');
    expect((await accept(secret, { kind: 'passkey', passkey: aPasskey() })).kind).toBe('unserved');
    expect(await stateOf(id)).toBe('pending');
    const account = { kind: 'account', userId: user.id, hasLoggedIn: true } as const;
    expect((await accept(secret, account)).kind).toBe('done');
  });

  test('that a stranger has made counts as none', async () => {
    const user = await world.aUser(connection, { email: anAddress(), isUnproven: true });
    await storeKey(user);
    const { secret } = await invite({ user });
    expect((await accept(secret, { kind: 'password', password: PASSWORD })).kind).toBe('done');
  });

  test('and a passkey does not replace its second factor', async () => {
    const user = await aVerifiedUser();
    const method = { userId: user.id, kind: 'phone', confirmed: true } as const;
    await insertMethod(
      world.db,
      { ...method, phoneNumber: '+491709911223', preferred: 'sms' },
      { key: world.keys.encryption, now: now() },
    );
    const { id, secret } = await invite({ user });
    const outcome = await accept(secret, { kind: 'passkey', passkey: aPasskey() });
    expect(outcome.kind).not.toBe('done');
    expect(await stateOf(id)).toBe('pending');
    expect((await accept(secret, { kind: 'password', password: PASSWORD })).kind).toBe('done');
  });
});

test.each([
  ['a password', () => ({ kind: 'password', password: PASSWORD }) as const, ['pwd']],
  [
    'a passkey of one device',
    () => ({ kind: 'passkey', passkey: aPasskey('single_device') }) as const,
    ['hwk', 'user', 'mfa'],
  ],
  [
    'a passkey that is synced',
    () => ({ kind: 'passkey', passkey: aPasskey() }) as const,
    ['swk', 'user', 'mfa'],
  ],
  [
    'a provider',
    (email: string) =>
      ({
        kind: 'identity',
        connection: google,
        identity: aProvidedPerson({ email }),
        tokenKey,
      }) as const,
    [],
  ],
])('the login after an acceptance with %s has its methods', async (_, proofOf, amr) => {
  const { email, secret } = await invite();
  const outcome = await accept(secret, proofOf(email));
  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  const handoff = { secret: outcome.handoff ?? '', clientId: client.id, now: now() };
  expect(await useLoginHandoff(world.db, handoff)).toEqual({ userId: outcome.userId, amr });
});

test.each([
  ['has another address', () => ({ email: anAddress() })],
  ['has not proved the address', () => ({ emailVerified: false })],
  ['is blocked', () => ({ blocked: true })],
])('a user who meanwhile %s gets nothing at once', async (_, change) => {
  const user = await aVerifiedUser();
  const { id } = await invite({ user });
  await updateUser(world.db, user.id, change(), now());
  expect(await acceptAtOnce(world.db, { ids: [id], now: now() })).toEqual([]);
  expect(await stateOf(id)).toBe('pending');
});

test('a blocked account proves nothing, although it is linked to a user who is not blocked', async () => {
  const user = await aVerifiedUser();
  const email = anAddress();
  const { identity } = await store({ email, isAuthoritative: true }, user.id);
  const { id, secret } = await invite({ email });
  const block = (blocked: boolean) =>
    world.server.app.database.execute('update users set blocked = $1 where id = $2', [
      blocked,
      `google-oauth2|${identity.subject}`,
    ]);
  await block(true);
  const account = { kind: 'account', userId: user.id, hasLoggedIn: true } as const;
  expect((await accept(secret, account)).kind).toBe('wrong-account');
  const login = { userId: user.id, clientId: client.id, session: null };
  await grantWhatWasPromised(world.server.app.deps, login);
  expect(await stateOf(id)).toBe('pending');
  await block(false);
  expect((await accept(secret, account)).kind).toBe('done');
});

test('neither a login nor an acceptance removes the status "invited" that an operator has set', async () => {
  const appMetadata = { status: 'invited' };
  const user = await aVerifiedUser({ appMetadata });
  await recordLogin(world.db, { userId: user.id, ip: '192.0.2.1', at: now() });
  expect((await findUser(world.db, user.id))?.appMetadata).toEqual(appMetadata);
  const other = await aVerifiedUser({ appMetadata });
  const { secret } = await invite({ user: other });
  expect((await accept(secret, { kind: 'password', password: PASSWORD })).kind).toBe('done');
  expect((await findUser(world.db, other.id))?.appMetadata).toEqual(appMetadata);
});
