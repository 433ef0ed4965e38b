import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import {
  API,
  aClient,
  anApi,
  aUser,
  authorizeUrl,
  Browser,
  CALLBACK,
  type Door,
  logIn,
  mayUse,
  openDoor,
  pkce,
  postToken,
  type Tokens,
} from './fixture.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  await anApi(door);
  return door.close;
});

async function keySet() {
  const answer = await fetch(`${door.url}/.well-known/jwks.json`);
  return createLocalJWKSet((await answer.json()) as JSONWebKeySet);
}

test('a public client logs a user in with PKCE and gets tokens that our keys verify', async () => {
  const client = await aClient(door, { tokenEndpointAuthMethod: 'none' });
  const user = await aUser(door);
  const { verifier, challenge } = pkce();
  const params = { nonce: 'n-1', audience: API, scope: 'openid profile email read:things' };
  const back = await logIn(
    door,
    new Browser(),
    { clientId: client.id, challenge, params },
    user.id,
  );
  expect(back.origin + back.pathname).toBe(CALLBACK);
  expect(back.searchParams.get('state')).toBe('the-state');

  const { status, body } = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    code: back.searchParams.get('code'),
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  });
  expect(status).toBe(200);
  const keys = await keySet();
  const issuer = `${door.url}/`;
  const id = await jwtVerify(body.id_token, keys, { issuer, audience: client.id });
  expect(id.payload).toMatchObject({
    sub: user.id,
    nonce: 'n-1',
    email: user.email,
    email_verified: true,
    name: user.email,
    nickname: user.email?.split('@')[0],
    updated_at: user.updatedAt.toISOString(),
    picture: expect.stringMatching(/\/u\/pictures\/[a-z0-9]{2}-\d\.svg$/),
  });
  const access = await jwtVerify(body.access_token, keys, { issuer, audience: API });
  expect(access.payload).toEqual({
    iss: issuer,
    sub: user.id,
    aud: [API, `${door.url}/userinfo`],
    iat: expect.any(Number),
    exp: expect.any(Number),
    azp: client.id,
    scope: 'openid profile email read:things',
    login_epoch: 0,
  });
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 7200 });

  const profile = await fetch(`${door.url}/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  expect(await profile.json()).toEqual({
    sub: user.id,
    nickname: id.payload.nickname,
    name: user.email,
    picture: id.payload.picture,
    updated_at: user.updatedAt.toISOString(),
    email: user.email,
    email_verified: true,
  });
});

test('an access token without an audience is opaque and opens /userinfo until logout', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const params = { scope: 'openid email' };
  const back = await logIn(door, browser, { clientId: client.id, params }, user.id);
  const { body } = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: back.searchParams.get('code'),
    redirect_uri: CALLBACK,
  });
  expect(body.access_token).not.toContain('.');
  const ask = () =>
    fetch(`${door.url}/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } });
  expect(await (await ask()).json()).toEqual({
    sub: user.id,
    email: user.email,
    email_verified: true,
  });
  await browser.get(`${door.url}/v2/logout?client_id=${client.id}`);
  const after = await ask();
  expect(after.status).toBe(401);
  expect(await after.text()).toBe('Unauthorized');
});

test('a public client without PKCE, a wrong verifier and a wrong redirect URI are refused', async () => {
  const client = await aClient(door, { tokenEndpointAuthMethod: 'none' });
  const user = await aUser(door);
  const without = await logIn(door, new Browser(), { clientId: client.id }, user.id);
  expect(without.searchParams.get('error')).toBe('invalid_request');

  const { challenge } = pkce();
  const back = await logIn(door, new Browser(), { clientId: client.id, challenge }, user.id);
  const wrong = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    code: back.searchParams.get('code'),
    code_verifier: pkce().verifier,
    redirect_uri: CALLBACK,
  });
  expect(wrong).toMatchObject({
    status: 403,
    body: { error: 'invalid_grant', error_description: 'Failed to verify code verifier' },
  });

  const page = await new Browser().get(
    `${door.url}/authorize?response_type=code&client_id=${client.id}&redirect_uri=https://evil.test/&code_challenge=${challenge}&code_challenge_method=S256&scope=openid`,
  );
  expect(page.status).toBe(400);
  expect(page.headers.get('location')).toBeNull();
});

test('an unknown code is refused in the recorded words', async () => {
  const client = await aClient(door);
  const answer = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: 'never-issued',
    redirect_uri: CALLBACK,
  });
  expect(answer).toMatchObject({
    status: 403,
    body: { error: 'invalid_grant', error_description: 'Invalid authorization code' },
  });
});

