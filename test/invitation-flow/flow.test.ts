import { beforeAll, describe, expect, test } from 'vitest';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findUser } from '../../src/records/users/users.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openWorld, type World } from '../harness/world.ts';
import {
  aFlowScene,
  aNumber,
  atPhoneCode,
  enableFactors,
  FIELDS,
  GOOD,
  NAMES,
  ORIGIN,
  textedCode,
  wrongCode,
} from './flow-page.ts';

let world: World;
let scene: Awaited<ReturnType<typeof aFlowScene>>;

beforeAll(async () => {
  world = await openWorld();
  scene = await aFlowScene(world);
  await enableFactors(world);
});

test('a person enters fields, password, phone and code on a page of the application, and arrives signed in', async () => {
  const { link, user, id } = await scene.invite({
    profileSchema: NAMES,
    factors: { required: ['sms'] },
    appMetadata: { plan: 'team' },
    inviter: { name: 'Mira' },
  });
  const page = scene.page();
  const started = await page.start(link);
  expect(started.status, JSON.stringify(started.body)).toBe(200);
  expect(started.body).toMatchObject({
    state: 'profile',
    next: ['profile'],
    invitation: {
      email: user.email,
      inviter: { name: 'Mira' },
      client: { client_id: scene.client.id },
    },
    fields: NAMES,
    factors: { required: ['sms'], offered: ['otp', 'sms'] },
    flow_secret: expect.any(String),
  });
  expect(started.headers.get('access-control-allow-origin')).toBe(ORIGIN);

  const named = await page.send('profile', { fields: FIELDS });
  expect(named.body).toMatchObject({ state: 'credential', next: ['password', 'profile'] });
  const chosen = await page.send('password', { password: GOOD });
  expect(chosen.body).toMatchObject({ state: 'factor' });
  expect(chosen.body.next).not.toContain('complete');
  const number = aNumber();
  const texted = await page.send('phone', { phone_number: number });
  expect(texted.body).toMatchObject({ state: 'phone_code', entered: { phone_number: number } });
  const right = textedCode(world, number);
  const wrong = await page.send('phone/verify', { code: wrongCode(right) });
  expect([wrong.status, wrong.body.problem.code, wrong.body.state]).toEqual([
    422,
    'wrong_code',
    'phone_code',
  ]);
  const verified = await page.send('phone/verify', { code: right });
  expect(verified.body).toMatchObject({ state: 'ready', entered: { is_phone_verified: true } });

  // Nothing has happened so far.
  expect(await findInvitation(world.db, id)).toMatchObject({ state: 'pending' });
  expect(await findUser(world.db, user.id)).toMatchObject({
    givenName: user.givenName,
    appMetadata: user.appMetadata,
  });
  expect((await methodsOfUser(world.db, user.id)).methods).toEqual([]);

  const completed = await page.send('complete', { state: scene.client.id });
  expect(completed.status, JSON.stringify(completed.body)).toBe(200);
  expect(completed.body).toMatchObject({ state: 'done', next: [], expires_in: 60 });
  expect(await findInvitation(world.db, id)).toMatchObject({ state: 'accepted' });
  expect(await findUser(world.db, user.id)).toMatchObject({
    givenName: 'Ada',
    familyName: 'Byron',
    name: 'Ada Byron',
    emailVerified: true,
    appMetadata: { plan: 'team' },
    userMetadata: { department: 'sales' },
  });
  expect((await methodsOfUser(world.db, user.id)).methods).toMatchObject([
    { kind: 'phone', confirmed: true, phoneNumber: number },
  ]);

  const visitor = aVisitor(world);
  const { login_ticket: ticket } = completed.body;
  const arrives = await world.openLogin(visitor, scene.client.id, { login_ticket: ticket });
  const { sub, amr } = await world.claimsAfter(visitor, arrives);
  expect([sub, amr]).toEqual([user.id, ['pwd', 'mfa', 'sms']]);
});

test('fields may have names that every object in JavaScript has', async () => {
  const properties = {
    given_name: { type: 'string' },
    toString: { type: 'string' },
    valueOf: { type: 'string' },
    hasOwnProperty: { type: 'string' },
  };
  const required = ['given_name', 'hasOwnProperty'];
  const { link, user } = await scene.invite({
    profileSchema: { type: 'object', properties, required },
  });
  const page = scene.page();
  await page.start(link);
  const lacking = await page.send('profile', { fields: { given_name: 'Ada' } });
  expect(lacking.body.problem.fields).toMatchObject([{ field: 'hasOwnProperty', code: 'missing' }]);
  const fields = { given_name: 'Ada', toString: 'Lovelace', hasOwnProperty: 'yes' };
  expect((await page.send('profile', { fields })).body).toMatchObject({ state: 'credential' });
  await page.send('password', { password: GOOD });
  expect((await page.send('complete', {})).body).toMatchObject({ state: 'done' });
  const { givenName, userMetadata } = (await findUser(world.db, user.id)) ?? {};
  expect(givenName).toBe('Ada');
  expect(userMetadata).toMatchObject({ toString: 'Lovelace', hasOwnProperty: 'yes' });
});

