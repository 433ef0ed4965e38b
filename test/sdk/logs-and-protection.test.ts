import { ManagementClient } from 'auth0';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOOTSTRAP, DEFAULT_CONNECTION, type TestServer } from '../harness/harness.ts';
import { type ApiClient, createUser, type Person, registerClient } from '../harness/registered.ts';
import { type Certificate, startTlsServer } from './https.ts';

// The log, attack protection, and sessions with refresh tokens, through the official SDK.
let server: TestServer;
let certificate: Certificate;
let management: ManagementClient;
let client: ApiClient;

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer());
  const domain = new URL(server.url).host;
  management = new ManagementClient({
    domain,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
  client = await registerClient(server, {
    name: 'Meadow',
    grant_types: ['http://auth0.com/oauth/grant-type/password-realm', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
  });
});

afterAll(() => certificate?.remove());

async function token(fields: Record<string, string>) {
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.id,
      client_secret: client.secret,
      ...fields,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

const login = ({ email, password }: Pick<Person, 'email' | 'password'>) =>
  token({
    grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
    username: email,
    password,
    realm: DEFAULT_CONNECTION,
    scope: 'openid offline_access',
  });

async function all<T>(page: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of page) items.push(item);
  return items;
}

describe('the log', () => {
  test('is listed, page after page, searched, and read one by one', async () => {
    const user = await createUser(server);
    for (let n = 0; n < 3; n++) await login(user);
    await server.app.flushLog();
    const found = await all(
      await management.logs.list({ search: `user_name:"${user.email}" type:sepft`, per_page: 2 }),
    );
    expect(found).toHaveLength(3);
    expect(found[0]).toMatchObject({
      type: 'sepft',
      user_id: user.userId,
      client_name: 'Meadow',
      connection: DEFAULT_CONNECTION,
      strategy_type: 'database',
      ip: '127.0.0.1',
      isMobile: false,
    });
    expect(await management.logs.get(found[0]?.log_id ?? '')).toEqual(found[0]);
    const own = await all(await management.users.logs.list(user.userId, { per_page: 1 }));
    expect(own.map((log) => log.type)).toEqual(expect.arrayContaining(['sepft']));
    await expect(management.logs.get('90020200101000000000')).rejects.toMatchObject({
      statusCode: 404,
      body: { message: 'Log not found.' },
    });
  });

  test('is followed by checkpoint', async () => {
    await server.app.flushLog();
    const seen: string[] = [];
    let from = '900';
    for (;;) {
      const page = await management.logs.list({}, { queryParams: { from, take: '7' } });
      const entries = page.response as unknown as { log_id: string }[];
      if (entries.length === 0) break;
      seen.push(...entries.map((entry) => entry.log_id));
      from = seen.at(-1) ?? '';
    }
    expect(seen.length).toBeGreaterThan(7);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  test('counts the events by day', async () => {
    const days = await management.stats.getDaily();
    expect(days.at(-1)?.date).toBe(`${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`);
    expect(days.at(-1)?.logins).toBeGreaterThanOrEqual(3);
    expect(await management.stats.getActiveUsersCount()).toBeGreaterThanOrEqual(1);
    await expect(management.stats.getDaily({ from: '20269999' })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});

describe('attack protection', () => {
  test('is read and changed', async () => {
    const { attackProtection } = management;
    expect(await attackProtection.bruteForceProtection.get()).toMatchObject({ max_attempts: 10 });
    const changed = await attackProtection.bruteForceProtection.update({ max_attempts: 3 });
    expect(changed).toMatchObject({ enabled: true, max_attempts: 3 });
    expect(
      await attackProtection.suspiciousIpThrottling.update({ allowlist: ['10.0.0.0/8'] }),
    ).toMatchObject({ allowlist: ['10.0.0.0/8'], enabled: true });
    expect(
      await attackProtection.breachedPasswordDetection.update({ enabled: true, shields: [] }),
    ).toMatchObject({ enabled: true, method: 'standard' });
    const { botDetection, captcha, phoneProviderProtection } = attackProtection;
    for (const notOffered of [botDetection, captcha, phoneProviderProtection]) {
      await expect(notOffered.get()).rejects.toMatchObject({ statusCode: 403 });
    }
  });

  test('blocks an account, reports the block, and lifts it by its user or its name', async () => {
    const user = await createUser(server);
    for (const lift of [
      () => management.userBlocks.delete(user.userId),
      () => management.userBlocks.deleteByIdentifier({ identifier: user.email }),
    ]) {
      for (let n = 0; n < 3; n++) {
        expect((await login({ ...user, password: 'wrong' })).status).toBe(403);
      }
      expect(await login(user)).toMatchObject({
        status: 429,
        body: { error: 'too_many_attempts' },
      });
      const blocked_for = [
        { identifier: user.email, ip: '127.0.0.1', connection: DEFAULT_CONNECTION },
      ];
      expect(await management.userBlocks.list(user.userId)).toEqual({ blocked_for });
      const byName = { identifier: user.email };
      expect(await management.userBlocks.listByIdentifier(byName)).toEqual({ blocked_for });
      await lift();
      expect(await management.userBlocks.list(user.userId)).toEqual({ blocked_for: [] });
      expect((await login(user)).status).toBe(200);
    }
    await expect(management.userBlocks.list('auth0|nobody')).rejects.toMatchObject({
      statusCode: 404,
    });
    await expect(management.anomaly.blocks.checkIp('192.0.2.1')).rejects.toMatchObject({
      statusCode: 404,
    });
    await management.anomaly.blocks.unblockIp('192.0.2.1');
  });
});

test('refresh tokens are listed, described and revoked', async () => {
  const user = await createUser(server);
  const { refresh_token = '' } = (await login(user)).body;
  await login(user);
  const tokens = await all(await management.users.refreshToken.list(user.userId, { take: 1 }));
  expect(tokens).toHaveLength(2);
  const [first] = tokens;
  expect(first).toMatchObject({ user_id: user.userId, client_id: client.id });
  const id = first?.id ?? '';
  const described = await management.refreshTokens.update(id, {
    refresh_token_metadata: { till: '3' },
  });
  expect(described).toMatchObject({ id, refresh_token_metadata: { till: '3' } });
  expect(await management.refreshTokens.get(id)).toEqual(described);
  await management.refreshTokens.delete(id);
  await expect(management.refreshTokens.get(id)).rejects.toMatchObject({ statusCode: 404 });
  const left = await all(
    await management.refreshTokens.list({ user_id: user.userId, client_id: client.id }),
  );
  expect(left).toHaveLength(1);
  await management.refreshTokens.revoke({ user_id: user.userId });
  const refused = await token({ grant_type: 'refresh_token', refresh_token });
  expect([refused.status, refused.body.error]).toEqual([403, 'invalid_grant']);
  expect(await all(await management.users.sessions.list(user.userId))).toEqual([]);
  await management.users.sessions.delete(user.userId);
  await management.users.revokeAccess(user.userId, { preserve_refresh_tokens: false });
  await expect(management.sessions.get('nothing')).rejects.toMatchObject({ statusCode: 404 });
  await management.sessions.delete('nothing');
  await management.userGrants.deleteByUserId({ user_id: user.userId });
  expect(await all(await management.userGrants.list({ user_id: user.userId }))).toEqual([]);
});
