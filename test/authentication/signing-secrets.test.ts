import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { registerClient } from '../sdk/sdk-world.ts';
import { postToken } from './fixture.ts';

const REALM = 'http://auth0.com/oauth/grant-type/password-realm';
const SECRET = 'a secret of more than sixteen characters';
const API = 'urn:signed-with-a-secret';
type Api = { id: string; signing_alg: string; signing_secret?: string; statusCode?: number };

let server: TestServer;
const apis = (method: string, path: string, body?: object) =>
  server.api<Api>(method, `/api/v2/resource-servers${path}`, body);
const bytes = (secret: string) => new TextEncoder().encode(secret);

beforeAll(async () => {
  server = await startServer();
  const made = await apis('POST', '', {
    identifier: API,
    signing_alg: 'HS256',
    signing_secret: SECRET,
    scopes: [{ value: 'a' }],
  });
  expect([made.status, made.body.signing_secret]).toEqual([201, SECRET]);
});

async function tokenOfPerson(audience: string): Promise<string> {
  const { clientId, clientSecret } = await registerClient(server, {
    name: 'Reader',
    app_type: 'regular_web',
    grant_types: [REALM],
  });
  const { email } = aPerson();
  const password = aPassword();
  const fields = { connection: DEFAULT_CONNECTION, email, password, email_verified: true };
  expect((await server.api('POST', '/api/v2/users', fields)).status).toBe(201);
  const { status, body } = await postToken(server, {
    grant_type: REALM,
    realm: DEFAULT_CONNECTION,
    username: email,
    password,
    scope: 'openid a',
    audience,
    client_id: clientId,
    client_secret: clientSecret,
  });
  expect(status).toBe(200);
  return String(body.access_token);
}

const withToken = async (path: string, token: string) =>
  (await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;

describe('an API with a secret', () => {
  test('has its tokens signed with it, for itself alone', async () => {
    const token = await tokenOfPerson(API);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    const { payload } = await jwtVerify(token, bytes(SECRET), { issuer: `${server.url}/` });
    expect(payload).toMatchObject({ aud: API, scope: 'openid a' });
    expect(await withToken('/userinfo', token)).toBe(401);
    expect(await withToken('/api/v2/users', token)).toBe(401);
  });

  test('is shown its secret, which is made where none is given and kept while it is HS256', async () => {
    const made = await apis('POST', '', { identifier: 'urn:made', signing_alg: 'HS256' });
    const { id, signing_secret: secret = '' } = made.body;
    expect(secret).toMatch(/^[A-Za-z0-9]{64}$/);
    await apis('PATCH', `/${id}`, { name: 'Made' });
    expect((await apis('GET', `/${id}`)).body.signing_secret).toBe(secret);
    const other = await apis('PATCH', `/${id}`, { signing_secret: SECRET });
    expect(other.body.signing_secret).toBe(SECRET);
    const back = await apis('PATCH', `/${id}`, { signing_alg: 'RS256' });
    expect(back.body).not.toHaveProperty('signing_secret');
  });

  test('may have a secret of sixteen characters, as Auth0 takes it', async () => {
    const short = 'sixteen-octets-1';
    const identifier = 'urn:short-secret';
    const made = await apis('POST', '', {
      identifier,
      signing_alg: 'HS256',
      signing_secret: short,
      scopes: [{ value: 'a' }],
    });
    expect(made.status).toBe(201);
    const { payload } = await jwtVerify(await tokenOfPerson(identifier), bytes(short));
    expect(payload.aud).toBe(identifier);
  });

  test('is refused a secret that is short, or that nothing is signed with', async () => {
    for (const body of [
      { identifier: 'urn:bad', signing_alg: 'HS256', signing_secret: 'x'.repeat(15) },
      { identifier: 'urn:bad', signing_secret: SECRET },
      { identifier: 'urn:bad', signing_alg: 'PS256', signing_secret: SECRET },
      { identifier: 'urn:bad', signing_alg: 'RS512' },
    ]) {
      expect((await apis('POST', '', body)).status, JSON.stringify(body)).toBe(400);
    }
  });
});

describe('a forged token is refused', () => {
  const signed = (secret: Uint8Array, audience: string, kid?: string) =>
    new SignJWT({ scope: 'openid read:users', azp: 'x', sub: 'auth0|1' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...(kid !== undefined && { kid }) })
      .setIssuer(`${server.url}/`)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(secret);

  test.each([
    '/api/v2/users',
    '/userinfo',
  ])('at %s, with an API’s secret or a public key', async (path) => {
    const audience = path === '/userinfo' ? `${server.url}/userinfo` : `${server.url}/api/v2/`;
    const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string; n: string; x5c?: string[] }[];
    };
    const pem = await (await fetch(`${server.url}/pem`)).text();
    for (const [secret, kid] of [
      [SECRET, undefined],
      [pem, keys[0]?.kid],
      [keys[0]?.n ?? '', keys[0]?.kid],
      [JSON.stringify(keys[0]), keys[0]?.kid],
    ] as const) {
      expect(await withToken(path, await signed(bytes(secret), audience, kid))).toBe(401);
    }
  });

  test('and one of an RS256 API never names another algorithm', async () => {
    await apis('POST', '', { identifier: 'urn:rsa', scopes: [{ value: 'a' }] });
    const token = await tokenOfPerson('urn:rsa');
    expect(decodeProtectedHeader(token).alg).toBe('RS256');
    expect(decodeJwt(token).aud).toEqual(['urn:rsa', `${server.url}/userinfo`]);
    expect(await withToken('/userinfo', token)).toBe(200);
  });
});
