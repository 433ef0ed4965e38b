import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { transaction } from '../../src/platform/db/db.ts';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { updateConnection } from '../../src/records/connections/connections.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { endSessionsOf } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import {
  findUser,
  linkedIdentities,
  type User,
  unlinkIdentity,
} from '../../src/records/users/users.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import type { Authenticator } from '../passkeys/authenticator.ts';
import { aMethod, SECRET } from '../second-factors/factors.ts';
import {
  aFlowPage,
  enableFactors,
  FIELDS,
  type FlowPage,
  GOOD,
  NAMES,
  ORIGIN,
} from './flow-page.ts';
import { aPersonWithPasskey, NEAR, PASSKEYS } from './passkey-owner.ts';
import { aProviderScene, type ProviderScene, proves } from './provider-scene.ts';

const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

let world: StillWorld;
let scene: ProviderScene;
let store: Awaited<ReturnType<StillWorld['aConnection']>>;
let client: { id: string };

beforeAll(async () => {
  world = await openStillWorld();
  await enableFactors(world);
  scene = await aProviderScene(world);
  store = await world.aConnection(PASSKEYS);
  client = await world.aClient(store, { settings: { webOrigins: [ORIGIN, NEAR] } });
});

const aPasskeyOwner = () => aPersonWithPasskey(world, store);

async function invited(user: User, plan: object = {}, origin = NEAR) {
  const invitation = await world.anInvitation(user, { clientId: client.id, plan });
  const page = aFlowPage(world, client, origin);
  return { ...invitation, page, started: await page.start(invitation.secret) };
}

async function showsPasskey(page: FlowPage, authenticator: Authenticator) {
  const { passkey } = (await page.send('existing/passkey', {})).body;
  const credential = JSON.parse(authenticator.authenticate(passkey));
  return page.send('existing/passkey/verify', { credential });
}

const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;

async function claimsWith(login_ticket: string, clientId = client.id) {
  const visitor = aVisitor(world);
  return world.claimsAfter(visitor, await world.openLogin(visitor, clientId, { login_ticket }));
}

describe('a person who has only a passkey', () => {
  test('logs in with it on the page, and arrives signed in', async () => {
    const { user, authenticator } = await aPasskeyOwner();
    const plan = { profileSchema: NAMES, appMetadata: { plan: 'team' } };
    const { page, started, id } = await invited(user, plan);
    expect(started.body.existing).toEqual({
      has_password: false,
      has_passkey: true,
      has_identity: false,
    });
    const filled = await page.send('profile', { fields: FIELDS });
    expect(filled.body.next).toEqual(['existing/passkey', 'profile']);
    const shown = await showsPasskey(page, authenticator);
    expect([shown.status, shown.body.state]).toEqual([200, 'ready']);
    expect(await stateOf(id)).toBe('pending');
    const { login_ticket } = (await page.send('complete', {})).body;
    expect(await findInvitation(world.db, id)).toMatchObject({
      state: 'accepted',
      acceptedBy: 'login',
    });
    expect((await methodsOfUser(world.db, user.id)).methods).toHaveLength(1);
    const { sub, amr } = await claimsWith(login_ticket);
    expect([sub, amr]).toEqual([user.id, expect.arrayContaining(['user', 'mfa'])]);
    expect(await findUser(world.db, user.id)).toMatchObject({
      name: 'Ada Byron',
      appMetadata: { plan: 'team' },
    });
  });

  test('shows it once: the same answer does not count again, and another flow does not take it', async () => {
    const { user, authenticator } = await aPasskeyOwner();
    const { page } = await invited(user);
    const other = await invited((await aPasskeyOwner()).user);
    const { passkey } = (await page.send('existing/passkey', {})).body;
    const credential = JSON.parse(authenticator.authenticate(passkey));
    const elsewhere = await other.page.send('existing/passkey/verify', { credential });
    expect([elsewhere.status, elsewhere.body.problem.code]).toEqual([422, 'passkey_wrong']);
    expect((await page.send('existing/passkey/verify', { credential })).body.state).toBe('ready');
    const again = await page.send('existing/passkey/verify', { credential });
    expect(again.body.problem.code).toBe('passkey_wrong');
  });

  test('accepts nothing with the passkey of somebody else, and the invitation lives', async () => {
    const { user } = await aPasskeyOwner();
    const stranger = await aPasskeyOwner();
    const { page, id } = await invited(user);
    const shown = await showsPasskey(page, stranger.authenticator);
    expect([shown.status, shown.body.problem.code]).toEqual([422, 'wrong_account']);
    expect((await page.send('complete', {})).body.problem.code).toBe('wrong_step');
    expect(await stateOf(id)).toBe('pending');
  });

  test('is told so on a page where browsers use no passkeys of the server', async () => {
    const { user } = await aPasskeyOwner();
    const { page } = await invited(user, {}, ORIGIN);
    const answer = await page.send('existing/passkey', {});
    expect([answer.status, answer.body.problem.code]).toEqual([409, 'passkey_not_here']);
    expect(answer.body.existing.has_passkey).toBe(true);
  });

  test('is not asked for it where it does not work: it belongs to another domain', async () => {
    const { user } = await aPasskeyOwner();
    await sql`update authentication_methods set relying_party = 'other.example' where user_id = ${user.id}`.execute(
      world.db,
    );
    const { started } = await invited(user);
    expect([started.status, started.body.problem.code]).toEqual([409, 'no_way_in']);
  });

  test('gets a clear answer in their language when the invitation takes no passkey', async () => {
    const { user } = await aPasskeyOwner();
    const { page, secret } = await invited(user);
    const now = world.clock.now();
    await updateConnection(world.db, store.id, { options: {} }, now);
    const answers = [await page.state(), await aFlowPage(world, client, NEAR).start(secret)];
    const french = await page.send('state', undefined, { 'accept-language': 'fr' });
    await updateConnection(world.db, store.id, { options: PASSKEYS }, now);
    for (const answer of answers) {
      expect([answer.status, answer.body.problem.code]).toEqual([409, 'no_way_in']);
      expect(answer.body).toMatchObject({ state: 'no_way', next: [] });
      expect(answer.body.existing.has_passkey).toBe(true);
    }
    expect(french.body.problem.message).toContain('Vous avez un compte');
    expect((await page.state()).body.next).toEqual(['existing/passkey']);
  });

  test('logs in again when their logins were ended before the completion, or an hour has passed', async () => {
    const { user, authenticator } = await aPasskeyOwner();
    const { page, id } = await invited(user);
    await showsPasskey(page, authenticator);
    await endSessionsOf(world.db, user.id);
    const answer = await page.send('complete', {});
    expect([answer.status, answer.body.problem.code, answer.body.state]).toEqual([
      409,
      'login_outdated',
      'credential',
    ]);
    expect(await stateOf(id)).toBe('pending');
    expect((await showsPasskey(page, authenticator)).body.state).toBe('ready');
    world.passTime(3601);
    expect((await page.state()).body.state).toBe('credential');
    await showsPasskey(page, authenticator);
    expect((await page.send('complete', {})).body.state).toBe('done');
  });
});

