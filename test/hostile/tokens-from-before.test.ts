import { beforeAll, describe, expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';

// An attacker who planted an account or stole a password keeps its tokens. They must not reach the account from then on.
let server: TestServer;
let client: { client_id: string; client_secret: string };
const PASSWORD = 'a-Passw0rd-of-the-tests!';
const NEW_PASSWORD = 'another-Passw0rd-of-them!';
const OF_ONESELF =
  'openid read:current_user update:current_user_metadata update:current_user_identities delete:current_user';
type Tokens = { access_token: string; id_token: string };

beforeAll(async () => {
  server = await startServer();
  const made = await server.api<typeof client>('POST', '/api/v2/clients', {
    name: 'An application',
    app_type: 'regular_web',
    grant_types: ['password'],
  });
  client = made.body;
  await server.api('PATCH', `/api/v2/connections/${await defaultConnectionId(server)}/clients`, [
    { client_id: client.client_id, status: true },
  ]);
});

const pathOf = (id: string, more = '') => `/api/v2/users/${encodeURIComponent(id)}${more}`;

async function aPerson(): Promise<{ id: string; email: string }> {
  const email = `${crypto.randomUUID()}@example.test`;
  const { body } = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email,
    password: PASSWORD,
    verify_email: false,
  });
  return { id: body.user_id, email };
}

async function logIn(email: string, password = PASSWORD): Promise<Tokens> {
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'password',
      client_id: client.client_id,
      client_secret: client.client_secret,
      username: email,
      password,
      audience: `${server.url}/api/v2/`,
      scope: OF_ONESELF,
    }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Tokens;
}

const choosesAnother = (id: string) =>
  server.api('PATCH', pathOf(id), { password: NEW_PASSWORD, connection: DEFAULT_CONNECTION });

describe('after a change of password', () => {
  test('an earlier access token does nothing to the account', async () => {
    const [owner, stranger] = [await aPerson(), await aPerson()];
    const before = await logIn(owner.email);
    const { id_token: theirs } = await logIn(stranger.email);
    const token = before.access_token;
    expect((await server.api('GET', pathOf(owner.id), undefined, { token })).status).toBe(200);

    await choosesAnother(owner.id);

    const attempts: [string, string, unknown?][] = [
      ['POST', pathOf(owner.id, '/identities'), { link_with: theirs }],
      ['GET', pathOf(owner.id)],
      ['PATCH', pathOf(owner.id), { user_metadata: { planted: true } }],
      ['DELETE', pathOf(owner.id)],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await server.api(method, path, body, { token });
      expect([answer.status, method, path]).toEqual([401, method, path]);
    }
    const { body } = await server.api<{ identities: unknown[] }>('GET', pathOf(owner.id));
    expect(body.identities).toHaveLength(1);
    expect(body).not.toHaveProperty('user_metadata.planted');
    const after = await logIn(owner.email, NEW_PASSWORD);
    const own = await server.api('GET', pathOf(owner.id), undefined, { token: after.access_token });
    expect(own.status).toBe(200);
  });

  test('an earlier ID token cannot link the account', async () => {
    const [owner, stranger] = [await aPerson(), await aPerson()];
    const { id_token: stale } = await logIn(owner.email);
    await choosesAnother(owner.id);
    const { access_token: token } = await logIn(stranger.email);

    const path = pathOf(stranger.id, '/identities');
    const refused = await server.api('POST', path, { link_with: stale }, { token });
    expect(refused).toMatchObject({
      status: 400,
      body: { message: 'JWT (link_with) is from a login that has ended. Log in again.' },
    });
    expect((await server.api('GET', pathOf(owner.id))).status).toBe(200);

    const { id_token: fresh } = await logIn(owner.email, NEW_PASSWORD);
    const linked = await server.api('POST', path, { link_with: fresh }, { token });
    expect(linked.status).toBe(201);
  });
});
