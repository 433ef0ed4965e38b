import { createServer } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { findUser } from '../../src/records/users/users.ts';
import { launchBrowser } from '../harness/browser.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { freePort } from '../harness/free-port.ts';
import { ADA_AT_APPLE, APPLE_OPTIONS, startApple } from '../harness/providers/apple.ts';
import { BOB_AT_FACEBOOK, startFacebook } from '../harness/providers/facebook.ts';
import { ADA_AT_GOOGLE, startGoogle } from '../harness/providers/google.ts';
import { ADA, startOpenIdStandIn } from '../harness/providers/openid-stand-in.ts';
import { PROVIDER_CLIENT } from '../harness/providers/tokens.ts';
import { type ApiClient, claimsOf, made, openWorld, type World } from '../harness/world.ts';
import { configure } from '../second-factors/factors.ts';

// A real browser sends no SameSite=Lax cookies with a POST from another site, and carries fragments on: only it can show these.

let world: World;
let client: ApiClient;
let browser: Browser;
/** Where the application takes people back. */
let callback: string;

beforeAll(async () => {
  browser = await launchBrowser();
  const standIns = await Promise.all([startGoogle(), startFacebook(), startApple()]);
  const generic = await startOpenIdStandIn();
  world = await openWorld({
    providerEndpoints: Object.assign({}, ...standIns.map(({ endpoints }) => endpoints)),
  });
  await configure(world.db, { factors: [], policies: [] });
  const port = await freePort();
  const application = createServer((_request, response) => response.end('The application'));
  await new Promise<void>((resolve) => application.listen(port, '127.0.0.1', resolve));
  closedAtEnd(async () => void application.close());
  callback = `http://127.0.0.1:${port}/callback`;
  client = await world.registerClient({ callbacks: [callback] });
  const secret = {
    client_id: PROVIDER_CLIENT.clientId,
    client_secret: PROVIDER_CLIENT.clientSecret,
  };
  const enabled_clients = [client.id];
  const connections = [
    { strategy: 'google-oauth2', name: 'google-oauth2', options: secret },
    { strategy: 'facebook', name: 'facebook', options: secret },
    { strategy: 'apple', name: 'apple', options: { ...APPLE_OPTIONS, email: true, name: true } },
    {
      strategy: 'oidc',
      name: 'acme-id',
      display_name: 'Acme',
      show_as_button: true,
      options: { ...secret, type: 'back_channel', discovery_url: generic.url },
    },
  ];
  for (const connection of connections) {
    await made(world.server, '/connections', { ...connection, enabled_clients });
  }
});

/** A browser with an empty profile. */
async function aBrowser(): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(20_000);
  return context;
}

const login = (more: Record<string, string> = {}) =>
  world.authorize(client, {
    audience: '',
    scope: 'openid profile email',
    redirect_uri: callback,
    ...more,
  });

async function arrivesWith(page: Page, button: string, person: string): Promise<URL> {
  await page.goto(login());
  await page.getByRole('button', { name: `Continue with ${button}` }).click();
  await page.getByRole('button', { name: person, exact: true }).click();
  await page.waitForURL(`${callback}**`);
  return new URL(page.url());
}

async function claimsAt(back: URL): Promise<Record<string, unknown>> {
  const { body } = await world.token({
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code: back.searchParams.get('code') ?? '',
    redirect_uri: callback,
  });
  return claimsOf(body.id_token);
}

test.each([
  ['Google', String(ADA_AT_GOOGLE.name), `google-oauth2|${ADA_AT_GOOGLE.sub}`],
  ['Facebook', String(BOB_AT_FACEBOOK.name), `facebook|${BOB_AT_FACEBOOK.id}`],
  ['Apple', ADA_AT_APPLE.email as string, `apple|${ADA_AT_APPLE.sub}`],
  ['Acme', String(ADA.name), `oidc|acme-id|${ADA.sub}`],
])('a person logs in with %s', async (button, person, userId) => {
  const context = await aBrowser();
  const page = await context.newPage();
  const claims = await claimsAt(await arrivesWith(page, button, person));
  expect(claims.sub).toBe(userId);
  await page.goto(login({ prompt: 'login' }));
  const buttons = page.getByRole('button', { name: /^Continue with/ });
  expect(await buttons.first().textContent()).toContain('Last used');
  expect(await buttons.first().textContent()).toContain(button);
  await context.close();
});

test('a person of Facebook without an address gets an account without one', async () => {
  const user = await findUser(world.db, `facebook|${BOB_AT_FACEBOOK.id}`);
  expect(user).toMatchObject({ email: null, name: BOB_AT_FACEBOOK.name });
});

test('the fragment that Facebook appends does not reach the application', async () => {
  const context = await aBrowser();
  const page = await context.newPage();
  await context.route('**/dialog/oauth**', async (route) => {
    if (route.request().method() === 'GET') return route.continue();
    const answer = await route.fetch({ maxRedirects: 0 });
    const location = `${answer.headers().location}#_=_`;
    return route.fulfill({ status: 302, headers: { location } });
  });
  const back = await arrivesWith(page, 'Facebook', String(BOB_AT_FACEBOOK.name));
  expect(back.hash).toBe('');
  await context.close();
});

test('a form that a provider posts to another browser than the one that asked logs nobody in', async () => {
  const [asker, stranger] = await Promise.all([aBrowser(), aBrowser()]);
  const page = await asker.newPage();
  await page.route('**/login/callback', (route) => route.abort());
  await page.goto(login());
  await page.getByRole('button', { name: 'Continue with Apple' }).click();
  const posted = page.waitForRequest('**/login/callback');
  await page.getByRole('button', { name: ADA_AT_APPLE.email as string }).click();
  const form = new URLSearchParams((await posted).postData() ?? '');
  const inputs = Array.from(
    form,
    ([name, value]) => `<input name="${name}" value='${value.replaceAll("'", '&#39;')}'>`,
  );
  const other = await stranger.newPage();
  await other.goto(login());
  await other.route('http://127.0.0.1:9/', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<form method="post" action="${world.publicUrl}/login/callback">${inputs.join('')}<button>Go</button></form>`,
    }),
  );
  await other.goto('http://127.0.0.1:9/');
  await other.getByRole('button', { name: 'Go' }).click();
  await other.getByRole('heading', { name: 'This login began elsewhere' }).waitFor();
  await Promise.all([asker.close(), stranger.close()]);
});

test('two tabs log in at once, each with its own provider', async () => {
  const context = await aBrowser();
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const [page, button] of [
    [first, 'Google'],
    [second, 'Acme'],
  ] as const) {
    await page.goto(login());
    await page.getByRole('button', { name: `Continue with ${button}` }).click();
  }
  await second.getByRole('button', { name: String(ADA.name), exact: true }).click();
  await second.waitForURL(`${callback}**`);
  await first.getByRole('button', { name: String(ADA_AT_GOOGLE.name), exact: true }).click();
  await first.waitForURL(`${callback}**`);
  expect((await claimsAt(new URL(first.url()))).sub).toBe(`google-oauth2|${ADA_AT_GOOGLE.sub}`);
  expect((await claimsAt(new URL(second.url()))).sub).toBe(`oidc|acme-id|${ADA.sub}`);
  await context.close();
});
