import { beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/records/connections/connections.ts';
import { savePayload } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser } from '../../src/records/users/users.ts';
import { aVisitor, headlineOf, textOf } from '../harness/visitor.ts';
import { keys, openStillWorld, type StillWorld } from '../harness/world.ts';

const GOOD = 'Tulip-Canal-77';

let world: StillWorld;
let connection: Connection;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
});

const pathOf = (secret: string, more = '') => `/u/reset-verify?ticket=${secret}${more}`;

describe('a reset link', () => {
  test('survives any number of GETs and HEADs, and then works once', async () => {
    const user = await world.aUser(connection);
    const secret = await world.aTicket(user);
    const visitor = aVisitor(world);
    for (let i = 0; i < 3; i++) {
      expect((await visitor.get(pathOf(secret))).status).toBe(200);
      expect((await visitor.head(pathOf(secret))).status).toBe(200);
    }
    const page = await visitor.get(pathOf(secret));
    expect(textOf(page)).toContain(user.email);
    expect(await findPassword(world.db, user.id)).toBeNull();

    const answer = await visitor.submit(page, { password: GOOD });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/u/done?what=password&ui_locales=en');
    expect(await findPassword(world.db, user.id)).toMatchObject({ kind: 'argon2id' });

    const again = await visitor.submit(page, { password: 'Another-Canal-78' });
    expect(again.status).toBe(410);
    expect(headlineOf(again)).toBe('This link has been used');
    expect(headlineOf(await visitor.get(pathOf(secret)))).toBe('This link has been used');
  });

  test('ends the person’s sessions and records when the password was set', async () => {
    const user = await world.aUser(connection, { password: 'Old-Canal-7' });
    const session = {
      model: 'Session',
      id: 'the-session',
      payload: {},
      accountId: user.id,
      clientId: null,
      grantId: null,
      uid: null,
      expiresAt: null,
      now: new Date(),
    };
    await savePayload(world.db, keys.encryption, session);
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(await world.aTicket(user)));
    await visitor.submit(page, { password: GOOD });
    const left = await world.db
      .withTables<{ oidc_payloads: { account_id: string } }>()
      .selectFrom('oidc_payloads')
      .select('account_id')
      .where('account_id', '=', user.id)
      .execute();
    expect(left).toEqual([]);
    expect((await findUser(world.db, user.id))?.lastPasswordReset).toEqual(world.clock.now());
  });

  test.each([
    ['the link asks for it', true, 'same', true],
    ['the link does not ask for it', false, 'same', false],
    ['the account has another address by now', true, 'other', false],
  ] as const)('verifies the address or not: %s', async (_when, asked, address, verified) => {
    const user = await world.aUser(connection);
    const email = address === 'same' ? user.email : 'before@example.test';
    const secret = await world.aTicket(user, { markEmailAsVerified: asked, email });
    const visitor = aVisitor(world);
    await visitor.submit(await visitor.get(pathOf(secret)), { password: GOOD });
    expect((await findUser(world.db, user.id))?.emailVerified).toBe(verified);
  });

  test('says that it has expired, was replaced or is unknown', async () => {
    const user = await world.aUser(connection);
    const older = await world.aTicket(user);
    const newer = await world.aTicket(user, { ttlSeconds: 60 });
    const visitor = aVisitor(world);
    const superseded = await visitor.get(pathOf(older));
    expect([superseded.status, headlineOf(superseded)]).toEqual([410, 'There is a newer link']);
    world.passTime(61);
    const expired = await visitor.get(pathOf(newer));
    expect([expired.status, headlineOf(expired)]).toEqual([410, 'This link has expired']);
    const unknown = await visitor.get(pathOf('nothing'));
    expect([unknown.status, headlineOf(unknown)]).toEqual([404, 'We don’t know this link']);
    const post = await visitor.post(pathOf(newer), { password: GOOD, csrf: csrfOf(expired.html) });
    expect([post.status, headlineOf(post)]).toEqual([410, 'This link has expired']);
    expect(await findPassword(world.db, user.id)).toBeNull();
  });

  test('refuses a password against the policy, keeps working, and explains in the form', async () => {
    const strict = await world.aConnection(
      {
        passwordPolicy: 'excellent',
        password_dictionary: { enable: true, dictionary: ['Tulip-Canal-99'] },
        password_no_personal_info: { enable: true },
      },
      'strict',
    );
    const user = await world.aUser(strict, { email: 'josephine@example.test' });
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(await world.aTicket(user)));
    expect(textOf(page)).toContain('at least 10 characters');
    for (const [password, problem] of [
      ['short', 'This password is too weak.'],
      ['Tulip-Canal-99', 'Too many people use this password'],
      ['Josephine-Canal-9', 'must not contain your name'],
      [`Aa1${'x-'.repeat(600)}`, 'This password is too long.'],
      ['', 'Enter a password.'],
    ] as const) {
      const answer = await visitor.submit(page, { password });
      expect([password.length, answer.status]).toEqual([password.length, 400]);
      expect(textOf(answer)).toContain(problem);
      expect(answer.html).not.toContain(`value="${password || 'x'}"`);
    }
    const different = await visitor.submit(page, { password: GOOD, repeat: 'another' });
    expect(textOf(different)).toContain('The two passwords are not the same.');
    expect((await visitor.submit(page, { password: GOOD, repeat: GOOD })).status).toBe(303);
  });

  test('refuses the passwords of the history, and forgets older ones', async () => {
    const remembering = await world.aConnection(
      { passwordPolicy: 'none', password_history: { enable: true, size: 2 } },
      'remembering',
    );
    const user = await world.aUser(remembering, { password: 'first' });
    const visitor = aVisitor(world);
    const choose = async (password: string) => {
      world.passTime(1);
      const page = await visitor.get(pathOf(await world.aTicket(user)));
      return (await visitor.submit(page, { password })).status;
    };
    expect(await choose('first')).toBe(400);
    expect(await choose('second')).toBe(303);
    expect(await choose('first')).toBe(400);
    expect(await choose('third')).toBe(303);
    expect(await choose('second')).toBe(400);
    expect(await choose('first')).toBe(303);
  });
});