test('a session signs in silently, prompt=login and max_age=0 ask again, and prompt=none without a session is an error', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const none = { clientId: client.id, params: { prompt: 'none' } };
  const before = await logIn(door, browser, none, null);
  expect(before.searchParams.get('error')).toBe('login_required');
  await logIn(door, browser, { clientId: client.id }, user.id);
  const silent = await logIn(door, browser, none, null);
  expect(silent.searchParams.get('code')).toEqual(expect.any(String));
  const asking: Record<string, string>[] = [
    { prompt: 'login' },
    { max_age: '0' },
    { prompt: 'select_account' },
  ];
  for (const params of asking) {
    await expect(
      logIn(door, browser, { clientId: client.id, params }, null),
      JSON.stringify(params),
    ).rejects.toThrow(/answered 200/);
    const back = await logIn(door, browser, { clientId: client.id, params }, user.id);
    expect(back.searchParams.get('code'), JSON.stringify(params)).toEqual(expect.any(String));
  }
});

test('silent authentication with offline_access returns a refresh token, as single-page applications expect', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  await logIn(door, browser, { clientId: client.id, params: { scope: 'openid' } }, user.id);
  const back = await logIn(
    door,
    browser,
    { clientId: client.id, params: { prompt: 'none' } },
    null,
  );
  const { body } = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: back.searchParams.get('code'),
    redirect_uri: CALLBACK,
  });
  expect(body.refresh_token).toEqual(expect.any(String));
  expect(body.scope.split(' ')).toContain('offline_access');
});

test('the login page receives the parameters of the application', async () => {
  const client = await aClient(door);
  const browser = new Browser();
  const params = {
    login_hint: 'jo@example.test',
    connection: 'con_test',
    screen_hint: 'login',
    ui_locales: 'nl',
    audience: API,
  };
  const begun = await browser.get(
    `${door.url}/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.id, redirect_uri: CALLBACK, scope: 'openid', ...params })}`,
  );
  const login = new URL(begun.headers.get('location') ?? '', door.url);
  expect(login.pathname).toBe('/u/login');
  const seen = (await (await browser.get(login.href)).json()) as Record<string, unknown>;
  expect(seen).toMatchObject({
    uid: login.searchParams.get('state')?.split('.')[0],
    clientId: client.id,
    prompt: 'login',
    params,
  });
  const signUp = await new Browser().get(
    `${door.url}/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.id, redirect_uri: CALLBACK, scope: 'openid', screen_hint: 'signup' })}`,
  );
  expect(signUp.headers.get('location')).toMatch(/^\/u\/signup\?state=/);
});

test('two tabs log in side by side, and only the browser that began a login can finish it', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const begin = async () => {
    const answer = await browser.get(
      `${door.url}/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.id, redirect_uri: CALLBACK, scope: 'openid' })}`,
    );
    return new URL(answer.headers.get('location') ?? '', door.url);
  };
  const [first, second] = [await begin(), await begin()];
  const stranger = await new Browser().get(`${first.href}&as=${encodeURIComponent(user.id)}`);
  expect(stranger.status).toBe(410);
  for (const tab of [first, second]) {
    const finished = await browser.get(`${tab.href}&as=${encodeURIComponent(user.id)}`);
    expect(finished.status).toBe(303);
    const resumed = await browser.get(finished.headers.get('location') ?? '');
    expect(new URL(resumed.headers.get('location') ?? '').searchParams.get('code')).not.toBeNull();
  }
});

test('a login as another user in the same browser replaces the session', async () => {
  const client = await aClient(door);
  const [one, other] = [await aUser(door), await aUser(door)];
  const browser = new Browser();
  await logIn(door, browser, { clientId: client.id }, one.id);
  const params = { prompt: 'login' };
  const back = await logIn(door, browser, { clientId: client.id, params }, other.id);
  const { body } = await postToken<Tokens>(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: back.searchParams.get('code'),
    redirect_uri: CALLBACK,
  });
  expect(decodeJwt(body.id_token).sub).toBe(other.id);
});

test('an aborted login tells the application the reason', async () => {
  const client = await aClient(door);
  const browser = new Browser();
  const begun = await browser.get(
    `${door.url}/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.id, redirect_uri: CALLBACK, scope: 'openid' })}`,
  );
  const aborted = await browser.get(
    `${new URL(begun.headers.get('location') ?? '', door.url)}&abort=No+thanks`,
  );
  const resumed = await browser.get(aborted.headers.get('location') ?? '');
  const back = new URL(resumed.headers.get('location') ?? '');
  expect(back.searchParams.get('error')).toBe('access_denied');
  expect(back.searchParams.get('error_description')).toBe('No thanks');
});

