import { beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

type Made = { client_id: string; client_secret: string };
const BACK = 'https://app.example.test/back';

async function aProgram(): Promise<Made> {
  const made = await server.api<Made>('POST', '/api/v2/clients', {
    name: 'At once',
    app_type: 'non_interactive',
    callbacks: [BACK],
    grant_types: ['client_credentials', 'authorization_code'],
  });
  await server.api('POST', '/api/v2/client-grants', {
    client_id: made.body.client_id,
    audience: `${server.url}/api/v2/`,
    scope: ['read:users'],
  });
  return made.body;
}

async function tokenStatus(
  { client_id, client_secret }: Made,
  audience = `${server.url}/api/v2/`,
): Promise<number> {
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      audience,
      client_id,
      client_secret,
    }),
  });
  return answer.status;
}

async function authorizeStatus(clientId: string, redirectUri: string): Promise<number> {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
  });
  return (await fetch(`${server.url}/authorize?${query}`, { redirect: 'manual' })).status;
}

test('a rotated secret counts at once, and the former secret stops counting', async () => {
  const program = await aProgram();
  expect(await tokenStatus(program)).toBe(200);
  const rotated = await server.api<Made>(
    'POST',
    `/api/v2/clients/${program.client_id}/rotate-secret`,
  );
  expect(await tokenStatus(rotated.body)).toBe(200);
  expect(await tokenStatus(program)).toBe(401);
});

test('a new callback counts at once, and a removed callback stops counting at once', async () => {
  const { client_id: id } = await aProgram();
  expect(await authorizeStatus(id, BACK)).toBe(303);
  const next = 'https://next.example.test/back';
  await server.api('PATCH', `/api/v2/clients/${id}`, { callbacks: [next] });
  expect(await authorizeStatus(id, next)).toBe(303);
  expect(await authorizeStatus(id, BACK)).toBe(400);
});

test('a deleted grant and a deleted client stop counting at once', async () => {
  const program = await aProgram();
  expect(await tokenStatus(program)).toBe(200);
  const grants = await server.api<{ id: string }[]>(
    'GET',
    `/api/v2/client-grants?client_id=${program.client_id}`,
  );
  await server.api('DELETE', `/api/v2/client-grants/${grants.body[0]?.id}`);
  expect(await tokenStatus(program)).toBe(403);
  await server.api('DELETE', `/api/v2/clients/${program.client_id}`);
  expect(await tokenStatus(program)).toBe(401);
});

test('a change counts at once, however its address is written', async () => {
  const { client_id: id } = await aProgram();
  expect(await authorizeStatus(id, BACK)).toBe(303);
  const next = 'https://elsewhere.example.test/back';
  const answer = await server.api('PATCH', `/%61pi/v2/clients/${id}`, { callbacks: [next] });
  expect(answer.status).toBe(200);
  expect(await authorizeStatus(id, next)).toBe(303);
  expect(await authorizeStatus(id, BACK)).toBe(400);
});

test('a deleted API stops counting at once', async () => {
  const identifier = 'urn:counts:at:once';
  const { body: api } = await server.api<{ id: string }>('POST', '/api/v2/resource-servers', {
    identifier,
    scopes: [{ value: 'read' }],
  });
  const program = await aProgram();
  await server.api('POST', '/api/v2/client-grants', {
    client_id: program.client_id,
    audience: identifier,
    scope: ['read'],
  });
  expect(await tokenStatus(program, identifier)).toBe(200);
  await server.api('DELETE', `/api/v2/resource-servers/${api.id}`);
  expect(await tokenStatus(program, identifier)).toBe(403);
});

test('a change counts at once even while others are reading', async () => {
  const { client_id: id } = await aProgram();
  for (let round = 0; round < 10; round++) {
    const next = `https://round-${round}.example.test/back`;
    const reading = Promise.all(Array.from({ length: 20 }, () => authorizeStatus(id, BACK)));
    await server.api('PATCH', `/api/v2/clients/${id}`, { callbacks: [next] });
    expect(await authorizeStatus(id, next)).toBe(303);
    await reading;
  }
});