describe('after a chosen password, a person', () => {
  const land = async (ticket: Parameters<StillWorld['aTicket']>[1], email: string) => {
    const user = await world.aUser(connection, { email });
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(await world.aTicket(user, ticket)));
    return (await visitor.submit(page, { password: GOOD })).headers.location;
  };
  const MESSAGE =
    'message=You%20can%20now%20login%20to%20the%20application%20with%20the%20new%20password.';

  test('goes to the address of the link, with the documented parameters in their order', async () => {
    expect(
      await land({ resultUrl: 'https://app.example.com/?a=1#/register' }, 'jo.doe@exampleco.com'),
    ).toBe(
      `https://app.example.com/?a=1&supportSignUp=true&supportForgotPassword=true&email=jo.doe%40exampleco.com&${MESSAGE}&success=true&code=success#/register`,
    );
    expect(
      await land(
        { resultUrl: 'https://example.com', includeEmailInRedirect: false },
        'jo.2@exampleco.com',
      ),
    ).toBe(
      `https://example.com?supportSignUp=true&supportForgotPassword=true&${MESSAGE}&success=true&code=success`,
    );
  });

  test("otherwise goes to the application's login with an arrival that works once", async () => {
    const client = await world.aClient(connection, {
      settings: { initiateLoginUri: 'https://app.example.com/login' },
    });
    const user = await world.aUser(connection, { email: 'arriving@example.test' });
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(await world.aTicket(user, { clientId: client.id })));
    expect(headlineOf(page)).toBe('Choose a new password for Northwind Notes');
    const answer = await visitor.submit(page, { password: GOOD });
    expect(answer.headers.location).toBe(
      `https://app.example.com/login?iss=${encodeURIComponent(`${world.publicUrl}/`)}&login_hint=arriving%40example.test`,
    );

    const other = await world.aClient(connection);
    const elsewhere = await world.beginLogin(visitor, other.id);
    expect((await visitor.get(`/u/login?state=${elsewhere}`)).status).toBe(200);
    const state = await world.beginLogin(visitor, client.id);
    expect((await visitor.head(`/u/login?state=${state}`)).status).toBe(200);
    const copy = new Map(visitor.cookies);
    const arrived = await visitor.get(`/u/login?state=${state}`);
    expect(arrived.status).toBe(303);
    expect((await world.claimsAfter(visitor, arrived)).sub).toBe(user.id);
    expect((await findUser(world.db, user.id))?.loginsCount).toBe(1);

    const thief = aVisitor(world);
    for (const [name, value] of copy) thief.cookies.set(name, value);
    const second = await world.beginLogin(thief, client.id);
    expect((await thief.get(`/u/login?state=${second}`)).status).toBe(200);
  });

  test('arrives nowhere after five minutes', async () => {
    const client = await world.aClient(connection);
    const user = await world.aUser(connection);
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(await world.aTicket(user, { clientId: client.id })));
    await visitor.submit(page, { password: GOOD });
    world.passTime(301);
    expect((await world.openLogin(visitor, client.id)).status).toBe(200);
  });

  test('does not follow a link with a script', async () => {
    expect(await land({ resultUrl: 'javascript:alert(1)' }, 'script@example.test')).toBe(
      '/u/done?what=password&ui_locales=en',
    );
  });

  test('gets the reason for a dead link to the application behind a link of its page', async () => {
    const user = await world.aUser(connection, { email: 'john@contoso.com' });
    const secret = await world.aTicket(user, {
      resultUrl: 'http://myapplication.com/my_page/',
      ttlSeconds: 1,
    });
    world.passTime(2);
    const page = await aVisitor(world).get(pathOf(secret));
    expect(page.html).toContain(
      'href="http://myapplication.com/my_page/?email=john%40contoso.com&amp;message=Access%20expired.&amp;success=false"',
    );
  });
});

describe('the page for invited people', () => {
  test('greets them by the query, also after a mistake', async () => {
    const user = await world.aUser(connection);
    const visitor = aVisitor(world);
    const path = pathOf(await world.aTicket(user), '&type=invite&app=Acme%20Mail');
    const page = await visitor.get(path);
    expect(headlineOf(page)).toBe('Welcome to Acme Mail');
    const answer = await visitor.submit(page, { password: 'short' });
    expect(headlineOf(answer)).toBe('Welcome to Acme Mail');
    expect(textOf(answer)).toContain('Set password and continue');
  });

  test('shows a hostile name as text', async () => {
    const user = await world.aUser(connection);
    const name = '<img src=x onerror=alert(1)>"\'';
    const path = pathOf(await world.aTicket(user), `&app=${encodeURIComponent(name)}`);
    const page = await aVisitor(world).get(path);
    expect(headlineOf(page)).toBe(`Choose a new password for ${name}`);
    expect(page.html).not.toContain('<img src=x');
  });
});

function csrfOf(html: string): string {
  return /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
}
