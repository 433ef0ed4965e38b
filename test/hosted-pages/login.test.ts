import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { insertTemplate } from '../../src/records/email-templates/email-templates.ts';
import { findPassword, insertImported } from '../../src/records/passwords/passwords.ts';
import { findUser, findUserByEmail } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { aVisitor, headlineOf, type Page, textOf, type Visitor } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { messagesOf, ticketOf } from './messages.ts';

const GOOD = 'Tulip-Canal-77';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

/** Removes the parts that differ in every request and reveal nothing. */
function constant(page: Page, ...typed: string[]): string {
  let html = page.html.replace(/name="csrf" value="[^"]*"/, '');
  for (const each of typed) html = html.replaceAll(each, '…');
  return html;
}

let addresses = 0;
const freshAddress = () => `198.51.100.${++addresses}`;

let opened: Promise<{ visitor: Visitor; page: Page }> | undefined;

/** Types a password in a browser of its own. All copy one page that was opened once. */
async function attempt(username: string, password: string, ip = freshAddress()): Promise<Page> {
  opened ??= openOnce();
  const { visitor: first, page } = await opened;
  const visitor = aVisitor(world, ip);
  for (const [name, value] of first.cookies) visitor.cookies.set(name, value);
  return visitor.submit(page, { username, password });
}

async function openOnce() {
  const visitor = aVisitor(world);
  return { visitor, page: await world.openLogin(visitor, client.id) };
}

async function wrongly(times: number, email: string): Promise<void> {
  const answers = await atOnce(times, (i) => attempt(email, `wrong ${i}`));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 400));
}

describe('a login', () => {
  test('succeeds with the right password and is logged', async () => {
    const user = await world.aUser(connection, { email: 'ada@example.test', password: GOOD });
    const visitor = aVisitor(world, '192.0.2.44');
    const state = await world.beginLogin(visitor, client.id, { login_hint: 'ada@example.test' });
    const page = await visitor.get(`/u/login?state=${state}`);
    expect(page.html).toContain('value="ada@example.test"');
    const answer = await visitor.submit(page, { username: ' ADA@example.test ', password: GOOD });
    expect(answer.status).toBe(303);
    const claims = await world.claimsAfter(visitor, answer);
    expect([claims.sub, claims.aud, claims.amr]).toEqual([user.id, client.id, undefined]);
    expect(await findUser(world.db, user.id)).toMatchObject({
      loginsCount: 1,
      lastIp: '192.0.2.44',
      lastLogin: world.clock.now(),
    });
  });

  test('answers an unknown account, a wrong password and an account without one alike', async () => {
    await world.aUser(connection, { email: 'known@example.test', password: GOOD });
    await world.aUser(connection, { email: 'bare@example.test' });
    const pages = [];
    for (const email of ['known@example.test', 'bare@example.test', 'nobody@example.test']) {
      const visitor = aVisitor(world, freshAddress());
      const page = await world.openLogin(visitor, client.id);
      const answer = await visitor.submit(page, { username: email, password: 'wrong' });
      expect(answer.status).toBe(400);
      expect(textOf(answer)).toContain('The email or password is wrong.');
      pages.push(constant(answer, email).replaceAll(/state=[\w.-]+/g, ''));
    }
    expect(new Set(pages).size).toBe(1);
  });

  test('tells a blocked user so, but only after the right password', async () => {
    const email = 'blocked@example.test';
    await world.aUser(connection, { email, password: GOOD, blocked: true });
    expect(textOf(await attempt(email, 'wrong'))).toContain('The email or password is wrong.');
    const visitor = aVisitor(world);
    const page = await world.openLogin(visitor, client.id);
    const answer = await visitor.submit(page, { username: email, password: GOOD });
    expect(answer.status).toBe(303);
    const back = await world.backAt(visitor, answer);
    expect([back.get('error'), back.get('code')]).toEqual(['unauthorized', null]);
  });

  test('re-hashes an imported password, and it still works', async () => {
    const user = await world.aUser(connection, { email: 'moved-in@example.test' });
    const value = createHash('sha256').update(GOOD).digest('hex');
    const imported = { algorithm: 'sha256' as const, hash: { value, encoding: 'hex' } };
    await insertImported(world.db, [{ userId: user.id, imported }], world.clock.now());
    expect((await attempt('moved-in@example.test', GOOD)).status).toBe(303);
    expect(await findPassword(world.db, user.id)).toMatchObject({ kind: 'argon2id' });
    expect((await attempt('moved-in@example.test', GOOD)).status).toBe(303);
  });

  test('is impossible without a waiting interaction', async () => {
    const visitor = aVisitor(world);
    const page = await visitor.get('/u/login?state=nothing');
    expect([page.status, headlineOf(page)]).toEqual([400, 'This page has expired']);
  });

  test('shows the form that the application requested', async () => {
    const visitor = aVisitor(world);
    const signup = await world.beginLogin(visitor, client.id, { screen_hint: 'signup' });
    expect((await visitor.get(`/u/login?state=${signup}`)).headers.location).toBe(
      `/u/signup?state=${signup}`,
    );
    const reset = await world.beginLogin(visitor, client.id, { screen_hint: 'reset-password' });
    expect((await visitor.get(`/u/login?state=${reset}`)).headers.location).toBe(
      `/u/reset-password/request?state=${reset}`,
    );
  });

  test('accepts only connections that the application may use', async () => {
    await world.aConnection({}, 'not-for-this-client');
    const visitor = aVisitor(world);
    const path = await world.authorizePath(client.id, { connection: 'not-for-this-client' });
    const back = await world.backAt(visitor, await visitor.get(path));
    expect(back.get('error_description')).toContain('the connection was not found');
  });
});

