import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../harness/browser.ts';
import { freePort } from '../harness/free-port.ts';
import { overflow } from '../harness/legible.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { sharedDatabase, startUsher, type Usher } from './usher-process.ts';

const PASSWORD = 'Tulip-Canal-77';
const PICTURES = process.env.USHER_TEST_PICTURES;

let usher: Usher;
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  usher = await startUsher(await sharedDatabase(), { port: await freePort() });
  browser = await launchBrowser();
}, 240_000);

const newVisitor = (options: BrowserContextOptions = {}): Promise<Page> =>
  watchedPage(browser, complaints, options);

const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();

/** Restores the page's former state. */
async function looksRight(page: Page, name: string): Promise<void> {
  for (const width of [375, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    expect([name, width, await overflow(page)]).toEqual([name, width, 0]);
    if (PICTURES === undefined) continue;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}-${width}.png`), fullPage: true });
  }
}

async function signIn(page: Page, email: string, path = '/console'): Promise<void> {
  await page.goto(`${usher.url}${path}`);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
}

test('the first link leads through a password to the console and to working credentials', async () => {
  const page = await newVisitor();
  await page.goto(usher.link ?? '');
  expect(await heading(page)).toContain('Usher console');
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and continue' }).click();
  await page.waitForURL(`${usher.url}/console`);
  expect(await heading(page)).toBe('Hello, administrator@localhost');
  expect(await page.locator('.counts > div').allInnerTexts()).toEqual([
    expect.stringMatching(/^Users\s+0$/),
    expect.stringMatching(/^Invitations open\s+0$/),
    expect.stringMatching(/^Invitations accepted\s+0$/),
    expect.stringMatching(/^Emails waiting\s+0$/),
    expect.stringMatching(/^Emails failed\s+0$/),
  ]);
  expect(await page.getByRole('link', { name: 'API reference' }).getAttribute('href')).toBe(
    '/docs',
  );
  expect(await page.getByRole('link', { name: 'Development mailbox' }).count()).toBe(1);
  const [session] = (await page.context().cookies()).filter(
    (cooky) => cooky.name === 'usher_console',
  );
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  expect(session?.value).toBeTruthy();
  await looksRight(page, 'home');

  // No scope is selected at first.
  expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0);
  expect(await page.locator('[name=scope]').count()).toBeGreaterThan(100);
  await page.getByLabel('Name').fill('Nightly import');
  await page.getByRole('button', { name: 'Create' }).click();
  expect(await page.getByRole('alert').innerText()).toContain('at least one scope');
  await page.getByLabel('Name').fill('Nightly <import>');
  await page.locator('summary', { hasText: /^clients$/ }).click();
  await page.getByLabel('read clients').check();
  await page.locator('summary', { hasText: /^connections$/ }).click();
  await page.getByLabel('read connections').check();
  await page.getByRole('button', { name: 'Create' }).click();
  expect(await page.getByRole('alert').innerText()).toContain('without < and >');
  expect(await page.getByLabel('Name').inputValue()).toBe('Nightly <import>');
  expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(2);
  await looksRight(page, 'problem');
  await page.getByLabel('Name').fill('Nightly import');
  await page.getByRole('button', { name: 'Create' }).click();
  expect(await heading(page)).toBe('Copy this secret now. You cannot see it again.');
  await looksRight(page, 'credentials');
  const clientId = await page.locator('[data-client-id]').innerText();
  const clientSecret = await page.locator('[data-client-secret]').innerText();

  const answer = await tokenWith(clientId, clientSecret);
  const { access_token, scope } = (await answer.json()) as { access_token: string; scope: string };
  expect(scope.split(' ').sort()).toEqual(['read:clients', 'read:connections']);
  const authorization = `Bearer ${access_token}`;
  const get = (path: string) => fetch(`${usher.url}/api/v2${path}`, { headers: { authorization } });
  expect(await (await get(`/clients/${clientId}`)).json()).toMatchObject({
    name: 'Nightly import',
    app_type: 'non_interactive',
  });
  expect(await (await get('/connections')).json()).toMatchObject([{ enabled_clients: [] }]);
  expect((await get('/users')).status).toBe(403);

  // The same form again, as a double click or a reload sends it: the secret is gone, and no new one is created.
  const again = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.reload();
  expect((await again).status()).toBe(409);
  expect(await page.content()).not.toContain(clientSecret);
  expect(await (await get('/clients?app_type=non_interactive')).json()).toHaveLength(1);

  // A foreign form with this browser's cookies.
  await page.goto(`${usher.url}/console`);
  const posted = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    page.request.post(`${usher.url}/console/credentials`, { form, headers, maxRedirects: 0 });
  const csrf = await page.locator('form[action="/console/credentials"] [name=csrf]').inputValue();
  const client_id = await page.locator('[name=client_id]').inputValue();
  const good = { csrf, client_id, name: 'Mine', scope: 'read:users' };
  expect((await posted({ ...good, csrf: 'guessed' })).status()).toBe(403);
  expect((await posted({ ...good, scope: 'read:everything' })).status()).toBe(400);
  expect((await posted({ ...good, client_id: 'chosen-by-somebody-else' })).status()).toBe(403);
  expect((await posted(good, { 'sec-fetch-site': 'cross-site' })).status()).toBe(403);
  expect((await posted(good, { 'sec-fetch-site': 'same-origin' })).status()).toBe(200);
  const logout = await page.request.post(`${usher.url}/console/logout`, { form: { csrf } });
  expect(logout.status()).toBe(403);

  await page.goto(`${usher.url}/console`);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL(`${usher.url}/u/logged-out`);
  await page.goto(`${usher.url}/console`);
  await page.waitForURL(/\/u\/login\?state=/);
  await looksRight(page, 'login');
  expect(complaints).toEqual([]);
}, 120_000);

function tokenWith(clientId: string, clientSecret: string): Promise<Response> {
  return fetch(`${usher.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: `${usher.url}/api/v2/`,
    }),
  });
}

