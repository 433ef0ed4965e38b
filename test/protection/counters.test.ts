import { afterEach, beforeAll, expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { CALLBACK } from '../harness/world.ts';
import { browserOf } from '../logs/browser.ts';

let world: PasswordWorld;

beforeAll(async () => {
  world = await openPasswordWorld();
  const options = { options: { requires_username: true } };
  const path = `/api/v2/connections/${world.connectionId}`;
  expect((await world.server.api('PATCH', path, options)).status).toBe(200);
});

const PROTECTION = '/api/v2/attack-protection/brute-force-protection';
const set = async (body: object) => {
  expect((await world.server.api('PATCH', PROTECTION, body)).status).toBe(200);
};
afterEach(() => set({ max_attempts: 10, mode: 'count_per_identifier_and_ip', shields: ['block'] }));

let people = 0;
/** Returns a user with three names and a linked identity of another connection. */
async function aPersonWithNames() {
  const n = ++people;
  const password = `Harbour-Canal-${n}-78`;
  const names = {
    email: `owner-${n}@example.test`,
    username: `owner_${n}`,
    phone_number: `+1555010${1000 + n}`,
  };
  const made = await world.server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email: names.email,
    username: names.username,
    password,
  });
  expect(made.status, made.text).toBe(201);
  return { id: made.body.user_id, names, password };
}

const wrong = (name: string, ip: string, n = 0) => world.login(name, `wrong ${n}`, { ip });

test('every spelling of every name of an account counts as one', async () => {
  await set({ max_attempts: 5 });
  const { names } = await aPersonWithNames();
  const typed = [
    names.email,
    `${' '.repeat(330)}${names.email}`,
    names.email.toUpperCase(),
    names.username,
    `${names.username.toUpperCase()}\t`,
  ];
  for (const name of typed) expect((await wrong(name, '198.51.100.1')).status).toBe(403);
  for (const name of typed) expect((await wrong(name, '198.51.100.1')).status, name).toBe(429);
});

test('the password of a linked identity has the same limit of guesses', async () => {
  await set({ max_attempts: 4 });
  const [main, other] = [await aPersonWithNames(), await aPersonWithNames()];
  const linked = await world.server.api(
    'POST',
    `/api/v2/users/${encodeURIComponent(main.id)}/identities`,
    { provider: 'auth0', user_id: other.id },
  );
  expect(linked.status, linked.text).toBe(201);
  for (const name of [main.names.email, other.names.email, other.names.username]) {
    expect((await wrong(name, '198.51.100.2')).status).toBe(403);
  }
  expect((await wrong(main.names.username, '198.51.100.2')).status).toBe(403);
  expect((await wrong(other.names.email, '198.51.100.2')).status).toBe(429);
});

test('an unknown name is refused like a known one', async () => {
  await set({ max_attempts: 3 });
  const { names } = await aPersonWithNames();
  const answers = async (email: string) => {
    const tries = [email, `${' '.repeat(330)}${email}`, email.toUpperCase(), email, ` ${email}`];
    const seen = [];
    for (const name of tries) {
      const { status, body } = await wrong(name, '198.51.100.3');
      seen.push([status, body.error, body.error_description]);
    }
    return seen;
  };
  expect(await answers('nobody-at-all@example.test')).toEqual(await answers(names.email));
});

test('ten of sixteen simultaneous guesses by different names from different addresses are checked', async () => {
  const { names } = await aPersonWithNames();
  const all = [names.email, names.username, ` ${names.email}`, names.email.toUpperCase()];
  const answers = await atOnce(16, (n) =>
    wrong(all[n % all.length] ?? '', `198.51.100.${100 + n}`),
  );
  // The last of them opens the first pause.
  expect(answers.filter(({ status }) => status === 403)).toHaveLength(10);
});

/** Uses up the limit for strangers. */
async function besiege(email: string) {
  const answers = await atOnce(16, (n) => wrong(email, `203.0.113.${n + 1}`, n));
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
}

/** Logs in on the page; returns the status of the answer to the form. */
async function onPage(
  browser: ReturnType<typeof browserOf>,
  person: { email: string; password: string },
): Promise<number> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: world.client.id,
    redirect_uri: CALLBACK,
    scope: 'openid',
    state: 's',
    prompt: 'login',
  });
  const begun = await browser(`${world.server.url}/authorize?${query}`);
  const url = new URL(begun.headers.get('location') ?? '', world.server.url).href;
  const { page } = await browser(url);
  const csrf = /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? '';
  const { email: username, password } = person;
  return (await browser(url, { csrf, username, password })).status;
}