describe('too many attempts', () => {
  test.each([
    ['an account', true],
    ['an unknown account', false],
  ])('on %s are refused for a growing time', async (_what, exists) => {
    const email = `guessed-${exists}@example.test`;
    if (exists) await world.aUser(connection, { email, password: GOOD });
    await wrongly(10, email);
    const refused = await attempt(email, GOOD);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
    expect(textOf(refused)).toContain('Try again in one minute.');
    world.passTime(61);
    expect((await attempt(email, 'wrong again')).status).toBe(400);
    expect((await attempt(email, GOOD)).headers['retry-after']).toBe('120');
    world.passTime(121);
    expect((await attempt(email, GOOD)).status).toBe(exists ? 303 : 400);
    if (!exists) return;
    await wrongly(9, email);
    expect((await attempt(email, GOOD)).status).toBe(303);
  });

  test('at once get no more tries than sequential ones', async () => {
    const email = 'at-once@example.test';
    await world.aUser(connection, { email, password: GOOD });
    const answers = await atOnce(40, (i) => attempt(email, `wrong ${i}`));
    const tried = answers.filter(({ status }) => status === 400);
    expect([tried.length, answers.length - tried.length]).toEqual([10, 30]);
  });

  test('from one address are refused, but successful ones don’t count', async () => {
    const email = 'office@example.test';
    await world.aUser(connection, { email, password: GOOD });
    const ip = '2001:db8:1:2:3::1';
    expect((await attempt(email, GOOD, ip)).status).toBe(303);
    await atOnce(100, async (i) => {
      const from = `2001:db8:1:2::${i.toString(16)}`;
      expect((await attempt(`victim-${i}@example.test`, 'Winter2026', from)).status).toBe(400);
    });
    expect((await attempt(email, GOOD, ip)).status).toBe(429);
    expect((await attempt(email, GOOD, '2001:db8:1:3::1')).status).toBe(303);
  });

  test('are forgiven after a password reset', async () => {
    const email = 'forgiven@example.test';
    const user = await world.aUser(connection, { email, password: GOOD });
    await wrongly(10, email);
    expect((await attempt(email, GOOD)).status).toBe(429);
    const visitor = aVisitor(world);
    const page = await visitor.get(`/u/reset-verify?ticket=${await world.aTicket(user)}`);
    await visitor.submit(page, { password: 'Another-Canal-78' });
    expect((await attempt(email, 'Another-Canal-78')).status).toBe(303);
  });
});

