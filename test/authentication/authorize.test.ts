import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { writeSetting } from '../../src/records/settings/settings.ts';
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
  openDoor,
} from './fixture.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  await anApi(door);
  return door.close;
});

const IMPLICIT = ['authorization_code', 'implicit', 'refresh_token'];
const fragment = (url: URL) => new URLSearchParams(url.hash.slice(1));

test('a client with the implicit grant gets what the response type names, in the fragment', async () => {
  const client = await aClient(door, { grantTypes: IMPLICIT });
  const user = await aUser(door);
  const browser = new Browser();
  const expected: Record<string, string[]> = {
    token: ['access_token'],
    id_token: ['id_token'],
    'token id_token': ['access_token', 'id_token'],
    'code token': ['code', 'access_token'],
    'code id_token': ['code', 'id_token'],
    'code token id_token': ['code', 'access_token', 'id_token'],
  };
  for (const [type, names] of Object.entries(expected)) {
    const params = {
      response_type: type,
      nonce: 'n-1',
      audience: API,
      scope: 'openid read:things',
    };
    const back = await logIn(door, browser, { clientId: client.id, params }, user.id);
    const got = fragment(back);
    expect(back.search, type).toBe('');
    for (const name of ['code', 'access_token', 'id_token']) {
      expect(got.has(name), `${name} of ${type}`).toBe(names.includes(name));
    }
    expect(got.get('state')).toBe('the-state');
    const token = got.get('access_token');
    if (token !== null) {
      expect(decodeJwt(token)).toMatchObject({ sub: user.id, scope: 'openid read:things' });
      expect(got.get('token_type')).toBe('Bearer');
      expect(Number(got.get('expires_in'))).toBe(7200);
    }
    const idToken = got.get('id_token');
    if (idToken !== null) {
      expect(decodeJwt(idToken)).toMatchObject({ sub: user.id, nonce: 'n-1', aud: client.id });
    }
  }
});

test('a client without the implicit grant gets no tokens, and a refresh token comes only with a code', async () => {
  const client = await aClient(door);
  for (const type of ['token', 'id_token', 'code token']) {
    const params = { response_type: type, nonce: 'n-1' };
    const back = await logIn(door, new Browser(), { clientId: client.id, params }, null);
    expect(fragment(back).get('error'), type).toBe('unauthorized_client');
    expect(fragment(back).get('error_description')).toBe(
      "Grant type 'implicit' not allowed for the client.",
    );
  }
  const implicit = await aClient(door, { grantTypes: IMPLICIT });
  const user = await aUser(door);
  const params = { response_type: 'token', scope: 'openid offline_access' };
  const back = await logIn(door, new Browser(), { clientId: implicit.id, params }, user.id);
  expect(back.hash, back.href).toContain('access_token=');
  expect(fragment(back).get('scope')).toBe('openid');
});

test('answers and errors come by form_post and by web_message', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  await logIn(door, browser, { clientId: client.id }, user.id);
  const posted = await browser.get(
    authorizeUrl(door, { clientId: client.id, params: { response_mode: 'form_post' } }),
  );
  expect(posted.status).toBe(200);
  const form = await posted.text();
  expect(form).toContain(`action="${CALLBACK}"`);
  expect(form).toMatch(/name="code" value="[\w-]{20,}"/);
  const message = await browser.get(
    authorizeUrl(door, {
      clientId: client.id,
      params: { response_mode: 'web_message', prompt: 'none' },
    }),
  );
  expect(await message.text()).toContain('"code":');
  const refused = await new Browser().get(
    authorizeUrl(door, {
      clientId: client.id,
      params: { response_mode: 'form_post', prompt: 'none' },
    }),
  );
  expect(await refused.text()).toContain('name="error" value="login_required"');
});

test('a request without an audience gets the default audience of the tenant', async () => {
  const client = await aClient(door, { grantTypes: IMPLICIT });
  const user = await aUser(door);
  const { db } = door.database;
  await writeSetting(db, 'tenant', { defaultAudience: API }, new Date());
  try {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const params = { response_type: 'token', scope: 'openid read:things' };
    const back = await logIn(door, new Browser(), { clientId: client.id, params }, user.id);
    expect(decodeJwt(fragment(back).get('access_token') ?? '')).toMatchObject({
      aud: [API, `${door.url}/userinfo`],
    });
  } finally {
    await writeSetting(db, 'tenant', {}, new Date());
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
});

test('a user whose session is older than max_age has to log in again', async () => {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  await logIn(door, browser, { clientId: client.id }, user.id);
  const fresh = { prompt: 'none', max_age: '600' };
  const still = await logIn(door, browser, { clientId: client.id, params: fresh }, null);
  expect(still.searchParams.has('code')).toBe(true);
  const old = { prompt: 'none', max_age: '0' };
  const gone = await logIn(door, browser, { clientId: client.id, params: old }, null);
  expect(gone.searchParams.get('error')).toBe('login_required');
});

test('the discovery document lists only what works', async () => {
  const answer = await fetch(`${door.url}/.well-known/openid-configuration`);
  const metadata = (await answer.json()) as Record<string, string | string[]>;
  for (const [name, value] of Object.entries(metadata)) {
    if (!/_endpoint$|^jwks_uri$/.test(name)) continue;
    const path = String(value).replace(door.url, '');
    const methods = await Promise.all(
      ['GET', 'POST'].map(async (method) => (await fetch(door.url + path, { method })).status),
    );
    expect(
      methods.some((status) => status !== 404),
      name,
    ).toBe(true);
  }
  for (const type of metadata.response_types_supported ?? []) {
    const client = await aClient(door, { grantTypes: IMPLICIT });
    const params = { response_type: type, nonce: 'n', prompt: 'none', scope: 'openid' };
    const back = await logIn(door, new Browser(), { clientId: client.id, params }, null);
    const got = type === 'code' ? back.searchParams : fragment(back);
    expect(got.get('error'), type).toBe('login_required');
  }
  for (const grant of metadata.grant_types_supported ?? []) {
    const client = await aClient(door, { grantTypes: [grant], tokenEndpointAuthMethod: 'none' });
    const asked = await fetch(`${door.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: grant, client_id: client.id }),
    });
    const { error } = (await asked.json()) as { error: string };
    if (grant !== 'implicit') expect(error, grant).not.toBe('unsupported_grant_type');
  }
});

test('the token endpoint refuses unsupported grants with a clear message', async () => {
  const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
  const client = await aClient(door, { grantTypes: [grant], tokenEndpointAuthMethod: 'none' });
  const answer = await fetch(`${door.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: grant, client_id: client.id }),
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: 'unsupported_grant_type' });
});
