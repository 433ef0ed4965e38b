import { createServer } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import type { User } from '../../src/records/users/users.ts';
import { launchBrowser } from '../harness/browser.ts';
import { freePort } from '../harness/free-port.ts';
import { overflow } from '../harness/legible.ts';
import { watch } from '../harness/watched-page.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { configure, otpAt } from './factors.ts';

const GOOD = 'Tulip-Canal-77';

let world: StillWorld;
let browser: Browser;
let connection: Connection;
let client: Client;
const complaints: string[] = [];

beforeAll(async () => {
  world = await openStillWorld();
  browser = await launchBrowser();
  connection = await world.aConnection();
  const port = await freePort();
  const application = createServer((_request, response) => response.end('The application'));
  application.listen(port, '127.0.0.1');
  client = await world.aClient(connection, {
    settings: { callbacks: [`http://localhost:${port}/callback`] },
  });
  return () => {
    application.closeAllConnections();
    application.close();
  };
});

async function narrow(options: { javaScriptEnabled?: boolean } = {}): Promise<BrowserContext> {
  return browser.newContext({ locale: 'en-GB', viewport: { width: 375, height: 740 }, ...options });
}

async function typesPassword(context: BrowserContext, user: User): Promise<Page> {
  const page = await context.newPage();
  watch(page, complaints);
  await page.goto(`${world.publicUrl}${await world.authorizePath(client.id)}`);
  await page.getByLabel('Email address', { exact: true }).fill(user.email ?? '');
  await page.getByLabel('Password', { exact: true }).fill(GOOD);
  await page.getByRole('button', { name: 'Log in' }).click();
  return page;
}

/** Checks that nothing overflows a narrow page, and that buttons are large enough for a thumb. */
async function fits(page: Page): Promise<void> {
  await page.waitForLoadState();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  for (const button of await page.getByRole('button').all()) {
    const box = await button.boundingBox();
    expect(box?.height ?? 0).toBeGreaterThanOrEqual(40);
  }
}

test.each([
  true,
  false,
])('a user enrols a factor, returns, and switches to another, with JavaScript: %s', async (javaScriptEnabled) => {
  await configure(world.db, { factors: ['otp', 'sms', 'email', 'recovery-code'] });
  const user = await world.aUser(connection, { password: GOOD });
  const context = await narrow({ javaScriptEnabled });
  const page = await typesPassword(context, user);
  await page.waitForURL(/\/u\/mfa-begin-enroll-options/);
  await fits(page);
  await page.getByRole('button', { name: 'Authenticator app' }).click();
  await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
  expect(
    await page.evaluate<number>("document.querySelector('.qr img').naturalWidth"),
  ).toBeGreaterThan(200);
  await page.getByText('Can’t scan the QR code?').click();
  await fits(page);
  const secret = ((await page.locator('code.copy').textContent()) ?? '').replaceAll(' ', '');
  await page.getByLabel('Code from the app').fill('000');
  await page.getByRole('button', { name: 'Continue' }).click();
  expect(await page.getByRole('alert').textContent()).toContain('is wrong');
  await page.getByLabel('Code from the app').fill(otpAt(secret, world.clock.now()));
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'I have saved it' }).waitFor();
  await fits(page);
  await page.getByRole('button', { name: 'I have saved it' }).click();
  await page.waitForURL(/\/callback\?code=/);

  world.passTime(60);
  const again = await typesPassword(await narrow({ javaScriptEnabled }), user);
  await again.waitForURL(/\/u\/mfa-otp-challenge/);
  await again.waitForLoadState();
  expect(await again.evaluate<string>('document.activeElement.id')).toBe('code');
  await fits(again);
  await again.getByRole('link', { name: 'Use another method' }).click();
  await again.getByRole('button', { name: 'Authenticator app' }).click();
  await again.getByLabel('Remember this browser for 30 days').check();
  await again.getByLabel('Code', { exact: true }).fill(otpAt(secret, world.clock.now()));
  await again.keyboard.press('Enter');
  await again.waitForURL(/\/callback\?code=/);
  expect(complaints).toEqual([]);
}, 120_000);
