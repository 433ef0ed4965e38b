import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startExampleApp } from './app.ts';

let app: Awaited<ReturnType<typeof startExampleApp>>;
let issuer: string;
const server = createServer((request, response) => {
  const isDiscovery = request.url === '/.well-known/openid-configuration';
  response.writeHead(isDiscovery ? 200 : 404, { 'content-type': 'application/json' }).end(
    JSON.stringify({
      issuer,
      authorization_endpoint: `${issuer}authorize`,
      token_endpoint: `${issuer}oauth/token`,
      response_types_supported: ['code'],
    }),
  );
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('It does not listen.');
  issuer = `http://127.0.0.1:${address.port}/`;
  app = await startExampleApp({ issuer, clientId: 'meadow', port: 0 });
});

afterAll(async () => {
  await app.close();
  server.closeAllConnections();
  server.close();
});

const get = (path: string) => fetch(`${app.url}${path}`, { redirect: 'manual' });

test('A sign-in asks for a code with PKCE, state and nonce, and passes the hints on', async () => {
  const answer = await get('/login?login_hint=ada%40example.test&ui_locales=de&scope=everything');
  const target = new URL(answer.headers.get('location') ?? '');
  expect(answer.status).toBe(303);
  expect(`${target.origin}${target.pathname}`).toBe(`${issuer}authorize`);
  expect(Object.fromEntries(target.searchParams)).toMatchObject({
    client_id: 'meadow',
    response_type: 'code',
    redirect_uri: `${app.url}/callback`,
    scope: 'openid profile email',
    code_challenge_method: 'S256',
    login_hint: 'ada@example.test',
    ui_locales: 'de',
    state: expect.stringMatching(/./),
    nonce: expect.stringMatching(/./),
  });
});

test('A sign-in passes an invitation to an organization on', async () => {
  const query = 'invitation=secret&organization=org_1&organization_name=acme';
  const target = new URL((await get(`/login?${query}`)).headers.get('location') ?? '');
  expect(Object.fromEntries(target.searchParams)).toMatchObject({
    invitation: 'secret',
    organization: 'org_1',
  });
});

test('A sign-in from another issuer is refused, and one from ours is not', async () => {
  expect((await get('/login?iss=https%3A%2F%2Felsewhere.example%2F')).status).toBe(400);
  expect((await get(`/login?iss=${encodeURIComponent(issuer)}`)).status).toBe(303);
});

test('A callback that this browser did not start is refused', async () => {
  const answer = await get('/callback?code=stolen&state=guessed');
  expect(answer.status).toBe(400);
  expect(answer.headers.getSetCookie().join()).not.toContain('example_session=');
});

test('The sign-in after a password link begins with the same address', async () => {
  const answer = await get('/?success=true&email=ada%40example.test&message=Done.');
  expect(answer.headers.get('location')).toBe(`${app.url}/login?login_hint=ada%40example.test`);
});

test('The text of a query is escaped', async () => {
  const page = await (await get('/?success=false&message=%3Cimg%20src%3Dx%3E')).text();
  expect(page).toContain('&lt;img src=x&gt;');
  expect(page).not.toContain('<img');
});

test('Signing out takes a form, so that no link or image can do it', async () => {
  expect((await get('/logout')).status).toBe(404);
});
