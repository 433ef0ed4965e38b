import { beforeAll, beforeEach, expect, test } from 'vitest';
import { createSignUp } from '../../client/src/invitation-flow.ts';
import { updateConnection } from '../../src/records/connections/connections.ts';
import { findAccountByEmail } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openWorld, type World } from '../harness/world.ts';
import { aFlowScene, GOOD, ORIGIN, wrongCode } from './flow-page.ts';

const PASSWORD = 'Heron-Lagoon-42';

let world: World;
let scene: Awaited<ReturnType<typeof aFlowScene>>;
let people = 0;

beforeAll(async () => {
  world = await openWorld();
  scene = await aFlowScene(world);
});

beforeEach(() => open({}));

const open = (options: Record<string, unknown>) =>
  updateConnection(world.db, scene.connection.id, { options }, world.clock.now());
const anAddress = () => `newcomer.${++people}@example.test`;
const accountOf = (email: string) =>
  findAccountByEmail(world.db, { connectionId: scene.connection.id, email });

/** A page of the application on which a person signs up. */
function aPage(origin: string | null = ORIGIN) {
  const page = scene.page(origin);
  const { id: client_id } = scene.client;
  return {
    ...page,
    asks: (email: string, more: object = {}) =>
      page.send('sign-up', { client_id, email, password: PASSWORD, ...more }),
    types: (code: string, more: object = {}) => page.send('sign-up/verify', { code, ...more }),
  };
}

async function mailedCode(email: string): Promise<string> {
  const { mail } = await world.server.sink.waitForMail(email);
  return /\b\d{6}\b/.exec(mail.subject ?? '')?.[0] ?? '';
}

async function claimsWith(login_ticket: string) {
  const visitor = aVisitor(world);
  const shown = await world.openLogin(visitor, scene.client.id, { login_ticket });
  return world.claimsAfter(visitor, shown);
}

test('a person signs up with the browser client, types the code, and arrives signed in', async () => {
  const email = anAddress();
  const stored = new Map<string, string>();
  const signUp = createSignUp({
    baseUrl: world.server.url,
    clientId: scene.client.id,
    storage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
      removeItem: (key) => void stored.delete(key),
    },
    fetch: (url, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers));
      return fetch(url, { ...init, headers: { ...headers, origin: ORIGIN } });
    },
  });
  const asked = await signUp.ask({ email, password: PASSWORD, given_name: 'Ada' });
  expect(asked).toMatchObject({ ok: true, state: { state: 'sign_up_code' } });
  expect(await accountOf(email)).toBeNull();
  const done = await signUp.verify(await mailedCode(email));
  if (!done.ok) throw new Error(done.problem.message);
  expect(done.state).toMatchObject({ state: 'done', expires_in: 60 });
  expect(stored.size).toBe(0);
  const account = await accountOf(email);
  expect(account).toMatchObject({ givenName: 'Ada', emailVerified: true, isUnproven: false });
  expect((await claimsWith(done.state?.login_ticket ?? '')).sub).toBe(account?.id);
});

test('the owner of an account gets the same answer as a new person, and another mail; no code fits', async () => {
  const known = await world.aUser(scene.connection, { password: GOOD });
  const [owner, newcomer] = [aPage(), aPage()];
  const answers = [await owner.asks(String(known.email)), await newcomer.asks(anAddress())];
  for (const { status, body } of answers) {
    const { flow_secret, ...rest } = body;
    expect(flow_secret).toMatch(/^\w{43}$/);
    expect([status, rest]).toEqual([
      200,
      { state: 'sign_up_code', next: ['sign-up/verify', 'sign-up/code'] },
    ]);
  }
  const news = await world.server.sink.waitForMail(String(known.email));
  expect(news.mail.subject).toMatch(/^You already have an account/);
  for (const page of [owner, newcomer]) {
    const wrong = await page.types('000000');
    expect([wrong.status, wrong.body.problem.code, wrong.body.state]).toEqual([
      422,
      'wrong_code',
      'sign_up_code',
    ]);
  }
  expect(await accountOf(String(known.email))).toMatchObject({ id: known.id, givenName: null });
});

test('an account that a stranger made with the address becomes its owner’s, without the password of the stranger', async () => {
  const email = anAddress();
  const headers = { 'content-type': 'application/json' };
  const { name: connection } = scene.connection;
  const stranger = await fetch(`${world.server.url}/dbconnections/signup`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ client_id: scene.client.id, email, password: GOOD, connection }),
  });
  expect(stranger.status).toBe(200);
  await world.server.sink.waitForMail(email);
  const page = aPage();
  await page.asks(email, { given_name: 'Ada' });
  const mails = () => world.server.sink.mails.filter(({ to }) => to.includes(email));
  await expect.poll(() => mails().length).toBe(2);
  const code = /\b\d{6}\b/.exec(mails().at(-1)?.mail.subject ?? '')?.[0] ?? '';
  const { login_ticket } = (await page.types(code)).body;
  const account = await accountOf(email);
  expect(account).toMatchObject({ givenName: 'Ada', emailVerified: true, isUnproven: false });
  expect((await claimsWith(login_ticket)).sub).toBe(account?.id);
});

