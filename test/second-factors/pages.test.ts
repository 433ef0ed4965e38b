import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { forgetBrowsers } from '../../src/records/pending-logins/pending-logins.ts';
import { issueTicket } from '../../src/records/tickets/tickets.ts';
import type { User } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { aVisitor, headlineOf, type Page, textOf, type Visitor } from '../harness/visitor.ts';
import { keys, openStillWorld, type StillWorld } from '../harness/world.ts';
import { aMethod, configure, otpAt, SECRET, wrongOtp } from './factors.ts';

const GOOD = 'Tulip-Canal-77';
const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

beforeEach(() => configure(world.db, { factors: ['otp', 'sms', 'email', 'recovery-code'] }));

const aUser = (chosen = {}) => world.aUser(connection, { password: GOOD, ...chosen });

const withTotp = async (secret = SECRET): Promise<User> => {
  const user = await aUser();
  await aMethod(
    { db: world.db, key: keys.encryption, now: world.clock.now() },
    { userId: user.id, kind: 'totp', totpSecret: secret },
  );
  return user;
};

/** Types the password, and follows to the page after it. */
async function enter(
  user: User,
  chosen: { visitor?: Visitor; params?: Record<string, string> } = {},
): Promise<{ visitor: Visitor; state: string; answer: Page; page: Page }> {
  const visitor = chosen.visitor ?? aVisitor(world);
  const state = await world.beginLogin(visitor, client.id, chosen.params ?? {});
  const login = await visitor.get(`/u/login?state=${state}`);
  const answer = await visitor.submit(login, { username: user.email ?? '', password: GOOD });
  const next = String(answer.headers.location ?? '');
  const page = next.startsWith('/u/') ? await visitor.get(next) : answer;
  return { visitor, state, answer, page };
}

const loginsOf = (user: User) => world.loginsOf(user.id);

const codeIn = (text: string | undefined) => /\b\d{6}\b/.exec(text ?? '')?.[0] ?? '';

describe('a user with an authenticator application', () => {
  test('is logged in by the code, and not by the password alone', async () => {
    const user = await withTotp();
    const { visitor, state, answer, page } = await enter(user);
    expect([answer.status, answer.headers.location]).toEqual([
      303,
      `/u/mfa-otp-challenge?state=${state}`,
    ]);
    expect(page.status).toBe(200);
    expect(await loginsOf(user)).toBe(0);
    const code = otpAt(SECRET, world.clock.now());
    const done = await visitor.submit(page, { code: `${code.slice(0, 3)} ${code.slice(3)}` });
    expect(done.status).toBe(303);
    const { sub, amr } = await world.claimsAfter(visitor, done);
    expect([sub, amr]).toEqual([user.id, ['pwd', 'mfa', 'otp']]);
  });

  test('stays on the page with an error after a wrong code', async () => {
    const user = await withTotp();
    const { visitor, page } = await enter(user);
    const again = await visitor.submit(page, { code: wrongOtp(SECRET, world.clock.now()) });
    expect(again.status).toBe(400);
    expect(textOf(again)).toContain('That code is wrong');
    expect(await loginsOf(user)).toBe(0);
  });

  test('cannot use a code a second time, nor an earlier one', async () => {
    const user = await withTotp();
    const first = await enter(user);
    const code = otpAt(SECRET, world.clock.now());
    const before = otpAt(SECRET, new Date(world.clock.now().getTime() - 30_000));
    await first.visitor.submit(first.page, { code });
    const second = await enter(user);
    expect((await second.visitor.submit(second.page, { code })).status).toBe(400);
    expect((await second.visitor.submit(second.page, { code: before })).status).toBe(400);
    expect(await loginsOf(user)).toBe(1);
  });

  test('is slowed down after ten wrong codes, even with the right one', async () => {
    const user = await withTotp();
    const { visitor, page } = await enter(user);
    const wrong = wrongOtp(SECRET, world.clock.now());
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++)
      statuses.push((await visitor.submit(page, { code: wrong })).status);
    expect(statuses).toEqual([...Array(11).fill(400), 429]);
    const right = await visitor.submit(page, { code: otpAt(SECRET, world.clock.now()) });
    expect(right.status).toBe(429);
    expect(await loginsOf(user)).toBe(0);
  });

  test('finishes only the login with the password typed in this browser', async () => {
    const user = await withTotp();
    const visitor = aVisitor(world);
    const state = await world.beginLogin(visitor, client.id);
    const page = await visitor.get(`/u/mfa-otp-challenge?state=${state}`);
    expect([page.status, page.headers.location]).toEqual([303, `/u/login?state=${state}`]);
    expect(await loginsOf(user)).toBe(0);
  });

  test('skips the code under the policy "never", unless the application requests it', async () => {
    await configure(world.db, { factors: ['otp'], policies: [] });
    const user = await withTotp();
    const plain = await enter(user);
    expect((await world.claimsAfter(plain.visitor, plain.answer)).sub).toBe(user.id);
    const asked = await enter(user, { params: { acr_values: MULTI_FACTOR } });
    expect(asked.answer.headers.location).toBe(`/u/mfa-otp-challenge?state=${asked.state}`);
    const done = await asked.visitor.submit(asked.page, { code: otpAt(SECRET, world.clock.now()) });
    expect((await world.claimsAfter(asked.visitor, done)).acr).toBe(MULTI_FACTOR);
  });
});

