import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { type ExampleApplication, startRegisteredApp } from '../harness/application.ts';
import { launchBrowser } from '../harness/browser.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { overflow } from '../harness/legible.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { made, openWorld, type Person, type World } from '../harness/world.ts';
import { SECRET } from '../second-factors/factors.ts';
import { newAuthenticator } from './authenticator.ts';
import { arrives, openDoor } from './door.ts';
import { aDevice } from './virtual.ts';

let world: World;
let browser: Browser;
let app: ExampleApplication;
const complaints: string[] = [];

beforeAll(async () => {
  world = await openWorld();
  browser = await launchBrowser();
  app = await startRegisteredApp(world.server);
  closedAtEnd(() => app.close());
  await factors({ otp: true, 'webauthn-roaming': true, 'webauthn-platform': true });
  await world.server.api('PUT', '/api/v2/guardian/policies', ['all-applications']);
});

async function factors(wanted: Record<string, boolean>): Promise<void> {
  for (const [name, enabled] of Object.entries(wanted)) {
    const path = `/api/v2/guardian/factors/${name}`;
    expect((await world.server.api('PUT', path, { enabled })).body).toEqual({ enabled });
  }
}

const open = () => watchedPage(browser, complaints, { viewport: { width: 375, height: 740 } });
const button = (page: Page, name: string) => page.getByRole('button', { name });

async function typesPassword(page: Page, { email, password }: Person): Promise<void> {
  await page.goto(`${app.url}/login`);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Log in').click();
}

const methodsOf = async ({ userId }: Person) =>
  (
    await world.server.api<Record<string, unknown>[]>(
      'GET',
      `/api/v2/users/${encodeURIComponent(userId)}/authentication-methods`,
    )
  ).body;

test.each([
  ['webauthn-roaming', 'Security key', 'usb'],
  ['webauthn-platform', 'This device', 'internal'],
] as const)('a user enrolls a second factor of type %s, and is asked for it', async (type, name, transport) => {
  const user = await world.createUser();
  const page = await open();
  await aDevice(page, { transport });
  await typesPassword(page, user);
  await button(page, name).click();
  await page.waitForURL(/enrollment/);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await button(page, 'Continue').click();
  await page.waitForURL(`${app.url}/`);
  expect(await methodsOf(user)).toMatchObject([
    { type, confirmed: true, relying_party_identifier: 'localhost', key_id: expect.any(String) },
  ]);
  await page.context().clearCookies();
  await typesPassword(page, user);
  await page.waitForURL(/challenge/);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await button(page, 'Continue').click();
  await page.waitForURL(`${app.url}/`);
  expect(await page.textContent('body')).toContain(user.email);
  expect(complaints).toEqual([]);
});

test('a link enrolls a security key', async () => {
  const user = await world.createUser();
  const { ticket_url } = await made(world.server, '/guardian/enrollments/ticket', {
    user_id: user.userId,
    factor: 'webauthn-roaming',
  });
  const page = await open();
  await aDevice(page, { transport: 'usb' });
  await page.goto(ticket_url);
  await button(page, 'Continue').click();
  await page.getByRole('heading', { name: 'Your account is protected' }).waitFor();
  expect(await methodsOf(user)).toMatchObject([{ type: 'webauthn-roaming' }]);
});

test('a second factor is bound to its user and its login, and counts as one', async () => {
  const client = await world.registerClient();
  const user = await world.createUser();
  const login = world.authorize(client, { audience: '', scope: 'openid' });
  /** Types the password and goes to the page that enrolls or asks for a key. */
  const atKey = async (screen: string, who: Person = user) => {
    const first = await openDoor(world, login);
    const { location } = await first.sends('', {
      passkey: '',
      username: who.email,
      password: who.password,
    });
    const url = new URL(location ?? '', world.server.url);
    url.pathname = `/u/mfa-webauthn-roaming-${screen}`;
    return openDoor(world, url.href, undefined, first.browser);
  };
  const key = newAuthenticator(world.server.url);
  const enrolling = await atKey('enrollment');
  const enrolled = await enrolling.sends(
    key.register(await enrolling.options(), { isVerified: false }),
  );
  expect(await arrives(world, client, enrolling, enrolled.location)).toMatchObject({
    sub: user.userId,
    amr: ['pwd', 'mfa', 'hwk'],
  });
  const asked = await atKey('challenge');
  const options = await asked.options();
  expect(options.allowCredentials).toMatchObject([{ id: key.credentialId }]);
  const answer = key.authenticate(options, { isVerified: false });
  const elsewhere = await atKey('challenge');
  await elsewhere.options();
  expect((await elsewhere.sends(answer)).status, 'another login').toBe(400);
  const stranger = newAuthenticator(world.server.url);
  const forged = stranger.authenticate(options, { credentialId: key.credentialId });
  expect((await asked.sends(forged)).status, 'another key').toBe(400);
  const again = key.authenticate(await asked.options(), { isVerified: false });
  const done = await asked.sends(again);
  expect((await arrives(world, client, asked, done.location))?.sub).toBe(user.userId);
  const types = (await world.logs('q=type:gd_auth_failed')).map(({ user_id }) => user_id);
  expect(types).toContain(user.userId);
});

test('a security key of an earlier login cannot be enrolled by a password alone', async () => {
  const user = await world.createUser();
  await made(world.server, `/users/${encodeURIComponent(user.userId)}/authentication-methods`, {
    type: 'totp',
    totp_secret: SECRET,
  });
  const page = await open();
  await aDevice(page, { transport: 'usb' });
  await typesPassword(page, user);
  await page.waitForURL(/mfa-otp-challenge/);
  const { search } = new URL(page.url());
  await page.goto(`${world.publicUrl}/u/mfa-webauthn-roaming-enrollment${search}`);
  expect(page.url()).not.toContain('enrollment');
});
