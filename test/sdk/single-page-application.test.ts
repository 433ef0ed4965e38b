import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../harness/browser.ts';
import type { TestServer } from '../harness/harness.ts';
import { createUser, type Person, registerClient } from '../harness/registered.ts';
import { type Certificate, logsIn, serveApplication, startTlsServer } from './https.ts';

// A single-page application with @auth0/auth0-spa-js, in a real browser.
const API = 'https://api.example.test/spa';
const SDK = readFileSync(
  createRequire(import.meta.url)
    .resolve('@auth0/auth0-spa-js')
    .replace(/dist\/.*$/, 'dist/auth0-spa-js.production.js'),
);

let server: TestServer;
let certificate: Certificate;
let app: { url: string; close(): Promise<void> };
let clientId: string;
let browser: Browser;
let user: Person;

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer());
  app = await serveApplication(certificate, () => (request, response) => {
    const isScript = request.url === '/sdk.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? SDK : '<!doctype html><title>SPA</title><script src="/sdk.js"></script>',
    );
  });
  ({ id: clientId } = await registerClient(server, {
    name: 'A single-page application',
    app_type: 'spa',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    callbacks: [app.url],
    web_origins: [app.url],
    allowed_origins: [app.url],
    allowed_logout_urls: [app.url],
    refresh_token: {
      rotation_type: 'rotating',
      expiration_type: 'expiring',
      leeway: 0,
      token_lifetime: 3600,
      idle_token_lifetime: 1800,
      infinite_token_lifetime: false,
      infinite_idle_token_lifetime: false,
    },
  }));
  const api = await server.api('POST', '/api/v2/resource-servers', {
    identifier: API,
    allow_offline_access: true,
    scopes: [{ value: 'read:things' }],
  });
  expect(api.status, api.text).toBe(201);
  user = await createUser(server, { name: 'Ada Example' });
  browser = await launchBrowser();
});

afterAll(async () => {
  await app?.close();
  certificate?.remove();
});

type Options = Record<string, unknown>;

/** A browser of its own, on the application's page with the SDK set up. */
async function visitor(options: Options = {}): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await open(page, options);
  return page;
}

async function open(page: Page, options: Options = {}, query = ''): Promise<void> {
  await page.goto(`${app.url}/${query}`);
  await sdk(page, options);
}

/** Creates `window.client`, like an application on page load. */
async function sdk(page: Page, { audience, scope, ...options }: Options): Promise<void> {
  await page.evaluate(
    `(async () => { window.client = new auth0.Auth0Client(${JSON.stringify({
      domain: new URL(server.url).host,
      clientId,
      authorizationParams: { redirect_uri: app.url, audience, scope },
      ...options,
    })}); })()`,
  );
}

const run = <T>(page: Page, code: string): Promise<T> =>
  page.evaluate(`(async () => { ${code} })()`);

/** The SDK's error as it surfaces. */
const failure = (page: Page, code: string): Promise<{ error: string; description: string }> =>
  run(
    page,
    `try { ${code}; return { error: 'none' }; } catch (e) { return { error: e.error ?? e.name, description: e.error_description ?? e.message }; }`,
  );

function refreshTokenIn(entry: string): string {
  const token = entry.match(/"refresh_token":"([^"]+)"/)?.[1];
  if (token === undefined) throw new Error(`No refresh token in ${entry}`);
  return token;
}

async function signsIn(page: Page, options: Options = {}): Promise<void> {
  await run(page, `window.client.loginWithRedirect({ appState: { target: '/deep' } });`);
  await page.waitForURL(/\/u\/login/);
  await logsIn(page, user);
  await page.waitForURL((url) => url.origin === app.url && url.searchParams.has('code'));
  await sdk(page, options);
  const result = await run<{ appState: unknown }>(
    page,
    'return window.client.handleRedirectCallback();',
  );
  expect(result.appState).toEqual({ target: '/deep' });
}

test('the SPA SDK signs in by redirect, knows the user, and keeps the session over a reload with a hidden frame', async () => {
  const page = await visitor();
  expect(await run(page, 'return window.client.isAuthenticated();')).toBe(false);
  await signsIn(page);
  expect(await run(page, 'return window.client.getUser();')).toMatchObject({
    sub: user.userId,
    email: user.email,
    email_verified: true,
    name: 'Ada Example',
  });
  const claims = await run<Record<string, unknown>>(
    page,
    'return window.client.getIdTokenClaims();',
  );
  expect(claims).toMatchObject({ iss: `${server.url}/`, aud: clientId, sid: expect.any(String) });

  await open(page);
  await run(page, 'return window.client.checkSession();');
  expect(await run(page, 'return window.client.isAuthenticated();')).toBe(true);
});

