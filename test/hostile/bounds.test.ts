import { beforeAll, expect, test } from 'vitest';
import { DEFAULT_CONNECTION, type TestServer } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';

let world: PasswordWorld;
let server: TestServer;
beforeAll(async () => {
  world = await openPasswordWorld();
  server = world.server;
});

const deepValue = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;

const send = async (path: string, method: string, body: string, headers = {}) => {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: answer.status, text: await answer.text() };
};

test('every endpoint refuses JSON of 5,000 levels as a bad request', async () => {
  const person = await world.createUser();
  const headers = { authorization: `Bearer ${await server.token()}` };
  const user = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const rest = `"connection":"${DEFAULT_CONNECTION}","email":"deep@example.test","password":"Harbour-Canal-78"`;
  const client = `"client_id":"${world.client.id}"`;
  const doors: [string, string, string][] = [
    ['/api/v2/users', 'POST', `{${rest},"user_metadata":${deepValue}}`],
    [user, 'PATCH', `{"app_metadata":${deepValue}}`],
    ['/api/v2/clients', 'POST', `{"name":"x","client_metadata":${deepValue}}`],
    ['/api/v2/invitations', 'POST', deepValue],
    [`/api/v2/connections/${world.connectionId}`, 'PATCH', `{"options":${deepValue}}`],
    ['/oauth/token', 'POST', `{"grant_type":"password","x":${deepValue}}`],
    ['/dbconnections/signup', 'POST', `{${client},${rest},"user_metadata":${deepValue}}`],
    ['/dbconnections/change_password', 'POST', deepValue],
    ['/passwordless/start', 'POST', `{${client},"authParams":${deepValue}}`],
    ['/oauth/par', 'POST', deepValue],
    ['/oauth/device/code', 'POST', deepValue],
  ];
  for (const [path, method, body] of doors) {
    const { status, text } = await send(path, method, body, headers);
    expect([path, status], text.slice(0, 300)).toEqual([path, 400]);
  }
});

test('an endlessly nested search is a bad request', async () => {
  const q = encodeURIComponent(`${'('.repeat(3000)}a${')'.repeat(3000)}`);
  for (const path of ['/api/v2/users?search_engine=v3&q=', '/api/v2/logs?q=']) {
    expect((await server.api('GET', `${path}${q}`)).status).toBe(400);
  }
});

test('users cannot grow their own metadata beyond 16 KB with any number of requests', async () => {
  const scope = 'openid update:current_user_metadata';
  const person = await world.createUser();
  const granted = await server.api('POST', '/api/v2/client-grants', {
    client_id: world.client.id,
    audience: `${server.url}/api/v2/`,
    scope: ['update:current_user_metadata'],
    subject_type: 'user',
  });
  expect([201, 409]).toContain(granted.status);
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'password',
      client_id: world.client.id,
      client_secret: world.client.secret,
      username: person.email,
      password: person.password,
      audience: `${server.url}/api/v2/`,
      scope,
    }),
  });
  const { access_token: token = '' } = (await answer.json()) as { access_token?: string };
  const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const add = (key: string, size: number) =>
    server.api<{ message: string }>(
      'PATCH',
      path,
      { user_metadata: { [key]: 'x'.repeat(size) } },
      { token },
    );
  const statuses = [];
  for (let n = 0; n < 5; n++) statuses.push((await add(`key ${n}`, 5000)).status);
  expect(statuses).toEqual([200, 200, 200, 400, 400]);
  expect((await add('large', 20_000)).body.message).toContain('16384 bytes');
  // Existing metadata stays, and its removal makes room.
  const kept = await server.api<{ user_metadata: object }>('GET', path);
  expect(Object.keys(kept.body.user_metadata)).toEqual(['key 0', 'key 1', 'key 2']);
  const freed = await server.api('PATCH', path, { user_metadata: { 'key 0': null } }, { token });
  expect(freed.status).toBe(200);
  expect((await add('key 3', 5000)).status).toBe(200);
  // Operators may keep more.
  const byOperator = await server.api('PATCH', path, {
    user_metadata: { more: 'x'.repeat(20_000) },
  });
  expect(byOperator.status).toBe(200);
});

test('a sign-up has the same metadata limit', async () => {
  const names = Array.from({ length: 10 }, (_, n) => [`${n}`.padEnd(99, '名'), '界'.repeat(500)]);
  const { status, text } = await send(
    '/dbconnections/signup',
    'POST',
    JSON.stringify({
      client_id: world.client.id,
      connection: DEFAULT_CONNECTION,
      email: 'large@example.test',
      password: 'Harbour-Canal-78',
      user_metadata: Object.fromEntries(names),
    }),
  );
  expect(status, text).toBe(400);
  expect(text).toContain('16384 bytes');
});