describe('a remembered browser', () => {
  async function remembered(user: User): Promise<Visitor> {
    const { visitor, page } = await enter(user);
    await visitor.submit(page, { code: otpAt(SECRET, world.clock.now()), remember: 'yes' });
    world.passTime(60);
    return visitor;
  }
  const isAsked = async (user: User, visitor: Visitor, params = {}) =>
    String((await enter(user, { visitor, params })).answer.headers.location).startsWith('/u/mfa-');

  test('skips the code for thirty days, for this user only', async () => {
    const [user, other] = [await withTotp(), await withTotp()];
    const visitor = await remembered(user);
    expect(await isAsked(user, visitor)).toBe(false);
    expect(await isAsked(other, visitor)).toBe(true);
    expect(await isAsked(user, visitor, { acr_values: MULTI_FACTOR })).toBe(true);
    world.passTime(30 * 24 * 3600);
    expect(await isAsked(user, visitor)).toBe(true);
  });

  test('needs the code again after all browsers are forgotten', async () => {
    const user = await withTotp();
    const visitor = await remembered(user);
    await forgetBrowsers(world.db, { userId: user.id, now: world.clock.now() });
    expect(await isAsked(user, visitor)).toBe(true);
  });
});

describe('a user without a second factor', () => {
  test('enrols an application, saves a recovery code, and is logged in', async () => {
    const user = await aUser();
    const { visitor, page } = await enter(user);
    expect(headlineOf(page)).toBe('Protect your account');
    const chosen = await visitor.submit(page, { factor: 'otp' });
    const setup = await visitor.get(String(chosen.headers.location));
    expect(setup.html).toContain('src="data:image/png;base64,');
    const secret = (/<code class="copy">([^<]+)</.exec(setup.html)?.[1] ?? '').replaceAll(' ', '');
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(
      (await visitor.submit(setup, { code: wrongOtp(secret, world.clock.now()) })).status,
    ).toBe(400);
    expect(await loginsOf(user)).toBe(0);
    const kept = await visitor.submit(setup, { code: otpAt(secret, world.clock.now()) });
    const code = (/<code class="copy">([^<]+)</.exec(kept.html)?.[1] ?? '').replaceAll(' ', '');
    expect(code).toMatch(/^[A-Z0-9]{24}$/);
    expect(await loginsOf(user)).toBe(0);
    const done = await visitor.submit(kept, {});
    expect((await world.claimsAfter(visitor, done)).sub).toBe(user.id);
    expect(await loginsOf(user)).toBe(1);

    world.passTime(60);
    const again = await enter(user);
    expect(again.answer.headers.location).toBe(`/u/mfa-otp-challenge?state=${again.state}`);
    const lost = await again.visitor.get(`/u/mfa-recovery-code-challenge?state=${again.state}`);
    const used = await again.visitor.submit(lost, { code: code.toLowerCase() });
    expect(headlineOf(used)).toBe('Your recovery code');
    const entered = await again.visitor.submit(used, {});
    expect((await world.claimsAfter(again.visitor, entered)).sub).toBe(user.id);
    const third = await enter(user);
    const page3 = await third.visitor.get(`/u/mfa-recovery-code-challenge?state=${third.state}`);
    expect((await third.visitor.submit(page3, { code })).status).toBe(400);
  });

  test('enrols a phone with a code that was sent to it', async () => {
    await configure(world.db, { factors: ['sms'] });
    const user = await aUser();
    const { visitor, page } = await enter(user);
    expect(headlineOf(page)).toBe('Protect your account with your phone');
    expect((await visitor.submit(page, { address: '0170 1234' })).status).toBe(400);
    const sent = await visitor.submit(page, { address: '+49 (170) 123-4567' });
    const ask = await visitor.get(String(sent.headers.location));
    expect(textOf(ask)).toContain('••• 4567');
    expect(world.texts.at(-1)?.to).toBe('+491701234567');
    const done = await visitor.submit(ask, { code: codeIn(world.texts.at(-1)?.text) });
    const { sub, amr } = await world.claimsAfter(visitor, done);
    expect([sub, amr]).toEqual([user.id, ['pwd', 'mfa', 'sms']]);

    const again = await enter(user);
    const code = codeIn(world.texts.at(-1)?.text);
    const wrong = code === '000000' ? '000001' : '000000';
    for (let i = 0; i < 5; i++) await again.visitor.submit(again.page, { code: wrong });
    const late = await again.visitor.submit(again.page, { code });
    expect(textOf(late)).toContain('That code has expired');
  });

  test('cannot enrol another with the password alone once one exists', async () => {
    const user = await aUser();
    const { visitor, state } = await enter(user);
    await aMethod(
      { db: world.db, key: keys.encryption, now: world.clock.now() },
      { userId: user.id, kind: 'totp', totpSecret: SECRET },
    );
    const page = await visitor.get(`/u/mfa-otp-enrollment?state=${state}`);
    expect(page.headers.location).toBe(`/u/login?state=${state}`);
  });

  test('continues if no factor is enabled or required', async () => {
    const user = await aUser();
    for (const settings of [
      { factors: [] },
      { factors: ['otp'], policies: [] },
    ] satisfies Parameters<typeof configure>[1][]) {
      await configure(world.db, settings);
      const { visitor, answer } = await enter(user);
      expect((await world.claimsAfter(visitor, answer)).sub).toBe(user.id);
    }
  });
});