test('the SPA SDK gets a token for an API and its scopes silently', async () => {
  const options = { audience: API, scope: 'openid profile email read:things' };
  const page = await visitor(options);
  await signsIn(page, options);
  const answer = await run<{ access_token: string; scope?: string; expires_in: number }>(
    page,
    `return window.client.getTokenSilently({ cacheMode: 'off', detailedResponse: true });`,
  );
  const payload = JSON.parse(
    Buffer.from(answer.access_token.split('.')[1] ?? '', 'base64url').toString(),
  );
  expect(payload).toMatchObject({
    iss: `${server.url}/`,
    aud: [API, `${server.url}/userinfo`],
    azp: clientId,
    sub: user.userId,
  });
  expect(payload.scope.split(' ')).toContain('read:things');
});

test('the SPA SDK renews with rotating refresh tokens', async () => {
  const options = { useRefreshTokens: true, cacheLocation: 'localstorage', audience: API };
  const page = await visitor(options);
  await signsIn(page, options);
  const kept = () =>
    run<string>(
      page,
      `return Object.values(localStorage).find((v) => v.includes('refresh_token'));`,
    );
  const before = await kept();
  await run(page, `return window.client.getTokenSilently({ cacheMode: 'off' });`);
  const between = await kept();
  expect(refreshTokenIn(between)).not.toBe(refreshTokenIn(before));
  await run(page, `return window.client.getTokenSilently({ cacheMode: 'off' });`);
  expect(refreshTokenIn(await kept())).not.toBe(refreshTokenIn(between));
  await open(page, options);
  expect(await run(page, 'return window.client.getUser();')).toMatchObject({ sub: user.userId });
});

test('the SPA SDK signs in through a popup', async () => {
  const page = await visitor();
  const opened = page.context().waitForEvent('page');
  const done = run(page, 'return window.client.loginWithPopup();');
  await logsIn(await opened, user);
  await done;
  expect(await run(page, 'return window.client.getUser();')).toMatchObject({ sub: user.userId });
});

test('the SPA SDK logs out, and the next login asks again', async () => {
  const page = await visitor();
  await signsIn(page);
  await run(
    page,
    `window.client.logout({ logoutParams: { returnTo: ${JSON.stringify(app.url)} } });`,
  );
  await page.waitForURL(`${app.url}/`);
  await sdk(page, {});
  expect(await failure(page, `await window.client.getTokenSilently()`)).toMatchObject({
    error: 'login_required',
  });
  await run(page, 'window.client.loginWithRedirect();');
  await page.waitForURL(/\/u\/login/);
});

test('the SPA SDK receives errors in the words it knows', async () => {
  const page = await visitor();
  expect(await failure(page, `await window.client.getTokenSilently()`)).toMatchObject({
    error: 'login_required',
    description: expect.stringMatching(/login required/i),
  });
  await signsIn(page);
  expect(
    await failure(
      page,
      `await window.client.getTokenSilently({ cacheMode: 'off', authorizationParams: { audience: 'https://nobody.example.test' } })`,
    ),
  ).toMatchObject({ description: 'Service not found: https://nobody.example.test' });
});

test('the SPA SDK cannot renew for a deleted user', async () => {
  const page = await visitor({ useRefreshTokens: true });
  const gone = await createUser(server);
  await run(page, `window.client.loginWithRedirect();`);
  await page.waitForURL(/\/u\/login/);
  await logsIn(page, gone);
  await page.waitForURL((url) => url.origin === app.url && url.searchParams.has('code'));
  await sdk(page, { useRefreshTokens: true });
  await run(page, 'return window.client.handleRedirectCallback();');
  const deleted = await server.api('DELETE', `/api/v2/users/${encodeURIComponent(gone.userId)}`);
  expect(deleted.status).toBe(204);
  const { error } = await failure(
    page,
    `await window.client.getTokenSilently({ cacheMode: 'off' })`,
  );
  expect(['invalid_grant', 'login_required', 'missing_refresh_token']).toContain(error);
});
