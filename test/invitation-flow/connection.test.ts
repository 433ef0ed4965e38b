import { beforeAll, describe, expect, test } from 'vitest';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findUser, linkedIdentities } from '../../src/records/users/users.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { aMethod, SECRET } from '../second-factors/factors.ts';
import { aNumber, enableFactors, FIELDS, GOOD, NAMES, textedCode } from './flow-page.ts';
import {
  aProviderScene,
  BACK,
  broughtBack,
  leaveFor,
  logsInAtProvider,
  type ProviderScene,
  proves,
} from './provider-scene.ts';

let world: StillWorld;
let scene: ProviderScene;

beforeAll(async () => {
  world = await openStillWorld();
  await enableFactors(world);
  scene = await aProviderScene(world);
});

const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;

async function claimsWith(login_ticket: string) {
  const visitor = aVisitor(world);
  const shown = await world.openLogin(visitor, scene.client.id, { login_ticket });
  return world.claimsAfter(visitor, shown);
}

describe('the way over an identity provider', () => {
  test('accepts with the fields, the identity and the phone at once, and the person arrives signed in', async () => {
    const { page, started, user, id, person } = await scene.begun({
      profileSchema: NAMES,
      factors: { required: ['sms'] },
      appMetadata: { plan: 'team' },
    });
    expect(started.body.connections).toEqual([
      { name: 'acme-id', strategy: 'oidc', display_name: null },
    ]);
    const named = await page.send('profile', { fields: FIELDS });
    expect(named.body.next).toEqual(['password', 'connection', 'profile']);
    const proved = await proves(page);
    expect([proved.status, proved.body.state]).toEqual([200, 'factor']);
    expect(scene.provider.requests.at(-1)?.get('login_hint')).toBe(user.email);
    const number = aNumber();
    await page.send('phone', { phone_number: number });
    const ready = await page.send('phone/verify', { code: textedCode(world, number) });
    expect(ready.body.state).toBe('ready');

    // Nothing has happened so far.
    expect(await stateOf(id)).toBe('pending');
    expect((await linkedIdentities(world.db, [user.id])).get(user.id) ?? []).toEqual([]);

    const completed = await page.send('complete', {});
    expect(completed.status, JSON.stringify(completed.body)).toBe(200);
    expect(await findInvitation(world.db, id)).toMatchObject({
      state: 'accepted',
      acceptedBy: 'identity',
    });
    expect(await findUser(world.db, user.id)).toMatchObject({
      name: 'Ada Byron',
      emailVerified: true,
      appMetadata: { plan: 'team' },
    });
    const linked = (await linkedIdentities(world.db, [user.id])).get(user.id) ?? [];
    expect(linked.map((identity) => identity.id)).toEqual([`oidc|acme-id|${person.sub}`]);
    const { sub, amr } = await claimsWith(completed.body.login_ticket);
    expect([sub, amr]).toEqual([user.id, ['mfa', 'sms']]);
  });

  test('is offered as on the page of the invitation: providers of other companies are not named', async () => {
    const own = await aProvider(world, {
      name: 'hidden-id',
      options: { ...scene.provider.options, domain_aliases: ['hidden.example'] },
      clientIds: [scene.client.id],
      settings: {},
    });
    const namesFor = async (invited: { link: string }) => {
      const { body } = await scene.page().start(invited.link);
      return body.connections.map(({ name }: { name: string }) => name).toSorted();
    };
    const { page, user, started } = await scene.begun();
    expect(started.body.connections).toHaveLength(1);
    expect(await namesFor(await scene.invite({ connectionIds: [own.id] }))).toEqual(['hidden-id']);
    const theirs = await world.aUser({ id: user.connectionId }, { email: 'ada@hidden.example' });
    expect(await namesFor(await scene.invite({}, theirs))).toEqual(['acme-id', 'hidden-id']);
    const refused = await page.send('connection', { connection: 'hidden-id', return_url: BACK });
    expect(refused.body.problem.code).toBe('connection_not_offered');
  });

  test('keeps the identity when the fields are entered again', async () => {
    const { page } = await scene.begun({ profileSchema: NAMES });
    await page.send('profile', { fields: FIELDS });
    await proves(page);
    expect((await page.send('profile', { fields: FIELDS })).body.state).toBe('ready');
  });

  test('leads to the provider again for a person who has come back without an answer', async () => {
    const { page } = await scene.begun();
    const address = await leaveFor(page);
    const { browser, ...tab } = openBrowser();
    const first = await browser.open(address);
    const again = await browser.open(address);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    const shown = await tab.go(address);
    const answer = { flow_login: broughtBack(shown.back) };
    expect((await page.send('connection/finish', answer)).body.state).toBe('ready');
  });

  test('tells the page that the person did not agree, and takes another try', async () => {
    const { page, id } = await scene.begun();
    scene.provider.denies();
    const denied = await proves(page);
    expect([denied.status, denied.body.problem.code, denied.body.state]).toEqual([
      422,
      'login_denied',
      'credential',
    ]);
    expect(await stateOf(id)).toBe('pending');
    expect((await page.send('password', { password: GOOD })).body.state).toBe('ready');
  });

  test('refuses the account with another address, and the invitation lives', async () => {
    const account = { email: 'another@acme.example' };
    const { page, person, user, id } = await scene.begun({}, account);
    const refused = await proves(page);
    expect([refused.status, refused.body.problem.code]).toEqual([422, 'wrong_account']);
    expect((await page.send('complete', {})).body.problem.code).toBe('wrong_step');
    expect(await stateOf(id)).toBe('pending');
    scene.provider.logsIn({ ...person, email: user.email });
    expect((await proves(page)).body.state).toBe('ready');
  });

  test('says that the provider cannot be reached, before and after the person was there', async () => {
    const { page } = await scene.begun();
    const flow_login = await logsInAtProvider(page);
    scene.provider.breaks(true);
    const after = await page.send('connection/finish', { flow_login });
    scene.provider.breaks(false);
    expect([after.status, after.body.problem.code]).toEqual([503, 'provider_unavailable']);
    await aProvider(world, {
      name: 'gone-id',
      options: { ...scene.provider.options, discovery_url: 'http://127.0.0.1:1/' },
      clientIds: [scene.client.id],
    });
    const before = await page.send('connection', { connection: 'gone-id', return_url: BACK });
    expect([before.status, before.body.problem.code]).toEqual([503, 'provider_unavailable']);
  });

  test('enrolls no factor for an account that has one, which the login asks for', async () => {
    const { page, person, user } = await scene.begun({}, { sub: 'has-factor' });
    await proves(page);
    await page.send('complete', {});
    const now = world.clock.now();
    const method = { userId: user.id, kind: 'totp', totpSecret: SECRET } as const;
    await aMethod({ db: world.db, key: world.keys.encryption, now }, method);
    const before = await methodsOfUser(world.db, user.id);
    const other = await scene.invite({
      emailPolicy: 'any_verified',
      factors: { required: ['sms'] },
    });
    scene.provider.logsIn(person);
    const again = scene.page();
    const started = await again.start(other.link);
    expect(started.body.factors.offered).toEqual(['otp', 'sms']);
    const proved = await proves(again);
    expect(proved.body).toMatchObject({ state: 'ready', factors: { required: [], offered: [] } });
    const { login_ticket } = (await again.send('complete', {})).body;
    expect(await methodsOfUser(world.db, user.id)).toEqual(before);
    const visitor = aVisitor(world);
    const shown = await world.openLogin(visitor, scene.client.id, { login_ticket });
    expect(shown.headers.location).toContain('/u/mfa');
  });
});

