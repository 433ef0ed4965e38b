import { beforeAll, describe, expect, test } from 'vitest';
import { MULTI_FACTOR } from '../../src/flows/second-factor/second-factor.ts';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation, revokeInvitation } from '../../src/records/invitations/invitations.ts';
import { findUser } from '../../src/records/users/users.ts';
import { aVisitor, headlineOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { aMethod, SECRET } from '../second-factors/factors.ts';
import {
  aFlowPage,
  aFlowScene,
  enableFactors,
  FIELDS,
  GOOD,
  NAMES,
  ORIGIN,
  randomSecret,
} from './flow-page.ts';

let world: StillWorld;
let scene: Awaited<ReturnType<typeof aFlowScene>>;

beforeAll(async () => {
  world = await openStillWorld();
  scene = await aFlowScene(world);
  await enableFactors(world);
});

describe('pages of others', () => {
  test('a page on another origin cannot start, continue or read a flow', async () => {
    const { link } = await scene.invite();
    const own = scene.page();
    const foreign = scene.page('https://evil.example.test');
    const refused = await foreign.start(link);
    expect([refused.status, refused.body.problem.code]).toEqual([403, 'origin_not_allowed']);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    await own.start(link);
    foreign.keep(own.secret());
    for (const answer of [
      await foreign.state(),
      await foreign.send('password', { password: GOOD }),
    ]) {
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
        403,
        null,
      ]);
    }
    expect((await own.state()).body.state).toBe('credential');
  });

  test('a preflight allows registered origins only, and never cookies', async () => {
    for (const [origin, allowed] of [
      [ORIGIN, ORIGIN],
      ['https://evil.example.test', null],
      ['null', null],
    ] as const) {
      const answer = await fetch(`${world.server.url}/invitation-flow/start`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      expect([origin, answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
        origin,
        204,
        allowed,
      ]);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Origin');
    }
  });

  test('a link of another application is as unknown as one that never existed', async () => {
    const { link } = await scene.invite();
    const other = await world.aClient(scene.connection, { settings: { webOrigins: [ORIGIN] } });
    const foreign = await aFlowPage(world, other).start(link);
    const never = await scene
      .page()
      .start(`${world.publicUrl}/u/invitation?ticket=${randomSecret().slice(0, 32)}`);
    expect([foreign.status, foreign.body]).toEqual([never.status, never.body]);
    expect(foreign.body.problem.code).toBe('unknown_link');
  });
});

describe('secrets', () => {
  test('no secret is stored in the clear, and none is in the log of the server', async () => {
    const { link, secret } = await scene.invite({ profileSchema: NAMES });
    const page = scene.page();
    await page.start(link);
    await page.send('profile', { fields: FIELDS });
    await page.send('password', { password: GOOD });
    const totp = (await page.send('totp', {})).body.totp.secret;
    const stored = JSON.stringify(
      await world.server.app.database.execute('select * from invitation_flows'),
    );
    for (const clear of [secret, page.secret() ?? '', GOOD, totp]) {
      expect(clear.length).toBeGreaterThan(5);
      expect(stored).not.toContain(clear);
    }
    const completed = await page.send('complete', {});
    const after = JSON.stringify(
      await world.server.app.database.execute('select * from invitation_flows'),
    );
    expect(after).not.toContain('argon2');
    expect(after).not.toContain('Byron');
    const logged = JSON.stringify(await world.logs('per_page=100'));
    for (const clear of [secret, page.secret() ?? '', GOOD, totp, completed.body.login_ticket]) {
      expect(logged).not.toContain(clear);
    }
  });

  test('nothing that a GET does changes a flow', async () => {
    const { link, id } = await scene.invite();
    const page = scene.page();
    await page.start(link);
    for (const path of ['start', 'password', 'complete', 'phone']) {
      expect((await page.send(path)).status).toBe(404);
    }
    expect((await page.state()).body.state).toBe('credential');
    expect(await findInvitation(world.db, id)).toMatchObject({ state: 'pending' });
  });
});