test('a code is asked for again, works once, and wrong ones are limited', async () => {
  const email = anAddress();
  const page = aPage();
  await page.asks(email);
  const first = await mailedCode(email);
  expect((await page.send('sign-up/code', {})).body.state).toBe('sign_up_code');
  const mails = () => world.server.sink.mails.filter(({ to }) => to.includes(email));
  await expect.poll(() => mails().length).toBe(2);
  const second = /\b\d{6}\b/.exec(mails().at(-1)?.mail.subject ?? '')?.[0] ?? '';
  expect((await page.types(first)).body.problem.code).toBe('wrong_code');
  const answers: string[] = [];
  for (let tries = 0; tries < 3; tries++) {
    answers.push((await page.types(wrongCode(second))).body.problem.code);
  }
  expect(answers).toEqual(['wrong_code', 'wrong_code', 'wrong_code']);
  // Three wrong codes end the code.
  expect((await page.types(second)).body.problem.code).toBe('wrong_code');
  await page.send('sign-up/code', {});
  await expect.poll(() => mails().length).toBe(3);
  const third = /\b\d{6}\b/.exec(mails().at(-1)?.mail.subject ?? '')?.[0] ?? '';
  expect((await page.types(third)).body.state).toBe('done');
  expect((await page.types(third)).status).toBe(401);
});

test('an address gets five mails in an hour, whoever asks', async () => {
  const email = anAddress();
  const page = aPage();
  await page.asks(email);
  for (let count = 0; count < 7; count++) {
    expect((await page.send('sign-up/code', {})).status).toBe(200);
  }
  const other = anAddress();
  await aPage().asks(other);
  await mailedCode(other);
  const mails = world.server.sink.mails.filter(({ to }) => to.includes(email));
  expect(mails.length).toBeLessThanOrEqual(5);
});

test('nobody signs up where an operator has closed the connection, also not a person who is invited', async () => {
  const { user } = await scene.invite();
  const late = anAddress();
  const page = aPage();
  await page.asks(late);
  const code = await mailedCode(late);
  await open({ disable_signup: true });
  for (const email of [anAddress(), String(user.email)]) {
    const answer = await aPage().asks(email);
    expect([answer.status, answer.body.problem.code]).toEqual([403, 'sign_up_disabled']);
  }
  const closed = await page.types(code);
  expect([closed.status, closed.body.problem.code]).toEqual([403, 'sign_up_disabled']);
  expect(await accountOf(late)).toBeNull();
  await open({});
  const elsewhere = await aPage().asks(anAddress(), { connection: 'another' });
  expect(elsewhere.body.problem.code).toBe('sign_up_disabled');
});

test('a login ticket works only for the authorization request that the page has named', async () => {
  const email = anAddress();
  const page = aPage();
  await page.asks(email);
  const { login_ticket } = (await page.types(await mailedCode(email), { state: 'ours' })).body;
  const visitor = aVisitor(world);
  const shown = await world.openLogin(visitor, scene.client.id, { login_ticket, state: 'theirs' });
  // The login page, and nobody is logged in.
  expect([shown.status, shown.headers.location]).toEqual([200, undefined]);
});

test.each([
  ['an address that is none', { email: 'ada' }, [422, 'invalid_email']],
  ['a weak password', { password: 'abc' }, [422, 'password_refused']],
  ['no password', { password: '' }, [400, 'invalid_request']],
  ['an unknown application', { client_id: 'another' }, [403, 'origin_not_allowed']],
])('%s is refused', async (_what, wrong, expected) => {
  const email = anAddress();
  const answer = await aPage().asks(email, wrong);
  expect([answer.status, answer.body.problem.code]).toEqual(expected);
  expect(await accountOf(email)).toBeNull();
});

test('a page on another origin cannot sign anybody up, nor go on with a sign-up', async () => {
  const email = anAddress();
  const evil = aPage('https://evil.example.test');
  const answer = await evil.asks(email);
  expect([answer.status, answer.body.problem.code]).toEqual([403, 'origin_not_allowed']);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  const page = aPage();
  await page.asks(email);
  evil.keep(page.secret());
  const stolen = await evil.types(await mailedCode(email));
  expect(stolen.body.problem.code).toBe('origin_not_allowed');
});

test('an address asks for a limited number of sign-ups, also if the operator limits none', async () => {
  const throttling = '/api/v2/attack-protection/suspicious-ip-throttling';
  await world.server.api('PATCH', throttling, { enabled: false });
  const answers = await atOnce(230, () => aPage().asks(anAddress(), { password: 'abc' }));
  const codes = new Set(answers.map(({ body }) => body.problem.code));
  expect([...codes].sort()).toEqual(['password_refused', 'too_many_requests']);
});
