import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { sweepLeftovers } from '../../src/flows/sweep-leftovers/sweep-leftovers.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { throttleKey } from '../../src/records/throttles/throttles.ts';
import { atOnce } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { CALLBACK } from '../harness/world.ts';

let world: PasswordWorld;
let clientId: string;

beforeAll(async () => {
  world = await openPasswordWorld();
  const { body, status } = await world.server.api<{ client_id: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'Anybody',
      app_type: 'native',
      oidc_conformant: true,
      callbacks: [CALLBACK],
      token_endpoint_auth_method: 'none',
      grant_types: [
        'authorization_code',
        'urn:ietf:params:oauth:grant-type:device_code',
        'http://auth0.com/oauth/grant-type/password-realm',
        'http://auth0.com/oauth/grant-type/passwordless/otp',
      ],
    },
  );
  expect(status).toBe(201);
  clientId = body.client_id;
  await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}/clients`, [
    { client_id: clientId, status: true },
  ]);
  const options = { authentication_methods: { passkey: { enabled: true } } };
  await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, { options });
  const codes = { name: 'email', strategy: 'email', enabled_clients: [clientId] };
  expect((await world.server.api('POST', '/api/v2/connections', codes)).status).toBe(201);
});

/** Tables in which an anonymous request may leave rows. */
const TABLES = [
  'oidc_payloads',
  'throttles',
  'login_blocks',
  'known_places',
  'logs',
  'messages',
  'tickets',
  'passwordless_codes',
  'passwordless_links',
  'mfa_tokens',
  'factor_challenges',
  'pending_logins',
  'arrivals',
  'webauthn_challenges',
  'provider_logins',
  'invitation_flows',
  'tasks.job',
];

async function rows(): Promise<number> {
  await world.server.app.flushLog();
  const counts = TABLES.map((name) => `(select count(*) from ${name})`).join(' + ');
  const { rows: found } = await world.server.app.database.execute(`select ${counts} as n`);
  return Number(found[0]?.n);
}

/** Returns the number once nothing is written any more: mails of earlier requests may be on their way. */
async function settledRows(): Promise<number> {
  let [last, now] = [-1, await rows()];
  while (now !== last) {
    await setTimeout(200);
    [last, now] = [now, await rows()];
  }
  return now;
}

const form = (path: string, fields: Record<string, string>, ip: string) =>
  fetch(`${world.server.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'x-forwarded-for': ip },
    body: new URLSearchParams(fields),
  });
const open = (path: string, ip: string) =>
  fetch(`${world.server.url}${path}`, {
    redirect: 'manual',
    headers: { 'x-forwarded-for': ip },
  });

const asked = () => ({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: CALLBACK,
  scope: 'openid',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
});

const REQUESTS = 500;
/** Two hundred rows with their counters, and sixty failures of a kind in the log. */
const MOST = 420;

type Kind = [what: string, ask: (n: number, ip: string) => Promise<Response>, last: number];
const kinds: Kind[] = [
  [
    'logins begun with a long state',
    (n, ip) =>
      open(`/authorize?${new URLSearchParams({ ...asked(), state: `${n}`.repeat(1500) })}`, ip),
    429,
  ],
  ['pushed requests', (n, ip) => form('/oauth/par', { ...asked(), state: `${n}` }, ip), 429],
  ['device codes', (_n, ip) => form('/oauth/device/code', { client_id: clientId }, ip), 429],
  ['pages to type a device code', (_n, ip) => open('/activate', ip), 429],
  [
    'wrong passwords for names of nobody',
    (n, ip) =>
      form(
        '/oauth/token',
        {
          grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
          realm: DEFAULT_CONNECTION,
          client_id: clientId,
          username: `nobody-${n}@example.test`,
          password: 'wrong',
        },
        ip,
      ),
    429,
  ],
  [
    'forgotten passwords',
    (n, ip) =>
      form(
        '/dbconnections/change_password',
        { client_id: clientId, connection: DEFAULT_CONNECTION, email: `nobody-${n}@example.test` },
        ip,
      ),
    200,
  ],
  [
    'sign-ups with a weak password',
    (n, ip) =>
      form(
        '/dbconnections/signup',
        {
          client_id: clientId,
          connection: DEFAULT_CONNECTION,
          email: `new-${n}@example.test`,
          password: 'x',
        },
        ip,
      ),
    429,
  ],
  [
    'requests to /authorize that are wrong',
    (n, ip) =>
      open(`/authorize?${new URLSearchParams({ ...asked(), scope: `x${n}`, prompt: 'none' })}`, ip),
    303,
  ],
  [
    'client credentials that are wrong',
    (n, ip) =>
      form(
        '/oauth/token',
        { grant_type: 'client_credentials', client_id: `made-up-${n}`, client_secret: 'x' },
        ip,
      ),
    401,
  ],
  [
    'codes to log in with',
    (n, ip) =>
      form(
        '/passwordless/start',
        { client_id: clientId, connection: 'email', email: `nobody-${n}-${ip}@example.test` },
        ip,
      ),
    429,
  ],
  [
    'codes to log in with for one person',
    (_n, ip) =>
      form(
        '/passwordless/start',
        { client_id: clientId, connection: 'email', email: 'one@example.test' },
        ip,
      ),
    429,
  ],
  [
    'wrong codes to log in with',
    (n, ip) =>
      form(
        '/oauth/token',
        {
          grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
          realm: 'email',
          client_id: clientId,
          username: `nobody-${n}@example.test`,
          otp: '000000',
        },
        ip,
      ),
    429,
  ],
  ['pages without a login', (_n, ip) => open('/u/reset-password/request', ip), 200],
];

