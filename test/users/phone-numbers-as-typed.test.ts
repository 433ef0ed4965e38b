import { beforeAll, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';

const active = { identifier: { active: true }, signup: { status: 'optional' } };

let server: TestServer;
let clientId: string;
let secret: string;

beforeAll(async () => {
  server = await startServer();
  const client = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'App',
      app_type: 'regular_web',
      callbacks: ['https://app.test/callback'],
      initiate_login_uri: 'https://app.test/login',
      grant_types: ['authorization_code', 'http://auth0.com/oauth/grant-type/password-realm'],
    },
  );
  ({ client_id: clientId, client_secret: secret } = client.body);
  await server.api('POST', '/api/v2/connections', {
    name: 'phones',
    strategy: 'auth0',
    options: { attributes: { email: active, phone_number: active } },
    enabled_clients: [clientId],
  });
});

const post = (path: string, body: object) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('a phone number from sign-up logs its user in however it is typed, and belongs to nobody else', async () => {
  const password = aPassword();
  const forms = [
    '+49 151 2345-678',
    '+49 (151) 2345678',
    '+49 (0)151 2345678',
    '0049/151/2345678',
    '＋４９１５１２３４５６７８',
    '\u202a+49\u00a0151\u00a02345678\u202c',
    '+491512345678',
  ];
  const signUp = (phone_number: string) =>
    post('/dbconnections/signup', {
      client_id: clientId,
      connection: 'phones',
      phone_number,
      password,
    });
  const made = await signUp(forms[0] ?? '');
  expect([made.status, await made.json()]).toEqual([
    200,
    expect.objectContaining({ phone_number: '+491512345678' }),
  ]);
  for (const typed of forms) {
    const login = await post('/oauth/token', {
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      client_id: clientId,
      client_secret: secret,
      realm: 'phones',
      username: typed,
      password,
    });
    expect([typed, login.status]).toEqual([typed, 200]);
    expect((await signUp(typed)).status).toBe(400);
  }
});

test('an invalid phone number creates no account', async () => {
  for (const typed of ['0151 2345678', '+49 151 2345678 ext. 5', '+0000', '+1-800-FLOWERS', 'x']) {
    const answer = await post('/dbconnections/signup', {
      client_id: clientId,
      connection: 'phones',
      phone_number: typed,
      password: aPassword(),
    });
    expect([typed, answer.status]).toEqual([typed, 400]);
  }
  for (const phone_number of ['+0000', '+49 151 2345678', '+1234567890123456']) {
    const made = await server.api('POST', '/api/v2/users', { connection: 'phones', phone_number });
    expect([phone_number, made.status]).toEqual([phone_number, 400]);
  }
});

test('a phone of a second factor is stored in the same form', async () => {
  const made = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: 'phones',
    email: 'factor@x.test',
  });
  const path = `/api/v2/users/${encodeURIComponent(made.body.user_id)}/authentication-methods`;
  const add = (phone_number: string) =>
    server.api<{ phone_number: string }>('POST', path, { type: 'phone', phone_number });
  const added = await add('+49 (0)151 2345678');
  expect([added.status, added.body.phone_number]).toEqual([201, 'XXXXXXXXX5678']);
  expect((await add('0151 2345678')).status).toBe(400);
  expect((await add('+491')).status).toBe(400);
});

test('a user is found by a phone number however it is typed', async () => {
  await server.api('POST', '/api/v2/users', {
    connection: 'phones',
    phone_number: '+442079460018',
  });
  const query = new URLSearchParams({ q: 'phone_number:"+44 (0)20 7946 0018"' });
  const { body } = await server.api<object[]>('GET', `/api/v2/users?${query}`);
  expect(body).toHaveLength(1);
});