test('a link enrols once, even with eight simultaneous uses and an existing factor', async () => {
  const user = await withTotp();
  const aLink = (details: Record<string, unknown>) =>
    issueTicket(world.db, {
      kind: 'factor-enrollment',
      userId: user.id,
      details,
      ticketKey: keys.ticket,
      now: world.clock.now(),
    });
  const plain = await aLink({ factor: null, allowMultiple: false });
  const refused = await aVisitor(world).get(`/u/mfa-enrollment?ticket=${plain.secret}`);
  expect([refused.status, headlineOf(refused)]).toEqual([410, 'You are all set']);

  const link = await aLink({ factor: 'otp', allowMultiple: true });
  const path = `/u/mfa-otp-enrollment?ticket=${link.secret}`;
  const visitor = aVisitor(world);
  const page = await visitor.get(path);
  const secret = (/<code class="copy">([^<]+)</.exec(page.html)?.[1] ?? '').replaceAll(' ', '');
  const code = otpAt(secret, world.clock.now());
  const answers = await atOnce(8, () => visitor.submit(page, { code }));
  const done = answers.filter(({ html }) => html.includes('recovery code'));
  expect(done).toHaveLength(1);
  const { methods } = await methodsOfUser(world.db, user.id);
  expect(methods.filter(({ kind, confirmed }) => kind === 'totp' && confirmed)).toHaveLength(2);
  const late = await visitor.get(path);
  expect([late.status, headlineOf(late)]).toEqual([410, 'This link has been used']);
});

test('an imported user keeps the imported factors, which are never stored in clear text', async () => {
  const user = await aUser();
  const factors = [{ totp: { secret: SECRET } }, { phone: { value: '+491709998877' } }];
  await sql`update users set mfa_factors = ${JSON.stringify(factors)}::jsonb where id = ${user.id}`.execute(
    world.db,
  );
  const { visitor, state, page } = await enter(user);
  const options = await visitor.get(`/u/mfa-login-options?state=${state}`);
  expect(textOf(options)).toContain('••• 8877');
  const done = await visitor.submit(page, { code: otpAt(SECRET, world.clock.now()) });
  expect((await world.claimsAfter(visitor, done)).sub).toBe(user.id);
  const { rows } = await sql<{ left: unknown; kept: string }>`
    select mfa_factors as left, (select string_agg(m::text, ' ') from authentication_methods m where user_id = users.id) as kept
    from users where id = ${user.id}`.execute(world.db);
  expect(rows[0]?.left).toBeNull();
  expect(rows[0]?.kept).not.toContain(SECRET);
});