/** Every login page asks for passkeys, so an address may have more of them. */
const passkeys: Kind = [
  'passkeys that a login asks for',
  async (_n, ip) => {
    const login = await open(`/authorize?${new URLSearchParams(asked())}`, ip);
    const page = new URL(login.headers.get('location') ?? '', world.server.url);
    const cookies = login.headers.getSetCookie();
    const shown = await fetch(page, { headers: { cookie: headerOf(cookies) } });
    const csrf = /name="csrf" value="([^"]+)"/.exec(await shown.text())?.[1] ?? '';
    return fetch(`${world.server.url}/u/passkey${page.search}`, {
      method: 'POST',
      headers: {
        cookie: headerOf([...cookies, ...shown.headers.getSetCookie()]),
        'x-forwarded-for': ip,
      },
      body: new URLSearchParams({ csrf, passkey: 'options' }),
    });
  },
  429,
];

const headerOf = (cookies: string[]) => cookies.map((each) => each.split(';')[0]).join('; ');

/** Asks so often, in rounds of 25. Returns the statuses, and how many rows were left. */
async function leftBy(
  requests: number,
  ask: (n: number) => Promise<Response>,
): Promise<{ statuses: Set<number>; rows: number }> {
  const before = await rows();
  const statuses = new Set<number>();
  for (let round = 0; round < requests / 25; round++) {
    for (const answer of await atOnce(25, (n) => ask(round * 25 + n))) {
      statuses.add(answer.status);
      await answer.arrayBuffer();
    }
  }
  expect([...statuses].every((status) => status < 500)).toBe(true);
  return { statuses, rows: (await rows()) - before };
}

test.each(kinds)('%s leave a bounded number of rows', async (what, ask, last) => {
  const ip = `198.18.1.${what.length}`;
  const left = await leftBy(REQUESTS, (n) => ask(n, ip));
  expect([...left.statuses]).toContain(last);
  expect(left.rows).toBeLessThanOrEqual(MOST);
});

test.each(kinds)('%s leave no more than six rows each, from 200 addresses', async (what, ask) => {
  const { length } = what;
  const left = await leftBy(200, (n) => ask(1000 + n, `198.19.${length}.${(n % 200) + 1}`));
  expect(left.rows).toBeLessThanOrEqual(200 * 6);
});

test.each<[kind: string, what: string, refused: number]>([
  ['DeviceCode', 'device codes', 429],
  ['PushedAuthorizationRequest', 'pushed requests', 429],
  ['Interaction', 'logins begun with a long state', 429],
  ['ResetRequest', 'forgotten passwords', 200],
  ['PasswordlessStart', 'codes to log in with', 429],
  ['PasswordlessTry', 'wrong codes to log in with', 429],
  ['SignUp', 'sign-ups with a weak password', 429],
  ['PasskeyLogin', 'passkeys that a login asks for', 429],
])('%s: after ten thousand from everywhere, one more leaves only the counter of its address and a log entry', async (kind, what, refused) => {
  const [, ask] = [...kinds, passkeys].find(([name]) => name === what) ?? [];
  if (!ask) throw new Error(`Nothing is called ${what}.`);
  const { db } = world.server.app.deps;
  await (await ask(5000, '198.51.100.1')).arrayBuffer();
  const key = throttleKey('traces', kind);
  const used =
    await sql`update throttles set count = 10000 where key = ${key} returning key`.execute(db);
  expect(used.rows).toHaveLength(1);
  const before = await settledRows();
  const answer = await ask(5001, '198.51.100.2');
  expect(answer.status).toBe(refused);
  // Sign-ups from an address also have an hourly limit.
  expect((await rows()) - before).toBeLessThanOrEqual(kind === 'SignUp' ? 3 : 2);
});

