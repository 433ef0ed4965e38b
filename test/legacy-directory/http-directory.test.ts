import type { ServerResponse } from 'node:http';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Directory } from '../../src/outbound/legacy-directory/legacy-directory.ts';
import { bodyOf, context, openStore, startHttp } from './store.ts';

type Asked = { path: string; authorization: string | undefined; body: string };

let base: string;
let asked: Asked[];
let tokens: string[];
let reply: (response: ServerResponse, request: Asked) => void;
let directory: Directory;

const ADA = {
  user_id: '7',
  email: 'ada@old.test',
  email_verified: true,
  app_metadata: { plan: 'x' },
};
const json = (status: number, body: unknown) => (response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

beforeAll(async () => {
  base = await startHttp(async (request, response) => {
    const body = await bodyOf(request);
    const path = request.url ?? '';
    if (path === '/token') {
      tokens.push(body);
      json(200, { access_token: `token-${tokens.length}`, expires_in: 600 })(response);
      return;
    }
    const { authorization } = request.headers;
    asked.push({ path, authorization, body });
    reply(response, { path, authorization, body });
  });
});

beforeEach(() => {
  [asked, tokens] = [[], []];
  reply = json(200, ADA);
  directory = openStore(options());
});

function options(more: object = {}): object {
  const at = (name: string) => [name, `${base}/${name}`];
  const names = ['login', 'get_user', 'create', 'change_password', 'delete', 'count'];
  return {
    type: 'http',
    endpoints: Object.fromEntries(names.map(at)),
    authentication: {
      type: 'client_credentials',
      token_url: `${base}/token`,
      client_id: 'usher',
      client_secret: 'secret',
      audience: 'urn:legacy',
    },
    timeout_ms: 500,
    ...more,
  };
}

const login = (identifier = 'ada@old.test', store = directory) =>
  store.login({ identifier, password: 'pässword"', context });

test('a login sends name and password as JSON, and gets the profile', async () => {
  const strange = `a"},{"x":"\u2028'); drop table users; --`;
  expect(await login(strange)).toMatchObject({
    kind: 'found',
    profile: { id: '7', email: 'ada@old.test', emailVerified: true, appMetadata: { plan: 'x' } },
  });
  expect(asked.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
    ['/login', { identifier: strange, password: 'pässword"' }],
  ]);
});

test('questions at once and later share one token, asked for with the audience', async () => {
  await Promise.all([login(), login(), login()]);
  await login();
  expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer token-1']),
  );
  expect(tokens.map((body) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
    {
      grant_type: 'client_credentials',
      client_id: 'usher',
      client_secret: 'secret',
      audience: 'urn:legacy',
    },
  ]);
});

test('a token that the API refuses is replaced once', async () => {
  reply = (response, { authorization }) =>
    authorization === 'Bearer token-1' ? response.writeHead(401).end() : json(200, ADA)(response);
  expect(await login()).toMatchObject({ kind: 'found' });
  reply = (response) => response.writeHead(401).end();
  expect(await login()).toMatchObject({ kind: 'unavailable', why: 'failed' });
  expect([asked.length, tokens.length]).toEqual([4, 3]);
});

test.each([
  [401, { error: 'wrong_password' }, { kind: 'wrong', identifier: 'ada@old.test' }],
  [404, { error: 'user_not_found' }, { kind: 'wrong', isUnknown: true }],
  [403, { error: 'denied', message: 'Call us.' }, { kind: 'denied', message: 'Call us.' }],
  [404, { message: 'no route' }, { kind: 'unavailable', why: 'failed' }],
  [403, 'Forbidden by proxy', { kind: 'unavailable', why: 'failed' }],
  [429, { error: 'wrong_passwords' }, { kind: 'unavailable', why: 'failed' }],
  [500, { error: 'wrong_password' }, { kind: 'unavailable', why: 'failed' }],
  [200, [], { kind: 'unavailable', why: 'failed' }],
  [200, {}, { kind: 'unavailable', why: 'invalid-profile' }],
  [200, { user_id: 'a b' }, { kind: 'unavailable', why: 'invalid-profile' }],
])('a login that is answered with %i %j', async (status, body, outcome) => {
  reply = json(status, body);
  expect(await login()).toMatchObject(outcome);
});

test.each<[string, (response: ServerResponse) => void, string]>([
  ['hangs', () => {}, 'timed-out'],
  ['closes', (response) => response.destroy(), 'failed'],
  ['sends no JSON', (response) => response.end('<html>'), 'failed'],
  ['redirects', (response) => response.writeHead(307, { location: '/x' }).end(), 'failed'],
  [
    'sends 100 MB',
    (response) => {
      const chunk = Buffer.alloc(1024 * 1024, 32);
      for (let sent = 0; sent < 100; sent++) response.write(chunk);
      response.end();
    },
    'too-large',
  ],
  [
    'sends a byte at a time',
    (response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    },
    'timed-out',
  ],
])('an API that %s is unavailable, and nobody has a wrong password', async (_what, act, why) => {
  reply = act;
  expect(await login()).toMatchObject({ kind: 'unavailable', why });
});

test('an API at an internal address is not called without permission', async () => {
  const store = openStore(options(), []);
  expect(await login('ada@old.test', store)).toMatchObject({
    kind: 'unavailable',
    why: 'refused-here',
  });
  expect(asked).toEqual([]);
});

test('changes tell a rule of the directory from a failure, and a user is counted', async () => {
  reply = json(409, { error: 'refused', code: 'user_exists', message: 'Taken.' });
  const user = {
    ...{ clientId: null, email: 'n@old.test', password: 'p', username: null, phoneNumber: null },
    ...{ connection: 'old', userMetadata: {}, appMetadata: {} },
  };
  expect(await directory.create?.({ user, context })).toEqual({
    kind: 'refused',
    code: 'user_exists',
    message: 'Taken.',
  });
  reply = (response) => response.writeHead(204).end();
  expect(await directory.remove?.({ id: '7' })).toEqual({ kind: 'done' });
  reply = json(404, { error: 'user_not_found' });
  const change = { email: 'a@old.test', password: 'p', context };
  expect(await directory.changePassword?.(change)).toEqual({ kind: 'declined' });
  reply = json(200, { count: 12 });
  expect(await directory.count?.()).toBe(12);
  expect(directory.verify).toBeUndefined();
});

test('a fixed header replaces the token', async () => {
  const header = { type: 'header', name: 'authorization', value: 'Basic abc' };
  await login('ada@old.test', openStore(options({ authentication: header })));
  expect(asked[0]?.authorization).toBe('Basic abc');
  expect(tokens).toEqual([]);
});
