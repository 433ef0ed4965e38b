import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import {
  API,
  aClient,
  anApi,
  aUser,
  Browser,
  type Door,
  openDoor,
  postToken,
  type Tokens,
} from './fixture.ts';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

type Started = {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
};
type Refused = { error: string; error_description: string };

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  await anApi(door);
  return door.close;
});

const aDevice = () =>
  aClient(door, {
    tokenEndpointAuthMethod: 'none',
    grantTypes: [DEVICE_CODE, 'refresh_token'],
  });

async function begin(clientId: string, more: Record<string, string> = {}) {
  const answer = await fetch(`${door.url}/oauth/device/code`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: clientId,
      scope: 'openid profile offline_access read:things',
      audience: API,
      ...more,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Started };
}

const redeem = <T = Refused>(clientId: string, code: string) =>
  postToken<T>(door, { grant_type: DEVICE_CODE, client_id: clientId, device_code: code });

const hidden = (page: string, name: string) =>
  new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(page)?.[1] ?? '';

/** Types the code into the page, as the user. Returns the last page. */
async function activate(
  browser: Browser,
  userCode: string,
  then: { userId: string } | 'abort',
): Promise<string> {
  const send = (fields: Record<string, string>) =>
    browser.get(`${door.url}/activate`, { method: 'POST', body: new URLSearchParams(fields) });
  const input = await (await browser.get(`${door.url}/activate`)).text();
  const confirm = await (await send({ xsrf: hidden(input, 'xsrf'), user_code: userCode })).text();
  const code = { xsrf: hidden(confirm, 'xsrf'), user_code: userCode };
  if (then === 'abort') return (await send({ ...code, abort: 'yes' })).text();
  let answer = await send({ ...code, confirm: 'yes' });
  for (let hop = 0; hop < 5; hop++) {
    const location = answer.headers.get('location');
    if (location === null) break;
    const next = new URL(location, door.url);
    if (next.pathname === '/u/login') next.searchParams.set('as', then.userId);
    answer = await browser.get(next.href);
  }
  return answer.text();
}

test('a device without a browser gets tokens once, after its code was confirmed', async () => {
  const client = await aDevice();
  const user = await aUser(door);
  const { status, body } = await begin(client.id);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    verification_uri: `${door.url}/activate`,
    verification_uri_complete: `${door.url}/activate?user_code=${body.user_code}`,
    expires_in: 900,
    interval: 5,
  });
  expect(body.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
  expect(await redeem(client.id, body.device_code)).toMatchObject({
    status: 403,
    body: { error: 'authorization_pending' },
  });
  expect(
    await activate(new Browser(), body.user_code.toLowerCase(), { userId: user.id }),
  ).toContain('Your device is connected');

  const answers = await atOnce(16, () => redeem<Tokens>(client.id, body.device_code));
  const good = answers.filter((answer) => answer.status === 200);
  expect(good).toHaveLength(1);
  for (const { status: refused, body: why } of answers.filter((answer) => answer.status !== 200)) {
    expect([refused, why]).toMatchObject([403, { error: 'invalid_grant' }]);
  }
});

test('tokens of a device are like those of a login: for the API, with an ID token, and refreshable', async () => {
  const client = await aDevice();
  const user = await aUser(door);
  const { body } = await begin(client.id);
  await activate(new Browser(), body.user_code, { userId: user.id });
  const tokens = await redeem<Tokens>(client.id, body.device_code);
  expect(tokens.status).toBe(200);
  expect(decodeJwt(tokens.body.access_token)).toMatchObject({
    sub: user.id,
    aud: [API, `${door.url}/userinfo`],
    scope: 'openid profile offline_access read:things',
  });
  expect(decodeJwt(tokens.body.id_token)).toMatchObject({ sub: user.id, aud: client.id });
  const again = await postToken(door, {
    grant_type: 'refresh_token',
    client_id: client.id,
    refresh_token: tokens.body.refresh_token,
  });
  expect(again.status).toBe(200);
});

test('a page tells people who decline or type a wrong or used code', async () => {
  const client = await aDevice();
  const user = await aUser(door);
  const { body } = await begin(client.id);
  expect(await activate(new Browser(), 'BBBB-BBBB', { userId: user.id })).toContain(
    'This code does not exist',
  );
  expect(await activate(new Browser(), body.user_code, 'abort')).toContain(
    'The device was not connected',
  );
  expect(await redeem(client.id, body.device_code)).toMatchObject({
    status: 403,
    body: { error: 'access_denied' },
  });
  expect(await activate(new Browser(), body.user_code, { userId: user.id })).toContain(
    'This code has been used already',
  );
});

test('only clients with the grant may begin, and only the client that began can use the code', async () => {
  const other = await aClient(door, { tokenEndpointAuthMethod: 'none' });
  expect(await begin(other.id)).toMatchObject({
    status: 403,
    body: {
      error: 'unauthorized_client',
      error_description: `Grant type '${DEVICE_CODE}' not allowed for the client.`,
    },
  });
  const [client, thief] = [await aDevice(), await aDevice()];
  const user = await aUser(door);
  const { body } = await begin(client.id);
  await activate(new Browser(), body.user_code, { userId: user.id });
  expect(await redeem(thief.id, body.device_code)).toMatchObject({
    status: 403,
    body: { error: 'invalid_grant' },
  });
  expect(await redeem(client.id, 'made-up')).toMatchObject({
    status: 403,
    body: { error: 'invalid_grant' },
  });
});

test('a page shows a code from the link for confirmation and does nothing by itself', async () => {
  const client = await aDevice();
  const { body } = await begin(client.id);
  const page = await (await fetch(body.verification_uri_complete)).text();
  expect(page).toContain(`value="${body.user_code}"`);
  expect(page).not.toContain('submit()');
  expect(await redeem(client.id, body.device_code)).toMatchObject({
    body: { error: 'authorization_pending' },
  });
});

test('a form from another site connects nothing', async () => {
  const client = await aDevice();
  const { body } = await begin(client.id);
  const answer = await fetch(`${door.url}/activate`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ xsrf: 'made-up', user_code: body.user_code, confirm: 'yes' }),
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/activate']);
  const browser = new Browser();
  await browser.get(`${door.url}/activate`);
  const forged = await browser.get(`${door.url}/activate`, {
    method: 'POST',
    body: new URLSearchParams({ xsrf: 'made-up', user_code: body.user_code, confirm: 'yes' }),
  });
  expect(await forged.text()).toContain('That did not work. Try again.');
  expect(await redeem(client.id, body.device_code)).toMatchObject({
    body: { error: 'authorization_pending' },
  });
});
