import { beforeAll, describe, expect, test } from 'vitest';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findUser } from '../../src/records/users/users.ts';
import { aVisitor, textOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { aFlowScene, codeAt, enableFactors, FIELDS, GOOD, NAMES } from './flow-page.ts';

let world: StillWorld;
let scene: Awaited<ReturnType<typeof aFlowScene>>;

beforeAll(async () => {
  world = await openStillWorld();
  scene = await aFlowScene(world);
  await enableFactors(world);
});

describe('a flow', () => {
  test('takes an authenticator application, whose first code does not work again', async () => {
    const { link, user } = await scene.invite({ factors: { required: ['any'] } });
    const page = scene.page();
    await page.start(link);
    expect((await page.send('password', { password: GOOD })).body.state).toBe('factor');
    const made = await page.send('totp', {});
    expect(made.body).toMatchObject({ state: 'totp_code', totp: { secret: expect.any(String) } });
    const code = codeAt(made.body.totp.secret, world.clock.now());
    const wrong = await page.send('totp/verify', { code: code === '000000' ? '111111' : '000000' });
    expect(wrong.body.problem.code).toBe('wrong_code');
    expect((await page.send('totp/verify', { code })).body).toMatchObject({
      state: 'ready',
      entered: { is_totp_verified: true },
    });
    const { login_ticket } = (await page.send('complete', {})).body;
    const { methods } = await methodsOfUser(world.db, user.id);
    expect(methods).toMatchObject([{ kind: 'totp', confirmed: true }]);
    const visitor = aVisitor(world);
    const claims = await world.claimsAfter(
      visitor,
      await world.openLogin(visitor, scene.client.id, { login_ticket }),
    );
    expect(claims.amr).toEqual(['pwd', 'mfa', 'otp']);
  });

  test('accepts with the password of the account that exists, which stays', async () => {
    const known = await world.aUser(scene.connection, { password: 'Heron-Lagoon-42' });
    const { link, id } = await scene.invite(
      { profileSchema: NAMES, appMetadata: { plan: 'team' } },
      known,
    );
    const page = scene.page();
    await page.start(link);
    expect((await page.send('profile', { fields: FIELDS })).body.next).toEqual([
      'existing',
      'profile',
    ]);
    expect((await page.send('password', { password: GOOD })).body.problem.code).toBe('wrong_step');
    const wrong = await page.send('existing', { password: GOOD });
    expect([wrong.status, wrong.body.problem.code]).toEqual([422, 'wrong_password']);
    expect((await page.send('existing', { password: 'Heron-Lagoon-42' })).body.state).toBe('ready');
    const { login_ticket } = (await page.send('complete', {})).body;
    expect(await findInvitation(world.db, id)).toMatchObject({
      state: 'accepted',
      acceptedBy: 'login',
    });
    expect(await findUser(world.db, known.id)).toMatchObject({
      name: 'Ada Byron',
      appMetadata: { plan: 'team' },
    });
    const visitor = aVisitor(world);
    const claims = await world.claimsAfter(
      visitor,
      await world.openLogin(visitor, scene.client.id, { login_ticket }),
    );
    expect(claims.sub).toBe(known.id);
  });
});

describe('the hosted page', () => {
  test('asks for the same fields, keeps what was typed, and gives them with the acceptance', async () => {
    const { secret, user, id } = await scene.invite({ profileSchema: NAMES });
    const path = `/u/invitation?ticket=${secret}`;
    const visitor = aVisitor(world);
    const page = await visitor.get(path);
    expect(textOf(page)).toContain('First name');
    const half = { 'field-given_name': 'Ada', password: GOOD };
    const refused = await visitor.submit(page, half);
    expect(refused.status).toBe(400);
    expect(textOf(refused)).toContain('Fill in this field.');
    expect(refused.html).toContain('value="Ada"');
    expect(await findInvitation(world.db, id)).toMatchObject({ state: 'pending' });
    const done = await visitor.submit(refused, {
      ...half,
      'field-family_name': 'Byron',
      'field-department': 'sales',
    });
    expect(done.status, textOf(done)).toBe(303);
    expect(await findUser(world.db, user.id)).toMatchObject({
      givenName: 'Ada',
      name: 'Ada Byron',
      userMetadata: { department: 'sales' },
    });
  });
});

describe('the API', () => {
  const asks = (more: object) =>
    world.server.api<{ id: string; code?: string; message?: string }>(
      'POST',
      '/api/v2/invitations',
      {
        recipients: [`person${Math.random()}@example.test`],
        client_id: scene.client.id,
        connection_id: scene.connection.id,
        ...more,
      },
    );

  test('takes the fields and the second factors that the acceptance asks for', async () => {
    const answer = await asks({ profile_schema: NAMES, factors: { required: ['sms'] } });
    expect([answer.status, answer.text]).toEqual([202, expect.any(String)]);
  });

  test.each([
    ['a schema that no form can show', { profile_schema: { type: 'array' } }],
    ['a factor that the server has not enabled', { factors: { required: ['email'] } }],
    ['no factor', { factors: { required: [] } }],
  ])('refuses %s', async (_what, more) => {
    expect((await asks(more)).status).toBe(400);
  });
});