describe('input', () => {
  test.each([
    ['no JSON', 'password', '{"password":'],
    ['an array', 'password', '[]'],
    ['no password', 'password', '{}'],
    ['a number', 'password', '{"password":7}'],
    ['NUL', 'password', '{"password":"Tulip\\u0000Canal-77"}'],
    ['half a character', 'password', '{"password":"Tulip\\ud800Canal-77"}'],
    ['a long password', 'password', JSON.stringify({ password: 'x'.repeat(5000) })],
    ['too deep', 'profile', `{"fields":${'['.repeat(500)}${']'.repeat(500)}}`],
  ])('%s is refused and changes nothing', async (_what, path, body) => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const page = scene.page();
    await page.start(link);
    await page.send('profile', { fields: FIELDS });
    const answer = await page.send(path, body);
    expect([answer.status, answer.body.problem.code]).toEqual([400, 'invalid_request']);
    expect((await page.state()).body.state).toBe('credential');
  });

  test('a body that is too large is refused', async () => {
    const { link } = await scene.invite({ profileSchema: NAMES });
    const page = scene.page();
    await page.start(link);
    const answer = await page.send('profile', { fields: { given_name: 'x'.repeat(40_000) } });
    expect([answer.status, answer.body.problem.code]).toEqual([413, 'invalid_request']);
  });

  test('a hostile text for a hostile pattern is refused in time', async () => {
    const properties = { given_name: { type: 'string', pattern: '^(a+)+$' } };
    const { link } = await scene.invite({ profileSchema: { type: 'object', properties } });
    const page = scene.page();
    await page.start(link);
    const answer = await page.send('profile', { fields: { given_name: `${'a'.repeat(200)}!` } });
    expect(answer.body.problem.fields).toMatchObject([{ field: 'given_name', code: 'format' }]);
  });

  test('a flow survives neither its invitation nor its time', async () => {
    const { link, id } = await scene.invite();
    const page = scene.page();
    await page.start(link);
    await revokeInvitation(world.db, { id, now: world.clock.now() });
    expect((await page.send('password', { password: GOOD })).body.problem.code).toBe(
      'invitation_revoked',
    );
    const other = await scene.invite();
    const late = scene.page();
    await late.start(other.link);
    world.passTime(24 * 3600 + 1);
    expect((await late.state()).body.problem.code).toBe('unknown_flow');
    // The link is still alive, and starts another flow.
    expect((await late.start(other.link)).status).toBe(200);
  });
});

describe('an account of another person', () => {
  test('is out of reach of a flow from before the invitation went to its new address', async () => {
    const { link, user, id } = await scene.invite();
    const page = scene.page();
    await page.start(link);
    await page.send('password', { password: GOOD });
    const email = `moved-${user.email}`;
    const path = `/api/v2/users/${encodeURIComponent(user.id)}`;
    expect((await world.server.api('PATCH', path, { email })).status).toBe(200);
    const again = await world.anInvitation({ ...user, email }, { clientId: scene.client.id });
    expect(again.id).toBe(id);
    for (const answer of [await page.state(), await page.send('complete', {})]) {
      expect([answer.status, answer.body.problem.code]).toEqual([401, 'unknown_flow']);
      expect(JSON.stringify(answer.body)).not.toContain(email);
    }
    expect(await findInvitation(world.db, id)).toMatchObject({ state: 'pending' });
    // The flow of the former reader does not stand in the way of the owner.
    const owner = scene.page();
    const started = await owner.start(`${world.publicUrl}/u/invitation?ticket=${again.secret}`);
    expect(started.body).toMatchObject({ state: 'credential', invitation: { email } });
  });

  test('gets no second factor by its password alone, if it has one', async () => {
    const password = 'Heron-Lagoon-42';
    const known = await world.aUser(scene.connection, { password, emailVerified: true });
    const about = { db: world.db, key: world.keys.encryption, now: world.clock.now() };
    await aMethod(about, { userId: known.id, kind: 'totp', totpSecret: SECRET });
    const { link } = await scene.invite({ factors: { required: ['any'] } }, known);
    const page = scene.page();
    await page.start(link);
    expect((await page.send('existing', { password })).body).toMatchObject({
      state: 'ready',
      factors: { required: [], offered: [] },
    });
    for (const path of ['phone', 'totp']) {
      const answer = await page.send(path, { phone_number: '+4915100099999' });
      expect(answer.body.problem.code).toBe('wrong_step');
    }
    const { login_ticket, recovery_code } = (await page.send('complete', {})).body;
    expect(recovery_code).toBeUndefined();
    expect((await methodsOfUser(world.db, known.id)).methods).toHaveLength(1);
    const shown = await world.openLogin(aVisitor(world), scene.client.id, {
      login_ticket,
      acr_values: MULTI_FACTOR,
    });
    expect(String(shown.headers.location)).toContain('/u/mfa-otp-challenge');
  });
});