test('strangers do not lock the owner out of an address from which the owner has logged in', async () => {
  const { names, password } = await aPersonWithNames();
  const home = '198.51.100.20';
  expect((await world.login(names.email, password, { ip: home })).status).toBe(200);
  await besiege(names.email);
  expect((await world.login(names.email, password, { ip: '198.51.100.21' })).status).toBe(429);
  expect((await world.login(names.email, password, { ip: home })).status).toBe(200);
  // The strangers gain nothing by that either.
  expect((await world.login(names.email, password, { ip: '203.0.113.200' })).status).toBe(429);
});

test('a browser with an earlier login passes from anywhere, even through a block for all addresses', async () => {
  await set({ max_attempts: 5, mode: 'count_per_identifier' });
  const { names, password } = await aPersonWithNames();
  const person = { email: names.email, password };
  const jar = browserOf('known');
  expect(await onPage(jar, person)).toBe(303);
  await besiege(names.email);
  const stranger = browserOf('unknown', '203.0.113.50');
  expect(await onPage(stranger, person)).toBe(429);
  expect(await onPage(jar, person)).toBe(303);
});

test('a known browser passes from an address that others have used up', async () => {
  const path = '/api/v2/attack-protection/suspicious-ip-throttling';
  const pace = async (max_attempts: number, rate: number) =>
    world.server.api('PATCH', path, { stage: { 'pre-login': { max_attempts, rate } } });
  await pace(3, 3_600_000);
  const { names, password } = await aPersonWithNames();
  const person = { email: names.email, password };
  const ip = '203.0.113.77';
  const jar = browserOf('known', ip);
  expect(await onPage(jar, person)).toBe(303);
  for (let n = 0; n < 4; n++) await wrong(`victim-${n}@example.test`, ip);
  expect((await wrong('another@example.test', ip)).status).toBe(429);
  expect(await onPage(jar, person)).toBe(303);
  await pace(100, 864_000);
});

test('a known browser has a limit of guesses too', async () => {
  await set({ max_attempts: 3 });
  const { names, password } = await aPersonWithNames();
  const person = { email: names.email, password };
  const jar = browserOf('known', '198.51.100.40');
  expect(await onPage(jar, person)).toBe(303);
  const statuses = [];
  for (let n = 0; n < 4; n++) statuses.push(await onPage(jar, { ...person, password: `no ${n}` }));
  expect(statuses).toEqual([400, 400, 400, 429]);
});

test('refused attempts leave nothing behind, however many there are', async () => {
  await set({ max_attempts: 3, shields: ['block', 'user_notification'] });
  const { names } = await aPersonWithNames();
  const rows = async () => {
    await world.server.app.flushLog();
    const { rows: found } = await world.server.app.database.execute(
      `select (select count(*) from throttles) + (select count(*) from login_blocks)
        + (select count(*) from logs) + (select count(*) from tasks.job) + (select count(*) from messages)
        + (select count(*) from known_places) as n`,
    );
    return Number(found[0]?.n);
  };
  for (let n = 0; n < 4; n++) await wrong(names.email, '198.51.100.60');
  const before = await rows();
  for (let round = 0; round < 10; round++) {
    const answers = await atOnce(20, (n) =>
      wrong(`${' '.repeat(round * 20 + n)}${names.email}`, '198.51.100.60'),
    );
    expect(answers.every(({ status }) => status === 429)).toBe(true);
  }
  // Unknown names, from an address over its limit.
  const path = '/api/v2/attack-protection/suspicious-ip-throttling';
  await world.server.api('PATCH', path, {
    stage: { 'pre-login': { max_attempts: 1, rate: 3_600_000 } },
  });
  for (let round = 0; round < 10; round++) {
    await atOnce(20, (n) => wrong(`nobody-${round}-${n}@example.test`, '198.51.100.61'));
  }
  await world.server.api('PATCH', path, {
    stage: { 'pre-login': { max_attempts: 100, rate: 864_000 } },
  });
  const audit = 4; // The two changes of the setting, and the mail about the block.
  expect((await rows()) - before).toBeLessThanOrEqual(12 + audit);
});