describe('a person who has a second factor', () => {
  test('and no password is offered no new passkey, which would replace it', async () => {
    const user = await world.aUser(store);
    const about = { db: world.db, key: world.keys.encryption, now: world.clock.now() };
    await aMethod(about, { userId: user.id, kind: 'totp', totpSecret: SECRET });
    const { started } = await invited(user);
    expect(started.body.next).toEqual(['password']);
  });

  test('and a password logs in with it, accepts, and shows the factor at the login', async () => {
    const password = 'Heron-Lagoon-42';
    const user = await world.aUser(store, { password, emailVerified: true });
    const about = { db: world.db, key: world.keys.encryption, now: world.clock.now() };
    await aMethod(about, { userId: user.id, kind: 'totp', totpSecret: SECRET });
    const { page, started } = await invited(user, { factors: { required: ['sms'] } });
    expect(started.body).toMatchObject({ next: ['existing'], factors: { required: [] } });
    await page.send('existing', { password });
    const { login_ticket } = (await page.send('complete', {})).body;
    const shown = await world.openLogin(aVisitor(world), client.id, {
      login_ticket,
      acr_values: MULTI_FACTOR,
    });
    expect(String(shown.headers.location)).toContain('/u/mfa');
  });
});

describe('a person who logs in with a provider', () => {
  async function aMember() {
    const first = await scene.begun();
    await proves(first.page);
    await first.page.send('complete', {});
    return { user: first.user, person: first.person };
  }

  test('logs in there again, and accepts another invitation', async () => {
    const { user, person } = await aMember();
    const { link, id } = await scene.invite({}, user);
    const page = scene.page();
    expect((await page.start(link)).body).toMatchObject({
      next: ['connection'],
      existing: { has_password: false, has_passkey: false, has_identity: true },
    });
    scene.provider.logsIn(person);
    expect((await proves(page)).body.state).toBe('ready');
    const { login_ticket } = (await page.send('complete', {})).body;
    expect(await stateOf(id)).toBe('accepted');
    expect((await claimsWith(login_ticket, scene.client.id)).sub).toBe(user.id);
  });

  test('logs in again when the identity has come to another user before the completion', async () => {
    const { user, person } = await aMember();
    const other = await scene.begun({ emailPolicy: 'any_verified' });
    const { page, id } = other;
    scene.provider.logsIn(person);
    expect((await proves(page)).body.state).toBe('ready');
    // An operator takes the identity from its user.
    const [identity] = (await linkedIdentities(world.db, [user.id])).get(user.id) ?? [];
    await transaction(world.db, (tx) =>
      unlinkIdentity(tx, {
        userId: user.id,
        identityId: identity?.id ?? '',
        now: world.clock.now(),
      }),
    );
    for (const code of ['login_outdated', 'wrong_step']) {
      const answer = await page.send('complete', {});
      expect([answer.status, answer.body.problem.code, answer.body.state]).toEqual([
        409,
        code,
        'credential',
      ]);
    }
    expect(await stateOf(id)).toBe('pending');
    expect((await page.send('password', { password: GOOD })).body.state).toBe('ready');
    expect((await page.send('complete', {})).body.state).toBe('done');
  });
});