describe('the login ticket', () => {
  async function completed(more: object = {}) {
    const invited = await scene.invite();
    const page = scene.page();
    await page.start(invited.link);
    await page.send('password', { password: GOOD });
    const { login_ticket } = (await page.send('complete', more)).body;
    return { ...invited, login_ticket };
  }
  const opens = async (login_ticket: string, params: Record<string, string> = {}) => {
    const visitor = aVisitor(world);
    const shown = await world.openLogin(visitor, scene.client.id, { login_ticket, ...params });
    return { visitor, shown };
  };

  test('works once', async () => {
    const { login_ticket, user } = await completed();
    const { visitor, shown } = await opens(login_ticket);
    expect((await world.claimsAfter(visitor, shown)).sub).toBe(user.id);
    const replayed = await opens(login_ticket);
    expect(headlineOf(replayed.shown)).toBe('Log in');
  });

  test('works for a minute', async () => {
    const { login_ticket } = await completed();
    world.passTime(61);
    expect(headlineOf((await opens(login_ticket)).shown)).toBe('Log in');
  });

  test('works only at its application', async () => {
    const { login_ticket } = await completed();
    const other = await world.aClient(scene.connection);
    const shown = await world.openLogin(aVisitor(world), other.id, { login_ticket });
    expect(headlineOf(shown)).toBe('Log in');
  });

  test('works only for the authorization request that the page named', async () => {
    const byState = await completed({ state: 'the state of this page' });
    expect(headlineOf((await opens(byState.login_ticket)).shown)).toBe('Log in');
    const right = await opens(byState.login_ticket, { state: 'the state of this page' });
    expect(right.shown.status).toBe(303);
    const byChallenge = await completed({ code_challenge: 'another-challenge' });
    expect(headlineOf((await opens(byChallenge.login_ticket)).shown)).toBe('Log in');
  });

  test.each([
    ['a mail', {}],
    ["an attacker's page", { referer: 'https://evil.test/' }],
    ['a page with a similar name', { referer: 'https://app.example.test.evil.test/' }],
    ['a page that says it is nowhere', { referer: 'null' }],
  ])("in a link of %s, logs nobody in to its owner's account unawares", async (_, headers) => {
    const { login_ticket, user } = await completed({ state: scene.client.id });
    const visitor = aVisitor(world);
    const begun = await visitor.get(await world.authorizePath(scene.client.id, { login_ticket }));
    const asked = await visitor.get(String(begun.headers.location), headers);
    const path = String(asked.headers.location);
    expect(path).toMatch(/^\/u\/login-ticket\?state=/);
    for (let time = 0; time < 3; time++) {
      const shown = await visitor.get(path, headers);
      expect(headlineOf(shown)).toBe(`Log in to ${scene.client.name}`);
      expect(shown.html).toContain('Not your address?');
    }
    const forged = await visitor.post(path, {});
    expect(forged.status).toBe(403);
    expect(await world.userIn(visitor, scene.client.id)).toBeNull();
    const page = await visitor.get(path, headers);
    expect(page.html).toContain(user.email?.split('@')[0]);
    const { sub } = await world.claimsAfter(visitor, await visitor.submit(page, {}));
    expect(sub).toBe(user.id);
    expect(headlineOf(await visitor.get(path))).not.toBe(`Log in to ${scene.client.name}`);
  });

  test('logs in its own person, whoever was logged in to this browser before', async () => {
    const before = await completed();
    const { visitor, shown } = await opens(before.login_ticket);
    await world.claimsAfter(visitor, shown);
    const next = await completed();
    const path = await world.authorizePath(scene.client.id, { login_ticket: next.login_ticket });
    const { location } = (await visitor.get(path)).headers;
    const page = scene.client.settings.callbacks[0] ?? '';
    const claims = await world.claimsAfter(
      visitor,
      await visitor.get(String(location), { referer: page }),
    );
    expect(claims.sub).toBe(next.user.id);
    expect(await findUser(world.db, before.user.id)).not.toBeNull();
  });
});
