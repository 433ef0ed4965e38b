import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import {
  API,
  aClient,
  anApi,
  aUser,
  Browser,
  CALLBACK,
  type Door,
  logIn,
  openDoor,
  pkce,
  postToken,
} from './fixture.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  await anApi(door);
  return door.close;
});

async function push(fields: Record<string, string>) {
  const answer = await fetch(`${door.url}/oauth/par`, {
    method: 'POST',
    body: new URLSearchParams({ response_type: 'code', redirect_uri: CALLBACK, ...fields }),
  });
  const body = (await answer.json()) as { request_uri: string; expires_in: number };
  return { status: answer.status, body };
}

/** Opens /authorize with only the pushed request. */
async function follow(clientId: string, request_uri: string, userId: string) {
  const browser = new Browser();
  let url = `${door.url}/authorize?${new URLSearchParams({ client_id: clientId, request_uri })}`;
  for (let hop = 0; hop < 6; hop++) {
    const answer = await browser.get(url);
    const location = answer.headers.get('location');
    if (location === null) return { status: answer.status, url: null };
    const next = new URL(location, url);
    if (next.origin !== door.url) return { status: answer.status, url: next };
    if (next.pathname === '/u/login') next.searchParams.set('as', userId);
    url = next.href;
  }
  throw new Error('The login goes in circles.');
}

test('a pushed request logs a user in once, with all requested parameters', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const { verifier, challenge } = pkce();
  const pushed = await push({
    client_id: client.id,
    client_secret: client.secret,
    scope: 'openid email offline_access read:things',
    state: 'pushed',
    nonce: 'n',
    audience: API,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  expect(pushed).toEqual({
    status: 201,
    body: {
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/),
      expires_in: 60,
    },
  });
  const { url } = await follow(client.id, pushed.body.request_uri, user.id);
  expect(url?.searchParams.get('state')).toBe('pushed');
  const tokens = await postToken(door, {
    grant_type: 'authorization_code',
    code: url?.searchParams.get('code'),
    redirect_uri: CALLBACK,
    code_verifier: verifier,
    client_id: client.id,
    client_secret: client.secret,
  });
  expect(tokens.status).toBe(200);
  expect(decodeJwt(tokens.body.id_token)).toMatchObject({ nonce: 'n', email: user.email });
  expect(decodeJwt(tokens.body.access_token)).toMatchObject({
    aud: [API, `${door.url}/userinfo`],
    scope: 'openid email read:things offline_access',
  });
  expect(tokens.body.refresh_token).toEqual(expect.any(String));
  const again = await follow(client.id, pushed.body.request_uri, user.id);
  expect(again.url?.searchParams.get('code') ?? null).toBeNull();
});

test('only the application itself can push, and only what it may request', async () => {
  const client = await aClient(door);
  const own = { client_id: client.id, client_secret: client.secret, scope: 'openid' };
  expect((await push({ ...own, client_secret: 'wrong' })).status).toBe(401);
  expect((await push({ client_id: client.id, scope: 'openid' })).status).toBe(401);
  expect((await push({ ...own, redirect_uri: 'https://evil.example.test/' })).status).toBe(400);
  expect((await push({ ...own, audience: 'urn:unknown' })).status).toBe(400);
});

test('another application cannot use a pushed request', async () => {
  const [one, other] = [await aClient(door), await aClient(door)];
  const user = await aUser(door);
  const { body } = await push({ client_id: one.id, client_secret: one.secret, scope: 'openid' });
  const { url } = await follow(other.id, body.request_uri, user.id);
  expect(url?.searchParams.get('code') ?? null).toBeNull();
});

test('an application that must push cannot log in without a pushed request', async () => {
  const client = await aClient(door, { extra: { require_pushed_authorization_requests: true } });
  const user = await aUser(door);
  const { challenge } = pkce();
  const plain = await logIn(door, new Browser(), { clientId: client.id, challenge }, user.id);
  expect(plain.searchParams.get('error')).toBe('invalid_request');
  const { body } = await push({
    client_id: client.id,
    client_secret: client.secret,
    scope: 'openid',
  });
  const { url } = await follow(client.id, body.request_uri, user.id);
  expect(url?.searchParams.get('code')).toEqual(expect.any(String));
});