test('credentials are listed with their scopes and revoked with their tokens, without JavaScript', async () => {
  const page = await newVisitor({ javaScriptEnabled: false });
  await signIn(page, 'administrator@localhost');
  expect(await heading(page)).toBe('Hello, administrator@localhost');
  await page.getByRole('link', { name: 'Import and invite people' }).click();
  await page.getByLabel('Name').fill('Import of the night');
  await page.getByRole('button', { name: 'Create' }).click();
  const clientId = await page.locator('[data-client-id]').innerText();
  const clientSecret = await page.locator('[data-client-secret]').innerText();
  const { access_token } = (await (await tokenWith(clientId, clientSecret)).json()) as {
    access_token: string;
  };
  const status = async () => {
    const headers = { authorization: `Bearer ${access_token}` };
    return (await fetch(`${usher.url}/api/v2/users`, { headers })).status;
  };
  expect(await status()).toBe(200);

  await page.getByRole('link', { name: 'back to the console' }).click();
  const program = page.locator('.programs li', { hasText: 'Import of the night' });
  expect(await program.innerText()).toMatch(/7 scopes.*since \d{4}-/s);
  await program.getByText('7 scopes').click();
  await program.getByText('create:invitations').waitFor();
  await looksRight(page, 'programs');
  await program.getByRole('link', { name: 'Revoke Import of the night' }).click();
  expect(await heading(page)).toBe('Revoke Import of the night?');
  await looksRight(page, 'revoke');
  // A GET of the page changes nothing, and neither does a form without its token.
  const path = `${usher.url}/console/credentials/${clientId}/revoke`;
  const forged = await page.request.post(path, { form: { csrf: 'guessed' }, maxRedirects: 0 });
  expect([forged.status(), await status()]).toEqual([403, 200]);
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.waitForURL(`${usher.url}/console#programs`);
  expect(await page.getByText('Import of the night').count()).toBe(0);
  const login = async () => (await tokenWith(clientId, clientSecret)).status;
  await expect.poll(login, { timeout: 20_000 }).toBe(401);
  await expect.poll(status, { timeout: 20_000 }).toBe(401);
  await page.goto(path);
  expect(await heading(page)).toBe('These credentials do not exist');
}, 120_000);

