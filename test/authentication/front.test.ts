import { connect } from 'node:net';
import { beforeAll, expect, test } from 'vitest';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import {
  ensureSigningKeys,
  publicKeys,
  signingKeys,
} from '../../src/records/signing-keys/signing-keys.ts';
import { atOnce } from '../harness/factories.ts';
import { freshDatabase } from '../harness/harness.ts';
import {
  aClient,
  aUser,
  authorizeUrl,
  Browser,
  CALLBACK,
  type Door,
  keys,
  logIn,
  openDoor,
} from './fixture.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  return door.close;
});

/** Returns the server's answer to these lines, byte for byte. */
async function raw(lines: string[]): Promise<string> {
  const socket = connect(door.port, '127.0.0.1');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('no header and no form of request makes the server announce a foreign address', async () => {
  const client = await aClient(door);
  const path = authorizeUrl({ url: '' }, { clientId: client.id });
  const forged = ['Host: evil.test', 'X-Forwarded-Host: evil.test', 'X-Forwarded-Proto: https'];
  const requests = [
    [`GET ${path} HTTP/1.1`, ...forged],
    [`GET http://evil.test${path} HTTP/1.1`, ...forged],
    ['GET /.well-known/openid-configuration HTTP/1.1', ...forged],
    ['GET /v2/logout HTTP/1.1', ...forged],
    ['GET /authorize?client_id=x HTTP/1.1', ...forged],
  ];
  for (const lines of requests) {
    const answer = await raw([...lines, 'Connection: close']);
    expect(answer, lines[0]).toMatch(/^HTTP\/1\.1 (200|303|400) /);
    expect(answer, lines[0]).not.toContain('evil.test');
  }
});

test.each([
  ['a Host header', (path: string) => [`GET ${path} HTTP/1.1`, 'Host: evil.test']],
  [
    "a proxy's headers",
    (path: string) => [
      `GET ${path} HTTP/1.1`,
      'Host: evil.test',
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Proto: https',
    ],
  ],
  [
    'an absolute URL',
    (path: string) => [`GET http://evil.test${path} HTTP/1.1`, 'Host: evil.test'],
  ],
])('a login begun with a forged %s resumes at our own address', async (_name, lines) => {
  const client = await aClient(door);
  const user = await aUser(door);
  const path = authorizeUrl({ url: '' }, { clientId: client.id });
  const answer = await raw([...lines(path), 'Connection: close']);
  const cookies = [...answer.matchAll(/^set-cookie: ([^;]+)/gim)]
    .map(([, pair]) => pair)
    .join('; ');
  const login = /^location: (\S+)/im.exec(answer)?.[1] ?? '';
  const finished = await fetch(`${door.url}${login}&as=${encodeURIComponent(user.id)}`, {
    headers: { cookie: cookies },
    redirect: 'manual',
  });
  expect(finished.headers.get('location')?.startsWith(`${door.url}/authorize/`)).toBe(true);
});

test('discovery lists addresses that answer', async () => {
  const answer = await fetch(`${door.url}/.well-known/openid-configuration`);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  const metadata = (await answer.json()) as Record<string, string>;
  expect(metadata.issuer).toBe(`${door.url}/`);
  const endpoints = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name));
  expect(endpoints.length).toBe(9);
  for (const [name, address] of endpoints) {
    const method = /token|revocation|device|mfa|pushed/.test(name) ? 'POST' : 'GET';
    const { status } = await fetch(address, { method });
    expect([200, 400, 401], name).toContain(status);
  }
});

test('the OpenID client library completes a login', async () => {
  const oidc = await import('openid-client');
  const client = await aClient(door);
  const user = await aUser(door);
  const config = await oidc.discovery(
    new URL(door.url),
    client.id,
    client.secret,
    oidc.ClientSecretBasic(client.secret),
    { execute: [oidc.allowInsecureRequests] },
  );
  await expect(
    oidc.clientCredentialsGrant(config, { audience: 'https://none.test' }),
  ).rejects.toMatchObject({ error: 'access_denied', status: 403 });

  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedNonce = oidc.randomNonce();
  const { searchParams } = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid email offline_access',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    nonce: expectedNonce,
    state: 'st',
    max_age: '600',
  });
  const params = Object.fromEntries(searchParams);
  const back = await logIn(door, new Browser(), { clientId: client.id, params }, user.id);
  const tokens = await oidc.authorizationCodeGrant(config, back, {
    pkceCodeVerifier,
    expectedNonce,
    expectedState: 'st',
    maxAge: 600,
  });
  const info = await oidc.fetchUserInfo(config, tokens.access_token, user.id);
  expect(info.email).toBe(user.email);
  const again = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
  expect(again.claims()?.sub).toBe(user.id);
  await oidc.tokenRevocation(config, again.refresh_token ?? '');
  await expect(oidc.refreshTokenGrant(config, again.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

test('a body that is too large or unreadable is an OAuth error', async () => {
  const answer = await fetch(`${door.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ code: 'x'.repeat(100_000) }),
  });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
});

test('cookies are for TLS only behind TLS', async () => {
  const secure = await openDoor(undefined, {}, 'https');
  const client = await aClient(secure);
  const answer = await fetch(authorizeUrl(secure, { clientId: client.id }), { redirect: 'manual' });
  const cookies = answer.headers.getSetCookie();
  expect(cookies.length).toBeGreaterThan(4);
  for (const cookie of cookies) expect(cookie).toMatch(/; secure(;|$)/i);
  await secure.close();
});

test('scripts cannot read the cookies, and the cookies stay within the site', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const seen: string[] = [];
  const browser = new Browser();
  const get = browser.get.bind(browser);
  browser.get = async (...request) => {
    const answer = await get(...request);
    seen.push(...answer.headers.getSetCookie());
    return answer;
  };
  await logIn(door, browser, { clientId: client.id }, user.id);
  expect(seen.length).toBeGreaterThan(4);
  for (const cookie of seen) expect(cookie).toMatch(/; samesite=lax;.*httponly/i);
});

test('nodes that start at once create and keep one current and one next signing key', async () => {
  const database = await freshDatabase();
  await atOnce(8, () =>
    ensureSigningKeys(database.db, keys, { subject: 'localhost', now: new Date() }),
  );
  const [first, next, ...others] = await publicKeys(database.db);
  expect(others).toEqual([]);
  expect(next?.kid).not.toBe(first?.kid);
  expect(first).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig', e: 'AQAB' });
  expect(first).not.toHaveProperty('d');
  await ensureSigningKeys(database.db, keys, { subject: 'localhost', now: new Date() });
  expect((await publicKeys(database.db)).map(({ kid }) => kid)).toEqual([first?.kid, next?.kid]);
  const [own] = await signingKeys(database.db, keys);
  expect(own).toMatchObject({ kid: first?.kid, d: expect.any(String) });
  const { rows } = await database.execute('select signing_keys::text as row from signing_keys');
  expect(String(rows[0]?.row)).not.toContain(own?.d);
  const other = deriveKeys('another secret of at least 32 characters');
  await expect(signingKeys(database.db, other)).rejects.toThrow(/another secret/);
  await database.close();
});