describe('steps', () => {
  test('a step out of order is refused, and the answer says what is next', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const page = scene.page();
    await page.start(link);
    for (const [path, body] of [
      ['password', { password: GOOD }],
      ['phone', { phone_number: aNumber() }],
      ['phone/verify', { code: '123456' }],
      ['complete', {}],
    ] as const) {
      const answer = await page.send(path, body);
      expect([path, answer.status, answer.body.problem.code, answer.body.next]).toEqual([
        path,
        409,
        'wrong_step',
        ['profile'],
      ]);
    }
  });

  test('each wrong field is named, in the language of the person', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const page = scene.page();
    await page.start(link);
    const fields = { given_name: '', department: 'law', role: 'admin' };
    const answer = await page.send(
      'profile',
      { fields: { ...fields, family_name: 'x'.repeat(51) } },
      { 'accept-language': 'de-AT,en;q=0.5' },
    );
    expect(answer.status).toBe(422);
    expect(answer.body.problem.fields).toContainEqual({
      field: 'role',
      code: 'unknown',
      message: 'Dieses Feld gibt es nicht.',
    });
    const { role: _role, ...known } = fields;
    const again = await page.send('profile', { fields: known });
    expect(
      again.body.problem.fields
        .map(({ field, code }: { field: string; code: string }) => [field, code])
        .sort(),
    ).toEqual([
      ['department', 'not_offered'],
      ['family_name', 'missing'],
      ['given_name', 'missing'],
    ]);
  });

  test('a password that contains the name just entered is refused, and a weak one too', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const page = scene.page();
    await page.start(link);
    await page.send('profile', { fields: FIELDS });
    const weak = await page.send('password', { password: 'abc' });
    expect([weak.status, weak.body.problem]).toMatchObject([
      422,
      { code: 'password_refused', reason: 'weak' },
    ]);
    expect((await page.send('password', { password: GOOD })).body.state).toBe('ready');
  });

  test('a code works five times at most', async () => {
    const { page, number, code: right } = await atPhoneCode(world, scene);
    for (let tries = 0; tries < 5; tries++) {
      expect((await page.send('phone/verify', { code: wrongCode(right) })).body.problem.code).toBe(
        'wrong_code',
      );
    }
    expect((await page.send('phone/verify', { code: right })).body.problem.code).toBe(
      'code_expired',
    );
    await page.send('phone', { phone_number: number });
    expect((await page.send('phone/verify', { code: textedCode(world, number) })).body.state).toBe(
      'ready',
    );
  });
});

describe('two browsers', () => {
  test('a page that is opened again goes on where it was', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const page = scene.page();
    await page.start(link);
    await page.send('profile', { fields: FIELDS });
    const again = await page.start(link);
    expect(again.body).toMatchObject({ state: 'credential', entered: { profile: FIELDS } });
    expect(again.body.flow_secret).toBeUndefined();
  });

  test('a second browser is told that a flow is under way, and destroys nothing', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const first = scene.page();
    await first.start(link);
    await first.send('profile', { fields: FIELDS });
    const second = scene.page();
    const told = await second.start(link);
    expect([told.status, told.body.problem.code, told.body.next]).toEqual([
      409,
      'under_way',
      ['start'],
    ]);
    expect(second.secret()).toBeNull();
    expect((await first.send('password', { password: GOOD })).body.state).toBe('ready');
  });

  test('a second browser takes over explicitly: what was typed stays, what was proved does not, and the first ends', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES, factors: { required: ['sms'] } });
    const first = scene.page();
    await first.start(link);
    await first.send('profile', { fields: FIELDS });
    await first.send('password', { password: GOOD });
    const number = aNumber();
    await first.send('phone', { phone_number: number });
    await first.send('phone/verify', { code: textedCode(world, number) });
    const second = scene.page();
    const taken = await second.start(link, { take_over: true });
    expect(taken.body).toMatchObject({
      state: 'credential',
      entered: { profile: FIELDS, phone_number: number, is_phone_verified: false },
    });
    expect((await first.send('complete', {})).body.problem.code).toBe('unknown_flow');
    await second.send('password', { password: GOOD });
    expect((await second.send('complete', {})).body.problem.code).toBe('wrong_step');
  });
});
