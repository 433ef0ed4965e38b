import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { hashPassword } from '../../src/platform/password-hash/password-hash.ts';
import { setPassword } from '../../src/records/passwords/passwords.ts';
import { findUser } from '../../src/records/users/users.ts';
import { API, aClient, anApi, aUser, type Door, openDoor, postToken } from './fixture.ts';

const REALM = 'http://auth0.com/oauth/grant-type/password-realm';
const PASSWORD = 'a-Passw0rd-of-the-tests';
type Refused = { error: string; error_description: string };

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  await anApi(door);
  return door.close;
});

async function aPerson(more: Parameters<typeof aUser>[1] = {}) {
  const user = await aUser(door, more);
  const phc = await hashPassword(PASSWORD);
  await setPassword(door.database.db, { userId: user.id, phc, at: new Date(), historySize: 0 });
  return { ...user, email: user.email ?? '' };
}

const aPasswordClient = (settings: Parameters<typeof aClient>[1] = {}) =>
  aClient(door, { grantTypes: ['password', REALM, 'refresh_token'], ...settings });

test('a password grant returns tokens for an API, which refresh until the refresh token ends', async () => {
  const client = await aPasswordClient();
  const user = await aPerson();
  const { status, body } = await postToken(door, {
    grant_type: 'password',
    client_id: client.id,
    client_secret: client.secret,
    username: user.email,
    password: PASSWORD,
    audience: API,
    scope: 'openid email offline_access read:things no:such',
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 7200 });
  expect(decodeJwt(body.access_token)).toMatchObject({
    iss: `${door.url}/`,
    sub: user.id,
    aud: [API, `${door.url}/userinfo`],
    azp: client.id,
    scope: 'openid email offline_access read:things',
    gty: 'password',
  });
  expect(decodeJwt(body.id_token)).toMatchObject({
    aud: client.id,
    sub: user.id,
    email: user.email,
  });
  const refresh = {
    grant_type: 'refresh_token',
    client_id: client.id,
    client_secret: client.secret,
  };
  const again = await postToken(door, { ...refresh, refresh_token: body.refresh_token });
  expect(again.status).toBe(200);
  expect(decodeJwt(again.body.access_token)).toMatchObject({
    sub: user.id,
    gty: ['refresh_token', 'password'],
  });
  const info = await fetch(`${door.url}/userinfo`, {
    headers: { authorization: `Bearer ${again.body.access_token}` },
  });
  expect(await info.json()).toMatchObject({ sub: user.id, email: user.email });
  const revoked = await fetch(`${door.url}/oauth/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.id,
      client_secret: client.secret,
      token: again.body.refresh_token,
    }),
  });
  expect([revoked.status, await revoked.text()]).toEqual([200, '']);
  const gone = await postToken(door, { ...refresh, refresh_token: again.body.refresh_token });
  expect(gone.status).toBe(403);
});

test('a password grant without an audience returns a token for /userinfo with the requested scopes', async () => {
  const client = await aPasswordClient();
  const user = await aPerson();
  const { status, body } = await postToken(door, {
    grant_type: REALM,
    realm: 'con_test',
    client_id: client.id,
    client_secret: client.secret,
    username: user.email,
    password: PASSWORD,
    scope: 'openid profile',
  });
  expect(status).toBe(200);
  expect(body.access_token.split('.')).toHaveLength(1);
  const info = await fetch(`${door.url}/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  expect(info.status).toBe(200);
  expect(await info.json()).toMatchObject({ sub: user.id });
  expect(body.refresh_token).toBeUndefined();
});

test('refusals have the texts that clients know', async () => {
  const client = await aPasswordClient();
  const user = await aPerson();
  const blocked = await aPerson({ blocked: true });
  const ask = (more: Record<string, unknown>) =>
    postToken<Refused>(door, {
      grant_type: REALM,
      realm: 'con_test',
      client_id: client.id,
      client_secret: client.secret,
      username: user.email,
      password: PASSWORD,
      ...more,
    });
  expect(await ask({ password: 'wrong' })).toMatchObject({
    status: 403,
    body: { error: 'invalid_grant', error_description: 'Wrong email or password.' },
  });
  expect(await ask({ username: 'nobody@example.test' })).toMatchObject({
    status: 403,
    body: { error: 'invalid_grant', error_description: 'Wrong email or password.' },
  });
  expect(await ask({ username: blocked.email })).toMatchObject({
    status: 403,
    body: { error: 'unauthorized', error_description: 'user is blocked' },
  });
  expect(await ask({ client_secret: 'wrong' })).toMatchObject({
    status: 401,
    body: { error: 'access_denied', error_description: 'Unauthorized' },
  });
  expect(await ask({ realm: 'elsewhere' })).toMatchObject({
    status: 400,
    body: { error: 'invalid_request' },
  });
  expect(await ask({ username: undefined })).toMatchObject({
    status: 400,
    body: { error: 'invalid_request', error_description: 'Missing required parameter: username' },
  });
  const other = await aClient(door, { grantTypes: ['authorization_code'] });
  expect(
    await ask({ client_id: other.id, client_secret: other.secret, grant_type: 'password' }),
  ).toMatchObject({
    status: 403,
    body: {
      error: 'unauthorized_client',
      error_description: "Grant type 'password' not allowed for the client.",
    },
  });
});

test('the eleventh wrong password is answered with a delay', async () => {
  const client = await aPasswordClient();
  const user = await aPerson();
  const ask = () =>
    postToken<Refused>(door, {
      grant_type: 'password',
      client_id: client.id,
      client_secret: client.secret,
      username: user.email,
      password: 'wrong',
    });
  const answers = await Promise.all(Array.from({ length: 11 }, ask));
  const paused = answers.filter(({ status }) => status === 429);
  expect(paused).toHaveLength(1);
  expect(paused[0]?.body.error).toBe('too_many_attempts');
  expect(Number(paused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('only a trusted server may pass on the IP address of its users', async () => {
  const trusted = { extra: { is_token_endpoint_ip_header_trusted: true } };
  const isPublic = { tokenEndpointAuthMethod: 'none' } as const;
  const seenFrom = async (settings: Parameters<typeof aClient>[1]) => {
    const client = await aPasswordClient(settings);
    const user = await aPerson();
    const answer = await postToken(
      door,
      {
        grant_type: 'password',
        client_id: client.id,
        ...(settings?.tokenEndpointAuthMethod !== 'none' && { client_secret: client.secret }),
        username: user.email,
        password: PASSWORD,
      },
      { 'auth0-forwarded-for': '203.0.113.9' },
    );
    expect(answer.status).toBe(200);
    return (await findUser(door.database.db, user.id))?.lastIp;
  };
  expect(await seenFrom(trusted)).toBe('203.0.113.9');
  expect(await seenFrom({})).toBe('127.0.0.1');
  expect(await seenFrom({ ...trusted, ...isPublic })).toBe('127.0.0.1');
});
