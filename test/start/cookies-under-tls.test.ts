import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appoint } from '../console/administrator.ts';
import { launchBrowser } from '../harness/browser.ts';
import { trustedCertificate } from '../harness/certificate.ts';
import { startServer, type TestServer } from '../harness/harness.ts';

const PASSWORD = 'Tulip-Canal-77';

let certificate: Awaited<ReturnType<typeof trustedCertificate>>;
let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  certificate = await trustedCertificate();
  server = await startServer({ tls: certificate });
  browser = await launchBrowser();
});
afterAll(() => certificate?.remove());

/** Everything an administrator does: a link, a password, the console, logging out, and in again with a password. */
async function cookiesOfAVisit(at: TestServer) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' });
  context.setDefaultTimeout(20_000);
  const page: Page = await context.newPage();
  const set = new Set<string>();
  page.on('response', async (response) => {
    const headers = await response.headersArray().catch(() => []);
    for (const { name, value } of headers) {
      if (name.toLowerCase() === 'set-cookie') set.add(value);
    }
  });
  const seesConsole = async () => {
    await page.waitForURL(`${at.url}/console`);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('Hello');
  };
  await page.goto(await appoint(at, 'ada@example.test'));
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and continue' }).click();
  await seesConsole();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL(`${at.url}/u/logged-out`);
  const left = (await context.cookies()).map((cooky) => cooky.name);
  expect(left.filter((name) => /usher_(?:session|console)/.test(name))).toEqual([]);
  await page.goto(`${at.url}/console`);
  await page.getByLabel('Email address').fill('ada@example.test');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await seesConsole();
  const kept = await context.cookies();
  await context.close();
  return { kept: kept.map((cookie) => cookie.name), set: [...set] };
}

test('every cookie under TLS has a name that no other host can plant, and a browser accepts them all', async () => {
  const { kept, set } = await cookiesOfAVisit(server);
  expect(kept).toEqual(expect.arrayContaining(['__Host-usher_session', '__Host-usher_console']));
  // The library limits these to the paths of one login.
  const ofOnePath = /^__Secure-usher_(?:interaction|resume)(?:\.sig)?$/;
  expect(kept.filter((name) => !/^__Host-/.test(name) && !ofOnePath.test(name))).toEqual([]);
  for (const line of set) {
    expect(line).toMatch(/^__(?:Host|Secure)-usher_/);
    expect(line).toMatch(/; secure/i);
    expect(line).toMatch(/; httponly/i);
    expect(line).not.toMatch(/; domain=/i);
    if (line.startsWith('__Host-')) expect(line).toMatch(/; path=\/(?:;|$)/i);
  }
});

test('the names have no prefix without TLS, because no browser would accept it', async () => {
  const plain = await startServer();
  const { kept } = await cookiesOfAVisit(plain);
  expect(kept).toEqual(expect.arrayContaining(['usher_session', 'usher_console']));
  expect(kept.filter((name) => name.startsWith('__'))).toEqual([]);
  await plain.close();
});

test('a planted session cookie without the prefix is ignored', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(await appoint(server, 'eve@example.test'));
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and continue' }).click();
  await page.waitForURL(`${server.url}/console`);
  const planted = (await context.cookies()).map(({ name, value }) => ({
    name: name.replace(/^__(?:Host|Secure)-/, ''),
    value,
    url: server.url,
  }));
  await context.close();
  const victim = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' });
  await victim.addCookies(planted);
  const opened = await victim.newPage();
  await opened.goto(`${server.url}/console`);
  await opened.getByLabel('Email address').waitFor();
  await victim.close();
});