test('a keyboard finds and chooses scopes on a phone, and the list stays short', async () => {
  const page = await newVisitor({ viewport: { width: 375, height: 800 } });
  await signIn(page, 'administrator@localhost');
  await page.waitForURL(`${usher.url}/console`);
  const heightOf = async () => (await page.locator('.scopes').boundingBox())?.height ?? 0;
  expect(await heightOf()).toBeLessThan(800);
  await page.getByLabel('Find a resource').fill('read:custom_dom');
  expect(await page.locator('.scope-row:visible summary').allInnerTexts()).toEqual([
    'custom domains',
  ]);
  await page.keyboard.press('Enter');
  expect(page.url()).toBe(`${usher.url}/console`);
  const focused = () => page.evaluate('document.activeElement.textContent.trim()');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('All other resources');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('custom domains');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  expect(await page.locator('[name=scope]:checked').getAttribute('value')).toBe(
    'create:custom_domains',
  );
  await page.getByLabel('Find a resource').fill('');
  // The list is closed as before, with the selected scopes marked.
  expect(await page.locator('.scope-row:visible').count()).toBe(7);
  const mark = await page.evaluate(
    "getComputedStyle(document.querySelector('.other-rows > summary'), '::after').content",
  );
  expect(mark).toContain('\u2022');
  await looksRight(page, 'scopes');

  await page.goto(`${usher.url}/console?for=read`);
  expect(await page.locator('[name=scope]:checked').count()).toBeGreaterThan(30);
  expect(await heightOf()).toBeLessThan(800);
  await looksRight(page, 'scopes-read');
  await page.context().close();
}, 120_000);

test('every page without a session leads to the login and does nothing', async () => {
  for (const [method, path] of [
    ['GET', '/console'],
    ['POST', '/console/credentials'],
    ['GET', '/console/credentials/x/revoke'],
    ['POST', '/console/credentials/x/revoke'],
  ] as const) {
    const answer = await fetch(`${usher.url}${path}`, { method, redirect: 'manual' });
    expect([path, answer.status, answer.headers.get('location')]).toEqual([
      path,
      303,
      '/console/login',
    ]);
  }
});

test('a session cannot be made or changed by its bearer', async () => {
  const page = await newVisitor();
  await signIn(page, 'administrator@localhost');
  await page.waitForURL(`${usher.url}/console`);
  const cookies = await page.context().cookies();
  const good = cookies.find((cooky) => cooky.name === 'usher_console')?.value ?? '';
  const [body = '', signature = ''] = good.split('.');
  const kept = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  const longer = Buffer.from(JSON.stringify({ ...kept, until: 9e15 })).toString('base64url');
  const statusWith = async (value: string, name = 'usher_console') => {
    const headers = { cookie: `${name}=${value}` };
    return (await fetch(`${usher.url}/console`, { redirect: 'manual', headers })).status;
  };
  expect(await statusWith(good)).toBe(200);
  for (const value of [
    body,
    `${body}.`,
    `${longer}.${signature}`,
    `${body}.${'A'.repeat(43)}`,
    '.',
  ]) {
    expect([value, await statusWith(value)]).toEqual([value, 303]);
  }
  // The cookie of a login is signed by the same key, for another purpose.
  const begun = await fetch(`${usher.url}/console/login`, { redirect: 'manual' });
  const login = /usher_console_login=([^;]+)/.exec(begun.headers.getSetCookie().join())?.[1] ?? '';
  expect(login).toContain('.');
  expect(await statusWith(login)).toBe(303);
}, 120_000);

test('a login from another browser is not finished', async () => {
  for (const query of ['', '?code=abc', '?code=abc&state=', '?error=access_denied&state=x']) {
    const answer = await fetch(`${usher.url}/console/callback${query}`, { redirect: 'manual' });
    expect([query, answer.status]).toEqual([query, 400]);
    expect(await answer.text()).toContain('Log in again');
  }
  const begun = await fetch(`${usher.url}/console/login`, { redirect: 'manual' });
  const cookie = (begun.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  const to = new URL(begun.headers.get('location') ?? '', usher.url);
  expect(to.searchParams.get('code_challenge_method')).toBe('S256');
  const answer = await fetch(
    `${usher.url}/console/callback?code=made-up&state=${to.searchParams.get('state')}`,
    { redirect: 'manual', headers: { cookie } },
  );
  expect(answer.status).toBe(400);
  expect(answer.headers.getSetCookie().join()).not.toContain('usher_console=');
});
