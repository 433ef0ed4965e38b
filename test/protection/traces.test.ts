import { beforeAll, expect, test } from 'vitest';
import { sweepLeftovers } from '../../src/flows/sweep-leftovers/sweep-leftovers.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { atOnce } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { CALLBACK, type LogWorld, startWorld } from '../logs/world.ts';

let world: LogWorld;
let clientId: string;

beforeAll(async () => {
  world = await startWorld();
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
      ],
    },
  );
  expect(status).toBe(201);
  clientId = body.client_id;
  await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}/clients`, [
    { client_id: clientId, status: true },
  ]);
});

/** Everything that an anonymous request may leave. */
async function rows(): Promise<number> {
  await world.server.app.flushLog();
  const tables = [
    'oidc_payloads',
    'throttles',
    'login_blocks',
    'known_places',
    'logs',
    'messages',
    'tickets',
    'passwordless_codes',
    'pending_logins',
    'arrivals',
    'tasks.job',
  ];
  const counts = tables.map((name) => `(select count(*) from ${name})`).join(' + ');
  const { rows: found } = await world.server.app.database.execute(`select ${counts} as n`);
  return Number(found[0]?.n);
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
/** Two hundred of what is stored, with their counters; and sixty failures of a kind in the log. */
const MOST = 420;

test.each<[string, (n: number, ip: string) => Promise<Response>, number]>([
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
])('%s leave a bounded number of rows', async (what, ask, last) => {
  const ip = `198.18.1.${what.length}`;
  const before = await rows();
  const statuses = new Set<number>();
  for (let round = 0; round < REQUESTS / 25; round++) {
    const answers = await atOnce(25, (n) => ask(round * 25 + n, ip));
    for (const answer of answers) {
      statuses.add(answer.status);
      await answer.arrayBuffer();
    }
  }
  expect([...statuses].every((status) => status < 500)).toBe(true);
  expect([...statuses]).toContain(last);
  expect((await rows()) - before).toBeLessThanOrEqual(MOST);
});

test('a sweep a year later leaves none of it', async () => {
  const { db } = world.server.app.deps;
  const later = { ...systemClock, now: () => new Date(Date.now() + 400 * 24 * 3600 * 1000) };
  await sweepLeftovers({ db, clock: later, logRetentionDays: 30 });
  const { rows: left } = await world.server.app.database.execute(
    `select (select count(*) from oidc_payloads) + (select count(*) from throttles) + (select count(*) from logs)
      + (select count(*) from tickets) + (select count(*) from passwordless_codes) as n`,
  );
  expect(Number(left[0]?.n)).toBeLessThanOrEqual(5);
});