describe('a sign-up', () => {
  async function signUp(fields: Record<string, string>, of = client): Promise<Page> {
    const visitor = aVisitor(world, freshAddress());
    const page = await visitor.get(`/u/signup?state=${await world.beginLogin(visitor, of.id)}`);
    return visitor.submit(page, fields);
  }

  test('creates an account, mails a verification link and logs in', async () => {
    const visitor = aVisitor(world);
    const page = await visitor.get(`/u/signup?state=${await world.beginLogin(visitor, client.id)}`);
    const answer = await visitor.submit(page, { email: 'New@Example.test', password: GOOD });
    expect(answer.status).toBe(303);
    const user = await findUserByEmail(world.db, {
      connectionId: connection.id,
      email: 'new@example.test',
    });
    expect(user).toMatchObject({ emailVerified: false, loginsCount: 1 });
    expect((await world.claimsAfter(visitor, answer)).sub).toBe(user?.id);
    expect(await messagesOf(world, user?.id ?? '')).toMatchObject([
      { template: 'verify_email', recipient: 'new@example.test' },
    ]);
  });

  test.each([
    [{ email: 'not an address', password: GOOD }, 'complete email address'],
    [{ email: 'weak@example.test', password: 'weak' }, 'too weak'],
    [{ email: 'none@example.test', password: '' }, 'Enter a password'],
    [{ email: 'two@example.test', password: GOOD, repeat: 'other' }, 'not the same'],
  ])('refuses %o with the reason', async (fields, problem) => {
    const answer = await signUp(fields);
    expect(answer.status).toBe(400);
    expect(textOf(answer)).toContain(problem);
  });

  test('with a taken address changes nothing', async () => {
    const user = await world.aUser(connection, { email: 'taken@example.test', password: GOOD });
    const before = await findPassword(world.db, user.id);
    const answer = await signUp({ email: 'taken@example.test', password: 'Another-Canal-78' });
    expect(answer.status).toBe(400);
    expect(textOf(answer)).toContain('We could not create an account with these details.');
    expect(await findPassword(world.db, user.id)).toEqual(before);
  });

  test('is neither offered nor possible if it is disabled', async () => {
    const closed = await world.aConnection({ disable_signup: true }, 'closed');
    const internal = await world.aClient(closed);
    const visitor = aVisitor(world);
    const state = await world.beginLogin(visitor, internal.id);
    const page = await visitor.get(`/u/login?state=${state}`);
    expect(page.html).not.toContain('/u/signup');
    expect((await visitor.get(`/u/signup?state=${state}`)).headers.location).toBe(
      `/u/login?state=${state}`,
    );
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    const fields = { csrf, email: 'sly@example.test', password: GOOD };
    expect((await visitor.post(`/u/signup?state=${state}`, fields)).status).toBe(400);
    expect(
      await findUserByEmail(world.db, { connectionId: closed.id, email: fields.email }),
    ).toBeNull();
  });

  test('asks for a username if the connection requires one', async () => {
    const named = await world.aConnection({ requires_username: true }, 'named');
    const app = await world.aClient(named);
    const fields = { email: 'grace@example.test', password: GOOD };
    expect((await signUp({ ...fields, username: 'has blank' }, app)).status).toBe(400);
    expect((await signUp({ ...fields, username: 'Grace' }, app)).status).toBe(303);
    const visitor = aVisitor(world, freshAddress());
    const page = await world.openLogin(visitor, app.id);
    expect(textOf(page)).toContain('Email or username');
    expect((await visitor.submit(page, { username: 'grace', password: GOOD })).status).toBe(303);
  });
});

describe('a forgotten password', () => {
  const PATH = '/u/reset-password/request';
  async function forget(
    email: string,
    path = PATH,
    visitor = aVisitor(world, freshAddress()),
  ): Promise<Page> {
    return visitor.submit(await visitor.get(path), { email });
  }

  test('is answered the same with and without an account, before any lookup', async () => {
    await world.work();
    const user = await world.aUser(connection, { email: 'forgetful@example.test' });
    const known = await forget('Forgetful@example.test');
    const unknown = await forget('nobody-at-all@example.test');
    expect([known.status, known.headers.location]).toEqual([303, '/u/mail-sent?ui_locales=en']);
    expect([unknown.status, unknown.headers.location, unknown.html]).toEqual([
      known.status,
      known.headers.location,
      known.html,
    ]);
    expect(await messagesOf(world, user.id)).toEqual([]);
    expect((await world.work()).sort()).toEqual(['deliver-mail', 'request-reset', 'request-reset']);
    expect(await messagesOf(world, user.id)).toMatchObject([
      { template: 'reset_email', recipient: 'forgetful@example.test' },
    ]);
  });

  test('is mailed at most five times an hour', async () => {
    const user = await world.aUser(connection, { email: 'nagged@example.test' });
    for (let i = 0; i < 7; i++) await forget('nagged@example.test');
    await world.work();
    expect(await messagesOf(world, user.id)).toHaveLength(5);
  });

  test('follows the lifetime and the target of the enabled mail template', async () => {
    const app = await world.aClient(connection, {
      name: 'Ink & Paper',
      settings: { callbacks: ['https://ink.example/callback'] },
    });
    const email = 'templated@example.test';
    const user = await world.aUser(connection, { email });
    const settings = {
      enabled: true,
      urlLifetimeInSeconds: 60,
      resultUrl: '{{ application.callback_domain }}/in?app={{ application.name }}',
      includeEmailInRedirect: false,
    };
    await insertTemplate(world.db, 'reset_email', settings, world.clock.now());
    const visitor = aVisitor(world);
    await forget(email, `${PATH}?state=${await world.beginLogin(visitor, app.id)}`, visitor);
    await world.work();
    const ticket = await ticketOf(world, user.id);
    expect(ticket).toMatchObject({
      resultUrl: 'https://ink.example/in?app=Ink%20%26%20Paper',
      includeEmailInRedirect: false,
      markEmailAsVerified: true,
      expiresAt: new Date(world.clock.now().getTime() + 60_000),
    });
  });

  test('leads back to the login that it began in', async () => {
    const visitor = aVisitor(world);
    const state = await world.beginLogin(visitor, client.id);
    const answer = await forget('x@example.test', `${PATH}?state=${state}`, visitor);
    const next = await visitor.get(String(answer.headers.location));
    expect(next.html).toContain(`href="/u/login?state=${state}"`);
  });
});
