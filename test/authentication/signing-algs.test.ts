import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { registerClient } from '../harness/registered.ts';
import { postToken } from './fixture.ts';

const API = 'urn:signed-with-pss';
const REALM = 'http://auth0.com/oauth/grant-type/password-realm';

let server: TestServer;
let keySet: JSONWebKeySet;
beforeAll(async () => {
  server = await startServer();
  keySet = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  const api = { identifier: API, signing_alg: 'PS256', scopes: [{ value: 'a' }] };
  const made = await server.api<{ signing_alg: string }>('POST', '/api/v2/resource-servers', api);
  if (made.body.signing_alg !== 'PS256') throw new Error(made.text);
});

/** Returns the tokens of a login to an application with ID tokens of this algorithm. */
async function tokensFor(alg: string | undefined, audience?: string) {
  const { id: clientId, secret: clientSecret } = await registerClient(server, {
    name: `Signs with ${alg}`,
    app_type: 'regular_web',
    grant_types: [REALM, 'refresh_token'],
    ...(alg && { jwt_configuration: { alg } }),
  });
  const { email } = aPerson();
  const password = aPassword();
  const fields = { connection: DEFAULT_CONNECTION, email, password, email_verified: true };
  const made = await server.api('POST', '/api/v2/users', fields);
  if (made.status !== 201) throw new Error(made.text);
  const client = { client_id: clientId, client_secret: clientSecret };
  const answer = await postToken(server, {
    grant_type: REALM,
    realm: DEFAULT_CONNECTION,
    username: email,
    password,
    scope: 'openid email offline_access a',
    ...(audience && { audience }),
    ...client,
  });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return { tokens: answer.body, client, email };
}

const verify = (token: string, alg: string) =>
  jwtVerify(token, createLocalJWKSet(keySet), {
    issuer: `${server.url}/`,
    algorithms: [alg],
  });

const userinfo = (token: string) =>
  fetch(`${server.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } });

test('the algorithm of the application signs its ID tokens, also refreshed ones', async () => {
  for (const alg of ['RS256', 'PS256', undefined]) {
    const { tokens, client, email } = await tokensFor(alg);
    const again = await postToken(server, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      ...client,
    });
    for (const token of [tokens.id_token, again.body.id_token]) {
      expect(decodeProtectedHeader(token).alg).toBe(alg ?? 'RS256');
      expect((await verify(token, alg ?? 'RS256')).payload).toMatchObject({ email });
    }
  }
});

test('the algorithm of the API signs its access tokens, and /userinfo accepts them', async () => {
  const { tokens, email } = await tokensFor(undefined, API);
  expect(decodeProtectedHeader(tokens.id_token).alg).toBe('RS256');
  expect(decodeProtectedHeader(tokens.access_token).alg).toBe('PS256');
  expect((await verify(tokens.access_token, 'PS256')).payload).toMatchObject({
    scope: expect.stringMatching(/\ba\b/),
  });
  const info = await userinfo(tokens.access_token);
  expect([info.status, await info.json()]).toMatchObject([200, { email }]);
});

test('a logout accepts an ID token of either algorithm as its hint', async () => {
  const { tokens } = await tokensFor('PS256');
  const ask = (hint: string) =>
    fetch(`${server.url}/oidc/logout?id_token_hint=${hint}`, { redirect: 'manual' });
  expect((await ask(tokens.id_token)).status).toBe(200);
  const [header, payload] = tokens.id_token.split('.');
  expect((await ask(`${header}.${payload}.AAAA`)).status).toBe(400);
});

test('a signature of one algorithm does not count as one of the other', async () => {
  const { tokens } = await tokensFor('PS256', API);
  for (const token of [tokens.access_token, tokens.id_token]) {
    const [header = '', ...rest] = token.split('.');
    const read = JSON.parse(Buffer.from(header, 'base64url').toString());
    const kid = read.kid.replace('_ps256', '');
    for (const changed of [{ alg: 'RS256' }, { alg: 'RS256', kid }, { kid }, { alg: 'HS256' }]) {
      const head = Buffer.from(JSON.stringify({ ...read, ...changed })).toString('base64url');
      const forged = [head, ...rest].join('.');
      expect((await userinfo(forged)).status, JSON.stringify(changed)).toBe(401);
      const hint = await fetch(`${server.url}/oidc/logout?id_token_hint=${forged}`);
      expect(hint.status, JSON.stringify(changed)).toBe(400);
    }
  }
});

test('the management API accepts and issues tokens of one algorithm', async () => {
  const token = await server.token();
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256' });
  const { tokens } = await tokensFor('PS256', API);
  expect(decodeJwt(tokens.access_token).aud).toContain(API);
  const answer = await server.api('GET', '/api/v2/clients', undefined, {
    token: tokens.access_token,
  });
  expect(answer.status).toBe(401);
});

test('the discovery document lists both algorithms', async () => {
  const answer = await fetch(`${server.url}/.well-known/openid-configuration`);
  expect(await answer.json()).toMatchObject({
    id_token_signing_alg_values_supported: ['RS256', 'PS256'],
  });
});
