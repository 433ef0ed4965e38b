import { expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';

type Client = { client_id: string; client_secret?: string };

const call = async (
  server: TestServer,
  method: string,
  path: string,
  { body, scopes }: { body?: object; scopes?: string[] } = {},
) => {
  const token = await server.token(scopes);
  return (await server.api<Client & Client[]>(method, `/api/v2/clients${path}`, body, { token }))
    .body;
};

const tokenStatus = async (server: TestServer, { client_id, client_secret }: Client) => {
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id,
      client_secret,
    }),
  });
  return answer.status;
};

test('a caller with the scope for keys can read encrypted secrets, and nobody else can', async () => {
  const server = await startServer({ clientSecrets: 'encrypted' });
  const made = await call(server, 'POST', '', { body: { name: 'Terraform' } });
  const path = `/${made.client_id}`;
  const keys = { scopes: ['read:client_keys'] };
  expect(made.client_secret).toMatch(/^\w{64}$/);
  expect((await call(server, 'GET', path, keys)).client_secret).toBe(made.client_secret);
  const listed = await call(server, 'GET', '?fields=client_id,client_secret', keys);
  expect(listed).toContainEqual({ client_id: made.client_id, client_secret: made.client_secret });
  for (const scope of ['read:clients', 'read:client_credentials', 'read:client_summary']) {
    expect(await call(server, 'GET', path, { scopes: [scope] })).not.toHaveProperty(
      'client_secret',
    );
  }

  const mine = { client_secret: 'a-secret-of-my-own-making' };
  await call(server, 'PATCH', path, { body: mine });
  expect((await call(server, 'GET', path, keys)).client_secret).toBe(mine.client_secret);
  const rotated = await call(server, 'POST', `${path}/rotate-secret`);
  expect((await call(server, 'GET', path, keys)).client_secret).toBe(rotated.client_secret);
  // A wrong secret gives 401. With the right one, the refresh token is the error.
  expect(await tokenStatus(server, { ...made, ...mine })).toBe(401);
  expect(await tokenStatus(server, rotated)).toBe(403);
});

test('a hashed secret is shown only in the answer that creates it', async () => {
  const server = await startServer();
  const made = await call(server, 'POST', '', { body: { name: 'Shop' } });
  expect(made.client_secret).toMatch(/^\w{64}$/);
  const read = await call(server, 'GET', `/${made.client_id}`, { scopes: ['read:client_keys'] });
  expect(read).not.toHaveProperty('client_secret');
});
