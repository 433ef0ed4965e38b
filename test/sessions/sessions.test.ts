import { beforeAll, describe, expect, test } from 'vitest';
import { listAccess } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { atOnce } from '../harness/factories.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { CALLBACK } from '../harness/world.ts';
import { authorizeAt, browserOf, type Credentials } from '../logs/browser.ts';

let world: PasswordWorld;

beforeAll(async () => {
  world = await openPasswordWorld();
});

type SessionWire = Record<string, unknown> & { id: string };
type Tokens = { access_token: string; refresh_token?: string; error?: string };

type Browser = ReturnType<typeof browserOf>;

const authorize = (browser: Browser, person: Credentials | null, more?: Record<string, string>) =>
  authorizeAt(world, browser, person, more);

async function token(fields: Record<string, string>): Promise<{ status: number; body: Tokens }> {
  const answer = await fetch(`${world.server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: world.client.id,
      client_secret: world.client.secret,
      ...fields,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Tokens };
}

async function signedIn() {
  const person = await world.createUser();
  const browser = browserOf('Tests/2 (Linux)');
  const back = await authorize(browser, person);
  const code = back.searchParams.get('code') ?? '';
  const tokens = await token({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK });
  expect(tokens.status, JSON.stringify(tokens.body)).toBe(200);
  const of = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  return { person, browser, of, refreshToken: tokens.body.refresh_token ?? '' };
}

const refresh = (refreshToken: string) =>
  token({ grant_type: 'refresh_token', refresh_token: refreshToken });

async function sessionsOf(of: string): Promise<SessionWire[]> {
  const answer = await world.server.api<{ sessions: SessionWire[] }>('GET', `${of}/sessions`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.sessions;
}

async function tokensOf(of: string): Promise<SessionWire[]> {
  const answer = await world.server.api<{ tokens: SessionWire[] }>('GET', `${of}/refresh-tokens`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.tokens;
}

const silently = async (browser: Browser) =>
  Object.fromEntries((await authorize(browser, null, { prompt: 'none' })).searchParams);

test('a session and its refresh token are listed with ids that open nothing', async () => {
  const { person, of, refreshToken } = await signedIn();
  const [session, ...others] = await sessionsOf(of);
  expect(others).toEqual([]);
  expect(session).toMatchObject({
    user_id: person.userId,
    device: {
      initial_ip: '192.0.2.9',
      initial_user_agent: 'Tests/2 (Linux)',
      last_ip: '192.0.2.9',
      last_user_agent: 'Tests/2 (Linux)',
    },
    clients: [{ client_id: world.client.id }],
    authentication: { methods: [{ name: 'pwd' }] },
    cookie: { mode: 'persistent' },
  });
  const minutes = (name: string) =>
    Math.round(
      (Date.parse(String(session?.[name])) - Date.parse(String(session?.authenticated_at))) /
        60_000,
    );
  expect([minutes('idle_expires_at'), minutes('expires_at')]).toEqual([3 * 24 * 60, 7 * 24 * 60]);
  const [shown] = await tokensOf(of);
  expect(shown).toMatchObject({
    user_id: person.userId,
    client_id: world.client.id,
    session_id: session?.id,
    rotating: true,
    device: { last_user_agent: expect.any(String) },
  });
  expect((await refresh(shown?.id ?? '')).status).toBe(403);
  const next = await refresh(refreshToken);
  expect(next.status).toBe(200);
  const [after] = await tokensOf(of);
  expect(after?.id).toBe(shown?.id);
  expect(after?.created_at).toBe(shown?.created_at);
  expect((await world.server.api('GET', `/api/v2/sessions/${session?.id}`)).body).toEqual(session);
  expect((await world.server.api('GET', `/api/v2/refresh-tokens/${shown?.id}`)).body).toEqual(
    after,
  );
});

describe('an ended session', () => {
  test('makes its user log in again, and keeps its refresh token', async () => {
    const { browser, of, refreshToken } = await signedIn();
    expect(await silently(browser)).toHaveProperty('code');
    const [session] = await sessionsOf(of);
    expect((await world.server.api('DELETE', `/api/v2/sessions/${session?.id}`)).status).toBe(202);
    expect(await silently(browser)).toMatchObject({ error: 'login_required' });
    expect(await sessionsOf(of)).toEqual([]);
    expect((await world.server.api('GET', `/api/v2/sessions/${session?.id}`)).body).toMatchObject({
      statusCode: 404,
      message: 'The session does not exist.',
    });
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  test('and its tokens leave the tokens of other sessions alone', async () => {
    const each = await signedIn();
    const other = browserOf('Tests/3');
    const code = (await authorize(other, each.person)).searchParams.get('code') ?? '';
    const more = await token({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK });
    const late = (await authorize(each.browser, null, { prompt: 'none' })).searchParams.get('code');
    const [mine] = (await sessionsOf(each.of)).filter(
      ({ device }) => (device as Record<string, string>).initial_user_agent === 'Tests/2 (Linux)',
    );
    const revoked = await world.server.api('POST', `/api/v2/sessions/${mine?.id}/revoke`);
    expect(revoked.status).toBe(202);
    expect(await silently(each.browser)).toMatchObject({ error: 'login_required' });
    expect((await refresh(each.refreshToken)).status).toBe(403);
    const exchange = { grant_type: 'authorization_code', redirect_uri: CALLBACK };
    expect((await token({ ...exchange, code: late ?? '' })).status).toBe(403);
    expect(await silently(other)).toHaveProperty('code');
    expect((await refresh(more.body.refresh_token ?? '')).status).toBe(200);
  });

  test('does not come back through pending requests', async () => {
    const { browser, of } = await signedIn();
    const [session] = await sessionsOf(of);
    const work = [
      ...Array.from({ length: 12 }, () => () => silently(browser).catch(() => ({}))),
      () => world.server.api('DELETE', `/api/v2/sessions/${session?.id}`),
    ];
    await atOnce(work.length, async (n) => work[(n + 5) % work.length]?.());
    expect(await silently(browser)).toMatchObject({ error: 'login_required' });
    expect(await sessionsOf(of)).toEqual([]);
  });
});

describe('a revoked refresh token', () => {
  test('is refused, also by its id after a rotation', async () => {
    const { of, refreshToken } = await signedIn();
    const [shown] = await tokensOf(of);
    const next = (await refresh(refreshToken)).body.refresh_token ?? '';
    const deleted = await world.server.api('DELETE', `/api/v2/refresh-tokens/${shown?.id}`);
    expect(deleted.status).toBe(202);
    expect((await refresh(next)).status).toBe(403);
    expect(await tokensOf(of)).toEqual([]);
  });

  test('leaves no successor that was issued at the same moment', async () => {
    const { of, refreshToken } = await signedIn();
    const [shown] = await tokensOf(of);
    const work = [
      () => refresh(refreshToken),
      () => world.server.api('DELETE', `/api/v2/refresh-tokens/${shown?.id}`),
    ];
    const answers = await atOnce(2, async (n) => work[n]?.());
    const issued = (answers[0]?.body as Tokens).refresh_token;
    if (issued !== undefined) expect((await refresh(issued)).status).toBe(403);
    expect(await tokensOf(of)).toEqual([]);
  });

  test.each([
    ['the refresh tokens of a user', 'user_id', 202],
    ['the refresh tokens of an application', 'client_id', 202],
    ['nothing', 'nothing', 400],
  ])('ends with %s', async (_what, by, status) => {
    const { person, refreshToken } = await signedIn();
    const body: Record<string, string> =
      by === 'user_id'
        ? { user_id: person.userId }
        : by === 'client_id'
          ? { client_id: world.client.id }
          : {};
    const answer = await world.server.api('POST', '/api/v2/refresh-tokens/revoke', body);
    expect(answer.status).toBe(status);
    expect((await refresh(refreshToken)).status).toBe(status === 202 ? 403 : 200);
  });
});

test('a user loses all access at once, with or without the refresh tokens', async () => {
  const kept = await signedIn();
  const preserve = { preserve_refresh_tokens: true };
  const first = await world.server.api('POST', `${kept.of}/revoke-access`, preserve);
  expect(first.status).toBe(202);
  expect(await silently(kept.browser)).toMatchObject({ error: 'login_required' });
  expect((await refresh(kept.refreshToken)).status).toBe(200);

  const lost = await signedIn();
  expect((await world.server.api('POST', `${lost.of}/revoke-access`)).status).toBe(202);
  expect(await silently(lost.browser)).toMatchObject({ error: 'login_required' });
  expect((await refresh(lost.refreshToken)).status).toBe(403);
  const foreign = { session_id: (await sessionsOf((await signedIn()).of))[0]?.id };
  const refused = await world.server.api('POST', `${lost.of}/revoke-access`, foreign);
  expect(refused.status).toBe(404);
});

test("a session's metadata survives use and is bounded", async () => {
  const { browser, of, refreshToken } = await signedIn();
  const [session] = await sessionsOf(of);
  const [shown] = await tokensOf(of);
  const path = `/api/v2/sessions/${session?.id}`;
  const put = await world.server.api('PATCH', path, { session_metadata: { desk: '7' } });
  expect(put.body).toMatchObject({ session_metadata: { desk: '7' } });
  const tokenPath = `/api/v2/refresh-tokens/${shown?.id}`;
  await world.server.api('PATCH', tokenPath, { refresh_token_metadata: { till: '3' } });
  await silently(browser);
  await refresh(refreshToken);
  expect((await sessionsOf(of))[0]).toMatchObject({ session_metadata: { desk: '7' } });
  expect((await tokensOf(of))[0]).toMatchObject({ refresh_token_metadata: { till: '3' } });
  const tooMuch = { session_metadata: { a: 'x'.repeat(256) } };
  expect((await world.server.api('PATCH', path, tooMuch)).status).toBe(400);
});

test("sessions live as long as the tenant's settings say", async () => {
  const { db } = world.server.app.database;
  const now = new Date();
  const { writeSetting } = await import('../../src/records/settings/settings.ts');
  await writeSetting(
    db,
    'tenant',
    { sessionLifetimeMinutes: 120, idleSessionLifetimeMinutes: 60 },
    now,
  );
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const { person } = await signedIn();
  const key = world.server.app.deps.keys.encryption;
  const asked = { model: 'Session' as const, userId: person.userId, afterId: null, limit: 5, now };
  const [session] = await listAccess(db, key, asked);
  const left = ((session?.expiresAt.getTime() ?? 0) - Date.now()) / 60_000;
  expect(left).toBeGreaterThan(58);
  expect(left).toBeLessThan(61);
});

test('grants are listed by user, and a deleted grant ends its tokens', async () => {
  const { person, refreshToken } = await signedIn();
  const path = `/api/v2/grants?user_id=${encodeURIComponent(person.userId)}`;
  const { body } = await world.server.api<Record<string, unknown>[]>('GET', path);
  expect(body).toMatchObject([
    {
      clientID: world.client.id,
      user_id: person.userId,
      scope: expect.arrayContaining(['openid']),
    },
  ]);
  expect((await world.server.api('DELETE', `/api/v2/grants/${body[0]?.id}`)).status).toBe(204);
  expect((await refresh(refreshToken)).status).toBe(403);
  expect((await world.server.api('GET', path)).body).toEqual([]);
});
