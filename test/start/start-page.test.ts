import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../harness/browser.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { overflow } from '../harness/legible.ts';
import { watchedPage } from '../harness/watched-page.ts';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer({ smtpUrl: undefined });
  browser = await launchBrowser();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { headers, redirect: 'manual' });

const linksIn = (html: string) =>
  Array.from(html.matchAll(/<a [^>]*href="([^"]+)"/g), ([, path]) => path ?? '');

test('the development start page links to everything on the server', async () => {
  const answer = await get('/');
  expect(answer.status).toBe(200);
  const links = linksIn(await answer.text());
  expect(links).toEqual(['/console', '/dev/mailbox', '/docs', '/.well-known/openid-configuration']);
  for (const path of links) expect([path, (await get(path)).status < 400]).toEqual([path, true]);
  expect((await fetch(server.url, { method: 'HEAD' })).status).toBe(200);
});

test('the start page shows visitors from elsewhere no link to the mailbox, and nobody its secret', async () => {
  const secret = server.app.deps.keys.mailbox.toString('base64url');
  const near = await get('/');
  const far = await get('/', { 'x-forwarded-for': '203.0.113.7' });
  expect(linksIn(await far.text())).not.toContain('/dev/mailbox');
  for (const answer of [near, far]) {
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }
  expect(`${await (await get('/')).text()}`).not.toContain(secret);
});

test('the start page is readable on a phone, in the dark and with a keyboard, and violates no policy', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const complaints: string[] = [];
    const viewport = { width: 375, height: 700 };
    const page = await watchedPage(browser, complaints, { colorScheme, viewport });
    await page.goto(server.url);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('heading', { level: 1, name: 'Your identity server runs' }).waitFor();
    expect(await page.getByRole('main').count()).toBe(1);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Console');
    const folder = process.env.USHER_TEST_PICTURES;
    if (folder) {
      await page.screenshot({ path: join(folder, `start-${colorScheme}.png`), fullPage: true });
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  }
});

test("the production start page says to open an application, in the visitor's language, and nothing about the server", async () => {
  const production = await startServer({ production: true });
  const ask = async (language: string) => {
    const answer = await fetch(production.url, { headers: { 'accept-language': language } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    return answer.text();
  };
  const page = await ask('en');
  expect(page).toContain('There is nothing to do here');
  expect(await ask('de')).toContain('Hier ist nichts zu tun');
  expect(page).not.toMatch(/usher|fastify|\d+\.\d+\.\d+|\/console|\/docs|\/dev\//i);
  await production.close();
});

test("the start page redirects to the operator's own page if one is set", async () => {
  const homeUrl = 'https://www.example.com/welcome';
  const led = await startServer({ production: true, homeUrl });
  const answer = await fetch(`${led.url}/?from=x`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, homeUrl]);
  await led.close();
});
