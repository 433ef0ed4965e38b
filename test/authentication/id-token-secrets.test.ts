import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { registerClient } from '../harness/registered.ts';
import { postToken } from './fixture.ts';

const REALM = 'http://auth0.com/oauth/grant-type/password-realm';
const HS256 = { jwt_configuration: { alg: 'HS256' } };
type Answer = { client_id: string; client_secret: string; message: string };
type App = { client_id: string; client_secret: string };

let server: TestServer;
let person: { email: string; password: string };
beforeAll(async () => {
  server = await startServer({ clientSecrets: 'encrypted' });
  person = { email: aPerson().email, password: aPassword() };
  const fields = { connection: DEFAULT_CONNECTION, ...person, email_verified: true };
  const made = await server.api('POST', '/api/v2/users', fields);
  if (made.status !== 201) throw new Error(made.text);
});

const clients = (method: string, path: string, body?: object, at = server) =>
  server === at
    ? server.api<Answer>(method, `/api/v2/clients${path}`, body)
    : at.api<Answer>(method, `/api/v2/clients${path}`, body);
const bytes = (secret: string) => new TextEncoder().encode(secret);

async function anApp(fields: object = HS256): Promise<App> {
  const { id: clientId, secret: clientSecret } = await registerClient(server, {
    name: 'Signs with its secret',
    app_type: 'regular_web',
    grant_types: [REALM, 'refresh_token'],
    ...fields,
  });
  return { client_id: clientId, client_secret: String(clientSecret) };
}

async function tokensOf(app: App, headers: Record<string, string> = {}) {
  const { body, status } = await postToken(
    server,
    {
      grant_type: REALM,
      realm: DEFAULT_CONNECTION,
      username: person.email,
      password: person.password,
      scope: 'openid email offline_access',
      ...app,
    },
    headers,
  );
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

const hintStatus = async (hint: string) =>
  (await fetch(`${server.url}/oidc/logout?id_token_hint=${hint}`)).status;

test('the secret of the application signs its ID tokens, also refreshed ones', async () => {
  const app = await anApp();
  const tokens = await tokensOf(app);
  const again = await postToken(server, {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
    ...app,
  });
  for (const token of [tokens.id_token, again.body.id_token]) {
    // A secret key has no public id.
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256' });
    const { payload } = await jwtVerify(token, bytes(app.client_secret), {
      issuer: `${server.url}/`,
      audience: app.client_id,
      algorithms: ['HS256'],
    });
    expect(payload).toMatchObject({ email: person.email });
  }
  const info = await fetch(`${server.url}/userinfo`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  expect(info.status).toBe(200);

  const { body: rotated } = await clients('POST', `/${app.client_id}/rotate-secret`);
  const later = await tokensOf({ ...app, client_secret: rotated.client_secret });
  await jwtVerify(later.id_token, bytes(rotated.client_secret), { algorithms: ['HS256'] });
  expect(await hintStatus(tokens.id_token)).toBe(400);
  expect(await hintStatus(later.id_token)).toBe(200);
});

test('a logout hint counts only for the application whose secret signed it', async () => {
  const [mine, other, plain] = [await anApp(), await anApp(), await anApp({})];
  const { id_token } = await tokensOf(mine);
  expect(await hintStatus(id_token)).toBe(200);
  const claims = decodeJwt(id_token);
  const forge = (aud: string | string[] | undefined, secret: string) =>
    new SignJWT({ ...claims, ...(aud !== undefined && { aud }) })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(bytes(secret));
  const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).text();
  const forged = [
    await forge(other.client_id, mine.client_secret),
    await forge([mine.client_id, other.client_id], mine.client_secret),
    await forge('nobody', mine.client_secret),
    // An application whose ID tokens are signed by a server key does not decide.
    await forge(plain.client_id, plain.client_secret),
    await forge(mine.client_id, jwks),
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${id_token.split('.')[1]}.`,
    `${id_token.slice(0, id_token.lastIndexOf('.'))}.AAAA`,
  ];
  for (const hint of forged) expect(await hintStatus(hint), hint).toBe(400);
  const asToken = await fetch(`${server.url}/userinfo`, {
    headers: { authorization: `Bearer ${id_token}` },
  });
  expect(asToken.status).toBe(401);
});

test('HS256 is refused for a client without a usable secret', async () => {
  const { client_id } = await anApp();
  const hashed = await startServer();
  const known = await clients('POST', '', { name: 'Hashed' }, hashed);
  const refusals = [
    await clients('POST', '', { name: 'A', ...HS256 }, hashed),
    await clients('PATCH', `/${known.body.client_id}`, HS256, hashed),
  ];
  for (const { status, body } of refusals) {
    expect([status, body.message]).toEqual([
      400,
      expect.stringContaining('CLIENT_SECRETS=encrypted in its environment or .env'),
    ]);
  }
  const others = [
    await clients('POST', '', { name: 'A', token_endpoint_auth_method: 'none', ...HS256 }),
    await clients('PATCH', `/${client_id}`, { token_endpoint_auth_method: 'none' }),
    await clients('PATCH', `/${client_id}`, { client_secret: 'only-24-characters-long!' }),
  ];
  expect(others.map(({ status }) => status)).toEqual([400, 400, 400]);
});

test('the discovery document lists HS256', async () => {
  const answer = await fetch(`${server.url}/.well-known/openid-configuration`);
  expect(await answer.json()).toMatchObject({
    id_token_signing_alg_values_supported: ['RS256', 'PS256', 'HS256'],
  });
});