test('one address alone cannot use up the codes that all may try', async () => {
  const [, ask] = kinds.find(([name]) => name === 'wrong codes to log in with') ?? [];
  if (!ask) throw new Error('There is no such kind.');
  const { db } = world.server.app.deps;
  const key = throttleKey('traces', 'PasswordlessTry');
  await sql`delete from throttles where key = ${key}`.execute(db);
  const start = performance.now();
  await atOnce(300, async (n) => (await ask(n, '198.51.100.77')).arrayBuffer());
  // The limit of an address gives one back every three seconds.
  const most = 200 + Math.ceil((performance.now() - start) / 3000);
  const { rows: counted } = await sql<{ count: number }>`
    select count::int as count from throttles where key = ${key}`.execute(db);
  expect(counted[0]?.count).toBeLessThanOrEqual(most);
}, 120_000);

test('strangers who use up the limit do not shut out users from known networks', async () => {
  const [, ask] = kinds.find(([name]) => name === 'device codes') ?? [];
  if (!ask) throw new Error('There is no such kind.');
  const { email, password } = await world.createUser();
  const home = '198.51.100.10';
  expect((await world.login(email, password, { ip: home })).status).toBe(200);
  const { db } = world.server.app.deps;
  const useUp = (counter: string, count: number) =>
    sql`update throttles set count = ${count} where key = ${throttleKey(counter, 'DeviceCode')}`.execute(
      db,
    );
  const statuses = async () => {
    const answers = [await ask(1, home), await ask(2, '198.51.100.11')];
    for (const answer of answers) await answer.arrayBuffer();
    return answers.map(({ status }) => status);
  };
  await ask(0, '198.51.100.11');
  await useUp('traces', 10_000);
  expect(await statuses()).toEqual([200, 429]);
  // They are not without a bound either.
  await useUp('traces-known', 100_000);
  expect(await statuses()).toEqual([429, 429]);
});

test('strangers are refused with only a log entry after a hundred thousand wrong passwords, and known places are not', async () => {
  const { email, password } = await world.createUser();
  const home = '198.51.100.20';
  const status = async (ip: string, typed: string, name = email) =>
    (await world.login(name, typed, { ip })).status;
  expect(await status(home, password)).toBe(200);
  const { db } = world.server.app.deps;
  const keys = ['traces', 'traces-full'].map((what) => throttleKey(what, 'WrongPassword'));
  expect(await status('198.51.100.21', 'wrong')).toBe(403);
  await sql`update throttles set count = 99998 where key = ${keys[0]}`.execute(db);
  // A correct password does not count.
  expect(await status('198.51.100.22', password)).toBe(200);
  expect(await status('198.51.100.23', 'wrong')).toBe(403);
  expect(await status('198.51.100.23', 'wrong', 'nobody@example.test')).toBe(403);
  const counters = async () =>
    Number((await sql<{ n: string }>`select count(*) as n from throttles`.execute(db)).rows[0]?.n);
  const before = await counters();
  expect(await status('198.51.100.24', 'wrong')).toBe(429);
  expect(await status('198.51.100.25', 'wrong', 'another@example.test')).toBe(429);
  expect(await status('198.51.100.26', password)).toBe(429);
  expect(await counters()).toBe(before);
  expect(await status(home, password)).toBe(200);
  await sql`delete from throttles where key in (${sql.join(keys)})`.execute(db);
});

test('a sweep a year later removes all of it', async () => {
  const { db } = world.server.app.deps;
  // A pending task stays until it is done.
  await expect
    .poll(
      async () => {
        const waiting = sql<{
          n: string;
        }>`select count(*) as n from messages where state in ('queued', 'sending')`;
        return Number((await waiting.execute(db)).rows[0]?.n);
      },
      { timeout: 60_000 },
    )
    .toBe(0);
  const later = { ...systemClock, now: () => new Date(Date.now() + 400 * 24 * 3600 * 1000) };
  const leftIn = async (table: string) => {
    await sweepLeftovers({ db, clock: later, logRetentionDays: 30 });
    const { rows } = await world.server.app.database.execute(`select count(*) as n from ${table}`);
    return Number(rows[0]?.n);
  };
  for (const table of TABLES.filter((name) => name !== 'tasks.job')) {
    // Entries of the tenant log are written a moment after the request. The next sweep finds them.
    await expect.poll(() => leftIn(table), { message: table, timeout: 20_000 }).toBe(0);
  }
});

test('mails without a user are deleted after a day', async () => {
  const { db } = world.server.app.deps;
  const now = new Date();
  await sql`insert into messages (id, template, recipient, user_id, state, due_at, created_at)
    values ('msg_of_nobody', 'passwordless_code', 'nobody@example.test', null, 'canceled', ${now}, ${now})`.execute(
    db,
  );
  const later = { ...systemClock, now: () => new Date(now.getTime() + 25 * 3600 * 1000) };
  await sweepLeftovers({ db, clock: later, logRetentionDays: 30 });
  expect((await sql`select 1 from messages where id = 'msg_of_nobody'`.execute(db)).rows).toEqual(
    [],
  );
});
