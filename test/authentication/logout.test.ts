import { beforeAll, expect, test } from 'vitest';
import { writeSetting } from '../../src/records/settings/settings.ts';
import {
  aClient,
  aUser,
  Browser,
  CALLBACK,
  type Door,
  logIn,
  openDoor,
  postToken,
} from './fixture.ts';

const BYE = 'https://app.example.test/bye';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  return door.close;
});

async function loggedIn() {
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const back = await logIn(door, browser, { clientId: client.id }, user.id);
  const { body } = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: back.searchParams.get('code'),
    redirect_uri: CALLBACK,
  });
  return { client, user, browser, tokens: body };
}

async function isLoggedIn(browser: Browser, clientId: string): Promise<boolean> {
  const silent = await logIn(door, browser, { clientId, params: { prompt: 'none' } }, null);
  return silent.searchParams.has('code');
}

const url = (path: string, query: Record<string, string>) =>
  `${door.url}${path}?${new URLSearchParams(query)}`;

test('/v2/logout ends the session and goes only to a registered address', async () => {
  const { client, browser } = await loggedIn();
  const evil = await browser.get(
    url('/v2/logout', { client_id: client.id, returnTo: 'https://evil.test/' }),
  );
  expect([evil.status, evil.headers.get('location')]).toEqual([400, null]);
  expect(await isLoggedIn(browser, client.id)).toBe(true);

  const returnTo = `${BYE}?from=us`;
  const stolen = new Browser();
  for (const [name, value] of browser.jar) stolen.jar.set(name, value);
  const gone = await browser.get(url('/v2/logout', { client_id: client.id, returnTo }));
  expect([gone.status, gone.headers.get('location')]).toEqual([302, returnTo]);
  expect([...browser.jar.keys()].filter((name) => name.startsWith('usher_session'))).toEqual([]);
  expect(await isLoggedIn(stolen, client.id)).toBe(false);
});

test('/v2/logout without an address goes to the first registered address, and without a client nowhere', async () => {
  const { client, browser } = await loggedIn();
  const first = await browser.get(url('/v2/logout', { client_id: client.id }));
  expect(first.headers.get('location')).toBe(BYE);
  const nowhere = await browser.get(`${door.url}/v2/logout`);
  expect(nowhere.status).toBe(200);
  const unknown = await browser.get(url('/v2/logout', { returnTo: BYE }));
  expect(unknown.status).toBe(400);
});

test('/oidc/logout with the ID token needs no confirmation', async () => {
  const { client, browser, tokens } = await loggedIn();
  const asked = {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: BYE,
    state: 'my state',
  };
  const gone = await browser.get(url('/oidc/logout', asked));
  expect([gone.status, gone.headers.get('location')]).toEqual([302, `${BYE}?state=my+state`]);
  expect(await isLoggedIn(browser, client.id)).toBe(false);
});

test('/oidc/logout without proof asks first, and only its own form confirms', async () => {
  const { client, browser } = await loggedIn();
  const asked = { client_id: client.id, post_logout_redirect_uri: BYE };
  const page = await browser.get(url('/oidc/logout', asked));
  expect(page.status).toBe(200);
  expect(await isLoggedIn(browser, client.id)).toBe(true);
  const html = await page.text();
  const fields = [...html.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, value],
  );
  const send = (form: Record<string, string>) =>
    browser.get(`${door.url}/oidc/logout`, { method: 'POST', body: new URLSearchParams(form) });
  const forged = await send({ ...asked, proof: 'AAAA' });
  expect(forged.status).toBe(200);
  expect(await isLoggedIn(browser, client.id)).toBe(true);
  const gone = await send(Object.fromEntries(fields));
  expect(gone.headers.get('location')).toBe(BYE);
  expect(await isLoggedIn(browser, client.id)).toBe(false);
});

test('/oidc/logout refuses a forged hint, a hint of another client and an unregistered address', async () => {
  const { client, browser, tokens } = await loggedIn();
  const other = await aClient(door);
  const [header, , signature] = tokens.id_token.split('.');
  const claims = { iss: `${door.url}/`, aud: client.id, sub: 'auth0|x' };
  const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  const bad: Record<string, string>[] = [
    { id_token_hint: forged },
    { id_token_hint: tokens.access_token },
    { id_token_hint: tokens.id_token, client_id: other.id },
    { id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://evil.test/' },
    { post_logout_redirect_uri: BYE },
  ];
  for (const query of bad) {
    const answer = await browser.get(url('/oidc/logout', query));
    expect([answer.status, answer.headers.get('location')], JSON.stringify(query)).toEqual([
      400,
      null,
    ]);
  }
  expect(await isLoggedIn(browser, client.id)).toBe(true);
});

test('a refresh token with offline_access outlives the logout', async () => {
  const { client, browser, tokens } = await loggedIn();
  await browser.get(url('/v2/logout', { client_id: client.id }));
  const { status } = await postToken(door, {
    grant_type: 'refresh_token',
    client_id: client.id,
    client_secret: client.secret,
    refresh_token: tokens.refresh_token,
  });
  expect(status).toBe(200);
});

test("a logout without an application uses the tenant's addresses, and the first of them by default", async () => {
  const { client, browser } = await loggedIn();
  const nowhere = await new Browser().get(url('/v2/logout', { returnTo: 'https://tenant.test/x' }));
  expect(nowhere.status).toBe(400);
  await writeSetting(
    door.database.db,
    'tenant',
    { allowedLogoutUrls: ['https://tenant.test/bye'] },
    new Date(),
  );
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const own = await new Browser().get(url('/v2/logout', {}));
  expect([own.status, own.headers.get('location')]).toEqual([302, 'https://tenant.test/bye']);
  // If the application has a list, only that list counts.
  const other = await browser.get(
    url('/v2/logout', { client_id: client.id, returnTo: 'https://tenant.test/bye' }),
  );
  expect(other.status).toBe(400);
  const first = await browser.get(url('/v2/logout', { client_id: client.id }));
  expect([first.status, first.headers.get('location')]).toEqual([302, BYE]);
});
