import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { deleteGrant } from '../../src/records/client-grants/client-grants.ts';
import { API, aClient, aGrant, anApi, type Door, openDoor, postToken } from './fixture.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  await anApi(door);
  return door.close;
});

const ask = (client: { id: string; secret: string }, more: Record<string, unknown> = {}) =>
  postToken(door, {
    grant_type: 'client_credentials',
    client_id: client.id,
    client_secret: client.secret,
    audience: API,
    ...more,
  });

test('an application gets a token with the scopes of its grant, and nothing is stored', async () => {
  const client = await aClient(door);
  await aGrant(door, client.id, ['read:things', 'write:things']);
  const { status, body, headers } = await ask(client);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body).toEqual({
    access_token: expect.any(String),
    expires_in: 7200,
    scope: 'read:things write:things',
    token_type: 'Bearer',
  });
  const jwks = await fetch(`${door.url}/.well-known/jwks.json`);
  const { payload } = await jwtVerify(
    body.access_token,
    createLocalJWKSet((await jwks.json()) as JSONWebKeySet),
  );
  expect(payload).toEqual({
    iss: `${door.url}/`,
    sub: `${client.id}@clients`,
    aud: API,
    iat: expect.any(Number),
    exp: (payload.iat ?? 0) + 7200,
    azp: client.id,
    scope: 'read:things write:things',
    gty: 'client-credentials',
  });
  expect(decodeProtectedHeader(body.access_token)).toEqual({
    alg: 'RS256',
    typ: 'JWT',
    kid: expect.any(String),
  });
  expect((await door.database.execute('select * from oidc_payloads')).rows).toEqual([]);
});

test('a requested scope narrows the grant and never widens it', async () => {
  const client = await aClient(door);
  await aGrant(door, client.id, ['read:things']);
  const { body } = await ask(client, { scope: 'read:things write:things' });
  expect(body.scope).toBe('read:things');
});

test('an audience may be any string, and a form with Basic works as well as JSON', async () => {
  await anApi(door, 'things api #1');
  const client = await aClient(door);
  await aGrant(door, client.id, ['read:things'], 'things api #1');
  const answer = await fetch(`${door.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', audience: 'things api #1' }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  const [, payload = ''] = access_token.split('.');
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).aud).toBe('things api #1');
  const byResource = await ask(client, { audience: undefined, resource: API });
  expect(byResource.body).toMatchObject({ error: 'access_denied' });
});

test('refusals have the recorded statuses and texts', async () => {
  const client = await aClient(door);
  expect(await ask(client)).toMatchObject({
    status: 403,
    body: {
      error: 'access_denied',
      error_description: `Client is not authorized to access "${API}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
    },
  });
  expect(await ask(client, { audience: 'https://nobody.test' })).toMatchObject({
    status: 403,
    body: {
      error: 'access_denied',
      error_description: 'Service not enabled within domain: https://nobody.test',
    },
  });
  const unauthorized = {
    status: 401,
    body: { error: 'access_denied', error_description: 'Unauthorized' },
  };
  expect(await ask(client, { client_secret: 'wrong' })).toMatchObject(unauthorized);
  expect(await ask(client, { client_secret: undefined })).toMatchObject(unauthorized);
  expect(await ask({ id: 'nobody', secret: 'x' })).toMatchObject(unauthorized);
  const onlyUsers = await aClient(door, { grantTypes: ['authorization_code'] });
  const refused = await ask(onlyUsers);
  expect(refused.status).toBe(403);
  expect(refused.body).toEqual({
    error: 'unauthorized_client',
    error_description: "Grant type 'client_credentials' not allowed for the client.",
    error_uri: 'https://auth0.com/docs/clients/client-grant-types',
  });
  expect(await ask(client, { audience: undefined })).toMatchObject({
    status: 400,
    body: {
      error: 'invalid_request',
      error_description: 'Missing required parameter: audience',
    },
  });
  const noJson = await fetch(`${door.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"grant_type":',
  });
  expect(noJson.status).toBe(400);
  expect(await noJson.json()).toMatchObject({ error: 'invalid_request' });
});

test('a public client gets no token of its own', async () => {
  const client = await aClient(door, { tokenEndpointAuthMethod: 'none' });
  await aGrant(door, client.id, ['read:things']);
  expect(await ask(client, { client_secret: undefined })).toMatchObject({
    status: 403,
    body: { error: 'unauthorized_client' },
  });
});

test('a revoked grant stops working within about a second', async () => {
  const client = await aClient(door);
  const grant = await aGrant(door, client.id, ['read:things']);
  expect((await ask(client)).status).toBe(200);
  await deleteGrant(door.database.db, grant);
  await expect.poll(async () => (await ask(client)).status, { timeout: 3000 }).toBe(403);
});

test('only the origins of a client may call from a browser', async () => {
  const client = await aClient(door);
  await aGrant(door, client.id, []);
  const preflight = await fetch(`${door.url}/oauth/token`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://web.example.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('https://web.example.test');
  const from = (origin: string) =>
    postToken(
      door,
      {
        grant_type: 'client_credentials',
        client_id: client.id,
        client_secret: client.secret,
        audience: API,
      },
      { origin },
    );
  for (const origin of ['https://web.example.test', 'https://app.example.test']) {
    expect((await from(origin)).headers.get('access-control-allow-origin')).toBe(origin);
  }
  const evil = await from('https://evil.test');
  expect(evil.status).toBe(400);
  expect(evil.headers.get('access-control-allow-origin')).toBeNull();
});