describe('others', () => {
  test('gain nothing from a person whom they lure to the provider', async () => {
    // A stranger has a flow of their own, and sends the address to somebody else.
    const { page, id } = await scene.begun({ emailPolicy: 'any_verified' });
    const lured = openBrowser();
    const address = await leaveFor(page);
    const shown = await lured.go(address);
    const brought = broughtBack(shown.back);
    const [login = ''] = brought.split('.');
    const key = new URL(address).searchParams.get('key');
    for (const flow_login of [`${login}.${key}`, login, `${login}.`, '.', address]) {
      const answer = await page.send('connection/finish', { flow_login });
      expect(answer.body.problem.code).toMatch(/login_over|invalid_request/);
    }
    // The stranger's own browser cannot open the address any more.
    expect((await openBrowser().go(address)).status).toBe(400);
    // The page of the lured person has another flow, or none.
    const own = await scene.begun();
    const mixed = await own.page.send('connection/finish', { flow_login: brought });
    expect(mixed.body.problem.code).toBe('login_over');
    expect(await stateOf(id)).toBe('pending');
  });

  test('cannot give their identity to a flow that another browser has taken over', async () => {
    const { page, link } = await scene.begun();
    const brought = await logsInAtProvider(page);
    const owner = scene.page();
    await owner.start(link, { take_over: true });
    const answer = await owner.send('connection/finish', { flow_login: brought });
    expect([answer.status, answer.body.problem.code, answer.body.state]).toEqual([
      422,
      'login_over',
      'credential',
    ]);
  });

  test('an answer that arrives in another browser leads nowhere', async () => {
    const { page } = await scene.begun();
    const { browser } = openBrowser();
    const leaving = await browser.open(await leaveFor(page));
    const { headers } = await fetch(leaving.headers.get('location') ?? '', { redirect: 'manual' });
    const stranger = await openBrowser().go(headers.get('location') ?? '');
    expect([stranger.status, stranger.back]).toEqual([400, null]);
  });

  test('an answer counts once, and in time', async () => {
    const { page } = await scene.begun();
    const flow_login = await logsInAtProvider(page);
    expect((await page.send('connection/finish', { flow_login })).status).toBe(200);
    const replayed = await page.send('connection/finish', { flow_login });
    expect(replayed.body.problem.code).toBe('login_over');
    const late = await logsInAtProvider(page);
    world.passTime(601);
    const over = await page.send('connection/finish', { flow_login: late });
    expect(over.body.problem.code).toBe('login_over');
  });

  test('an identity counts for an hour', async () => {
    const { page } = await scene.begun();
    expect((await proves(page)).body.state).toBe('ready');
    world.passTime(3601);
    expect((await page.state()).body.state).toBe('credential');
    expect((await page.send('complete', {})).body.problem.code).toBe('wrong_step');
  });

  test.each([
    ['of another origin', 'https://elsewhere.example.test/join'],
    ['with another scheme', 'javascript:alert(1)'],
    ['with a name before the host', 'https://app.example.test@elsewhere.example.test/'],
    ['that is relative', '/join'],
  ])('no browser is sent back to an address %s', async (_what, return_url) => {
    const { page } = await scene.begun();
    const answer = await page.send('connection', { connection: 'acme-id', return_url });
    expect([answer.status, answer.body.problem.code]).toEqual([422, 'return_url_not_allowed']);
  });

  test('a connection that the invitation does not take is not offered', async () => {
    const { page } = await scene.begun();
    const asked = { connection: 'google-oauth2', return_url: BACK };
    const answer = await page.send('connection', asked);
    expect([answer.status, answer.body.problem.code]).toEqual([422, 'connection_not_offered']);
  });

  test('50 requests with HEAD do not use up the address', async () => {
    const { page } = await scene.begun();
    const address = await leaveFor(page);
    for (let count = 0; count < 50; count++) await fetch(address, { method: 'HEAD' });
    expect(broughtBack((await openBrowser().go(address)).back)).not.toBe('');
  });
});
