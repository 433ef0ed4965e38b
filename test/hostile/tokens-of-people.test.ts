import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/db/db.ts';
import { defaultConnectionId } from '../harness/application.ts';
import { BOOTSTRAP, DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';

// Users and machine clients that request more of the management API than they may. The tests use the whole server.
let server: TestServer;
let audience: string;
const PASSWORD = 'a-Passw0rd-of-the-tests!';
type TokenAnswer = { access_token?: string; scope?: string; refresh_token?: string };

beforeAll(async () => {
  server = await startServer();
  audience = `${server.url}/api/v2/`;
});

async function aClient(settings: object = {}): Promise<{ id: string; secret: string }> {
  const { body, status } = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    { name: 'An application', app_type: 'regular_web', ...settings },
  );
  expect(status).toBe(201);
  const store = await defaultConnectionId(server);
  await server.api('PATCH', `/api/v2/connections/${store}/clients`, [
    { client_id: body.client_id, status: true },
  ]);
  return { id: body.client_id, secret: body.client_secret };
}

async function aPerson(): Promise<{ id: string; email: string }> {
  const email = `${crypto.randomUUID()}@example.test`;
  const { body, status } = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email,
    password: PASSWORD,
    email_verified: true,
  });
  expect(status).toBe(201);
  return { id: body.user_id, email };
}

async function ask(body: object): Promise<{ status: number; body: TokenAnswer }> {
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as TokenAnswer };
}

const withPassword = (client: { id: string; secret: string }, email: string, more: object = {}) =>
  ask({
    grant_type: 'password',
    client_id: client.id,
    client_secret: client.secret,
    username: email,
    password: PASSWORD,
    ...more,
  });

const EVERYTHING = [
  'read:users',
  'update:users',
  'create:users',
  'delete:users',
  'read:clients',
  'create:client_grants',
  'read:client_keys',
  'create:user_tickets',
].join(' ');
const OF_ONESELF = [
  'read:current_user',
  'update:current_user_metadata',
  'update:current_user_identities',
  'delete:current_user',
];

describe('a user with a token for the management API', () => {
  test('gets only what users may do to themselves, whatever scopes they request', async () => {
    const client = await aClient({ grant_types: ['password', 'refresh_token'] });
    const { email } = await aPerson();
    const scope = `openid offline_access ${EVERYTHING} ${OF_ONESELF.join(' ')}`;
    const first = await withPassword(client, email, { audience, scope });
    expect(first.status).toBe(200);
    const again = await ask({
      grant_type: 'refresh_token',
      client_id: client.id,
      client_secret: client.secret,
      refresh_token: first.body.refresh_token,
      audience,
      scope,
    });
    for (const token of [first.body.access_token, again.body.access_token]) {
      if (token === undefined) continue;
      const held = String(decodeJwt(token).scope).split(' ');
      const known = ['openid', 'profile', 'email', 'offline_access', ...OF_ONESELF];
      expect(held.filter((candidate) => !known.includes(candidate))).toEqual([]);
      for (const path of ['/users', '/clients', '/client-grants', '/roles', '/jobs/job_x']) {
        const { status } = await server.api('GET', `/api/v2${path}`, undefined, { token });
        expect(status, path).toBe(403);
      }
    }
    expect(first.body.access_token).toBeDefined();
  });

  test('cannot act on other users', async () => {
    const client = await aClient({ grant_types: ['password'] });
    const [me, other] = [await aPerson(), await aPerson()];
    const { body } = await withPassword(client, me.email, {
      audience,
      scope: OF_ONESELF.join(' '),
    });
    const token = body.access_token ?? '';
    const path = (id: string) => `/api/v2/users/${encodeURIComponent(id)}`;
    expect((await server.api('GET', path(me.id), undefined, { token })).status).toBe(200);
    for (const id of [other.id, other.id.toUpperCase(), `${me.id}\0`, `${me.id} `, `${me.id}%00`]) {
      for (const [method, change] of [
        ['GET', undefined],
        ['PATCH', { user_metadata: { a: 1 } }],
        ['DELETE', undefined],
      ] as const) {
        const { status } = await server.api(method, path(id), change, { token });
        expect([401, 403, 404], `${method} ${id}`).toContain(status);
      }
    }
    expect((await server.api('GET', path(other.id))).status).toBe(200);
  });

  test('changes only their own writable fields', async () => {
    const client = await aClient({ grant_types: ['password'] });
    const me = await aPerson();
    const { body } = await withPassword(client, me.email, {
      audience,
      scope: OF_ONESELF.join(' '),
    });
    const token = body.access_token ?? '';
    const path = `/api/v2/users/${encodeURIComponent(me.id)}`;
    const { body: before } = await server.api<Record<string, unknown>>('GET', path);
    for (const change of [
      { app_metadata: { admin: true } },
      { user_metadata: { fine: true }, app_metadata: { admin: true } },
      { blocked: false },
      { email: 'boss@example.test' },
      { email_verified: true },
      { password: 'another-Passw0rd!' },
      { phone_number: '+15550100' },
      { username: 'boss' },
      { connection: DEFAULT_CONNECTION, password: 'another-Passw0rd!' },
    ]) {
      const { status } = await server.api('PATCH', path, change, { token });
      expect([400, 403], JSON.stringify(change)).toContain(status);
    }
    const { body: after } = await server.api<Record<string, unknown>>('GET', path);
    expect(after).toEqual(before);
  });

  test('cannot use the token at an endpoint for another audience', async () => {
    const client = await aClient({ grant_types: ['password'] });
    const me = await aPerson();
    const plain = await withPassword(client, me.email, { scope: 'openid profile' });
    for (const token of [plain.body.access_token ?? '']) {
      expect((await server.api('GET', '/api/v2/users', undefined, { token })).status).toBe(401);
    }
    const machine = await server.token();
    const userinfo = await fetch(`${server.url}/userinfo`, {
      headers: { authorization: `Bearer ${machine}` },
    });
    expect(userinfo.status).toBe(401);
  });
});