test('a blocked or deleted user has to log in again despite a session', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  await logIn(door, browser, { clientId: client.id }, user.id);
  await door.database.execute('update users set blocked = true where id = $1', [user.id]);
  const silent = await logIn(
    door,
    browser,
    { clientId: client.id, params: { prompt: 'none' } },
    null,
  );
  expect(silent.searchParams.get('error')).toBe('login_required');
});

test('an application can name its connection, and a connection that it may not use is refused', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  await mayUse(door, (await aClient(door)).id, 'con_of_others');
  const asking = (connection: string) =>
    logIn(door, new Browser(), { clientId: client.id, params: { connection } }, user.id);
  expect((await asking('con_test')).searchParams.get('code')).toEqual(expect.any(String));
  for (const connection of ['con_of_others', 'nowhere']) {
    const { searchParams } = await asking(connection);
    expect(searchParams.get('error')).toBe('invalid_request');
    expect(searchParams.get('error_description')).toBe('the connection was not found');
    expect(searchParams.get('state')).toBe('the-state');
  }
});

test('a third-party application is refused until there is a consent page', async () => {
  const client = await aClient(door, { isFirstParty: false });
  const user = await aUser(door);
  const back = await logIn(door, new Browser(), { clientId: client.id }, user.id);
  expect(back.searchParams.get('error')).toBe('consent_required');
});

test('a user gets no scope of our own management API', async () => {
  const own = `${door.url}/api/v2/`;
  await anApi(door, own, true);
  const client = await aClient(door);
  const user = await aUser(door);
  const params = { audience: own, scope: 'openid read:things' };
  const back = await logIn(door, new Browser(), { clientId: client.id, params }, user.id);
  const { body } = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: back.searchParams.get('code'),
    redirect_uri: CALLBACK,
  });
  expect(decodeJwt(body.access_token)).toMatchObject({ scope: 'openid' });
});

test('several simultaneous silent logins of one browser all return working codes', async () => {
  const clients = [await aClient(door), await aClient(door)];
  const user = await aUser(door);
  const browser = new Browser();
  const params = { scope: 'openid' };
  await logIn(door, browser, { clientId: clients[0]?.id ?? '', params }, user.id);
  const asked = [...clients, ...clients, ...clients].map(async (client) => {
    const silent = { clientId: client.id, params: { ...params, prompt: 'none' } };
    const back = await logIn(door, browser, silent, null);
    return { client, code: back.searchParams.get('code') };
  });
  for (const { client, code } of await Promise.all(asked)) {
    const { status } = await postToken(door, {
      grant_type: 'authorization_code',
      client_id: client.id,
      client_secret: client.secret,
      code,
      redirect_uri: CALLBACK,
    });
    expect(status).toBe(200);
  }
});

test('characters that the database cannot store are refused like unknown values', async () => {
  const client = await aClient(door);
  const nul = '\0';
  const page = await new Browser().get(
    `${door.url}/authorize?${new URLSearchParams({ response_type: 'code', client_id: `x${nul}`, redirect_uri: CALLBACK, scope: 'openid' })}`,
  );
  expect(page.status).toBe(400);
  for (const audience of [nul, 'urn:usher:audience:%00', 'urn:usher:audience:%E0%A4%A']) {
    const answer = await postToken(door, {
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      audience,
    });
    expect(answer, audience).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  }
  const code = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: nul,
    redirect_uri: CALLBACK,
  });
  expect(code.status).toBe(403);
});

test('a single-page application renews silently in a hidden frame', async () => {
  const client = await aClient(door, { tokenEndpointAuthMethod: 'none' });
  const user = await aUser(door);
  const browser = new Browser();
  const { challenge } = pkce();
  const asked = { clientId: client.id, challenge };
  await logIn(door, browser, asked, user.id);
  const params = { prompt: 'none', response_mode: 'web_message' };
  const framed = await browser.get(authorizeUrl(door, { ...asked, params }));
  expect(framed.status).toBe(200);
  expect(framed.headers.get('x-frame-options')).toBeNull();
  const html = await framed.text();
  expect(html).toContain("type: 'authorization_response'");
  expect(html).toMatch(/var data = \{"response":\{"code":"[^"]+","state":"the-state"/);
  const stranger = await new Browser().get(authorizeUrl(door, { ...asked, params }));
  expect(await stranger.text()).toContain('"error":"login_required"');
});
