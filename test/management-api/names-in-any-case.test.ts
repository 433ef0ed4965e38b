import { beforeAll, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import {
  DEFAULT_CONNECTION,
  eventually,
  startServer,
  type TestServer,
} from '../harness/harness.ts';

// The tests' PostgreSQL has the locale C, with which its own lower() knows only ASCII.
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const made = await server.api('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email: 'el@example.test',
    name: 'ÉLODIE Ångström',
    given_name: 'ŁUKASZ',
    family_name: 'ΠΑΠΑΔΟΠΟΎΛΟΥ',
    nickname: 'ЁЛКА',
  });
  expect(made.status).toBe(201);
});

test.each([
  'name:"ÉLODIE Ångström"',
  'name:"élodie ångström"',
  'name:élodie*',
  'name:*ÅNGSTRÖM',
  'given_name:łukasz',
  'given_name:Łuk*',
  'family_name:παπαδοπούλου',
  'nickname:ёлка',
  'ёлка',
  'given_name:[łuk TO łul]',
])('a user is found by %s', async (q) => {
  const query = new URLSearchParams({ q });
  const { body } = await server.api<{ email: string }[]>('GET', `/api/v2/users?${query}`);
  expect(body.map((each) => each.email)).toEqual(['el@example.test']);
});

test('a role is found by its name in any case', async () => {
  await server.api('POST', '/api/v2/roles', { name: 'ÜBERSICHT', description: 'x' });
  const query = new URLSearchParams({ name_filter: 'übers' });
  const { body } = await server.api<{ name: string }[]>('GET', `/api/v2/roles?${query}`);
  expect(body.map((each) => each.name)).toEqual(['ÜBERSICHT']);
});

test('a log entry is found by the user’s name in any case', async () => {
  const client = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
    name: 'App',
    app_type: 'spa',
  });
  await server.api('POST', '/api/v2/connections', {
    name: 'store',
    strategy: 'auth0',
    enabled_clients: [client.body.client_id],
  });
  const signUp = await fetch(`${server.url}/dbconnections/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.body.client_id,
      connection: 'store',
      email: 'Élodie@example.test',
      password: aPassword(),
    }),
  });
  expect(signUp.status).toBe(200);
  for (const [name, value] of [
    ['q', 'user_name:"ÉLODIE@example.test"'],
    ['search', 'user_name:ÉLOD'],
    ['search', 'user_name:"élodie@EXAMPLE.test"'],
  ] as const) {
    const query = new URLSearchParams({ [name]: value });
    await eventually(
      async () => {
        const { body } = await server.api<object[]>('GET', `/api/v2/logs?${query}`);
        return body.length > 0 ? body : undefined;
      },
      { what: `an entry with ${query}` },
    );
  }
});