describe('a machine client', () => {
  const forItself = (client: { id: string; secret: string }, more: object = {}) =>
    ask({
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      audience,
      ...more,
    });

  test('gets no token without a grant, and no more scopes than its grant has', async () => {
    const client = await aClient({ app_type: 'non_interactive' });
    expect((await forItself(client)).status).toBe(403);
    const granted = await server.api('POST', '/api/v2/client-grants', {
      client_id: client.id,
      audience,
      scope: ['read:users'],
    });
    expect(granted.status).toBe(201);
    const { body } = await forItself(client, { scope: 'read:users update:users read:clients' });
    const token = body.access_token;
    if (token !== undefined) {
      expect(decodeJwt(token).scope).toBe('read:users');
      expect((await server.api('GET', '/api/v2/clients', undefined, { token })).status).toBe(403);
    }
    const plain = await forItself(client);
    expect(decodeJwt(plain.body.access_token ?? '').scope).toBe('read:users');
  });

  test('gets no token for second factors, and neither does a third-party application', async () => {
    const mfa = `${server.url}/mfa/`;
    const scope = 'enroll read:authenticators remove:authenticators';
    const program = await aClient({ app_type: 'non_interactive' });
    expect((await forItself(program, { audience: mfa, scope })).status).toBe(403);
    const { email } = await aPerson();
    const { databaseUrl } = server.config;
    // Only an earlier version allowed third-party applications. The embedded database has one connection.
    if (databaseUrl !== undefined) {
      const foreign = await aClient({ grant_types: ['password'] });
      const database = await openDatabase({ url: databaseUrl, dataDir: server.config.dataDir });
      await database.execute(
        `update clients set settings = settings || '{"isFirstParty":false}'::jsonb where id = $1`,
        [foreign.id],
      );
      await database.close();
      const theirs = await withPassword(foreign, email, { audience: mfa, scope });
      expect(theirs.status).toBe(403);
    }
    const own = await aClient({ grant_types: ['password'] });
    const { body } = await withPassword(own, email, { audience: mfa, scope });
    const token = body.access_token ?? '';
    expect(String(decodeJwt(token).scope).split(' ')).toContain('remove:authenticators');
    expect((await server.api('GET', '/api/v2/users', undefined, { token })).status).toBe(401);
  });

  test("cannot request a token as another client or with another client's secret", async () => {
    const [one, other] = [await aClient(), await aClient()];
    for (const pair of [
      { id: BOOTSTRAP.id, secret: one.secret },
      { id: BOOTSTRAP.id, secret: '' },
      { id: `${BOOTSTRAP.id}\0`, secret: BOOTSTRAP.secret },
      { id: one.id, secret: other.secret },
    ]) {
      const { status } = await forItself(pair);
      expect([400, 401, 403]).toContain(status);
    }
  });

  test('gets no token after it was deleted', async () => {
    const client = await aClient({ app_type: 'non_interactive' });
    await server.api('POST', '/api/v2/client-grants', {
      client_id: client.id,
      audience,
      scope: ['read:clients'],
    });
    const { body } = await forItself(client);
    const token = body.access_token ?? '';
    expect((await server.api('GET', '/api/v2/clients', undefined, { token })).status).toBe(200);
    await server.api('DELETE', `/api/v2/clients/${client.id}`);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await server.api('GET', '/api/v2/clients', undefined, { token })).status).toBe(401);
    expect((await forItself(client)).status).toBe(401);
  });

  test('gets no access with a revoked signing key', async () => {
    const token = await server.token(['read:clients']);
    const { body: keys } = await server.api<{ kid: string; current?: boolean }[]>(
      'GET',
      '/api/v2/keys/signing',
    );
    const current = keys.find((key) => key.current === true);
    expect((await server.api('POST', '/api/v2/keys/signing/rotate')).status).toBe(201);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const { body } = await forItself({ id: BOOTSTRAP.id, secret: BOOTSTRAP.secret });
    const fresh = body.access_token ?? '';
    expect((await server.api('GET', '/api/v2/clients', undefined, { token })).status).toBe(200);
    const revoked = await server.api(
      'PUT',
      `/api/v2/keys/signing/${current?.kid}/revoke`,
      undefined,
      { token: fresh },
    );
    expect(revoked.status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await server.api('GET', '/api/v2/clients', undefined, { token })).status).toBe(401);
    expect((await server.api('GET', '/api/v2/clients', undefined, { token: fresh })).status).toBe(
      200,
    );
  });
});
