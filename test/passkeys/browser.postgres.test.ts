import type { Browser, Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type ExampleApplication, startRegisteredApp } from '../harness/application.ts';
import { launchBrowser } from '../harness/browser.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { aPerson } from '../harness/factories.ts';
import { overflow } from '../harness/legible.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { made, openWorld, type World } from '../harness/world.ts';
import { SECRET } from '../second-factors/factors.ts';
import { aDevice } from './virtual.ts';

const GOOD = 'Tulip-Canal-77';

let world: World;
let browser: Browser;
let app: ExampleApplication;
let complaints: string[] = [];

beforeAll(async () => {
  world = await openWorld();
  browser = await launchBrowser();
  app = await startRegisteredApp(world.server);
  closedAtEnd(() => app.close());
});

beforeEach(async () => {
  complaints = [];
  await passkeys({});
});

/** Enables passkeys, with these options. */
async function passkeys(options: Record<string, unknown>, enabled = true): Promise<void> {
  const answer = await world.server.api('PATCH', `/api/v2/connections/${app.connectionId}`, {
    options: {
      authentication_methods: { password: { enabled: true }, passkey: { enabled } },
      passkey_options: { challenge_ui: 'both', ...options },
    },
  });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
}

const open = (options = {}) =>
  watchedPage(browser, complaints, { viewport: { width: 375, height: 740 }, ...options });

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function signsUp(page: Page, email: string): Promise<void> {
  await page.goto(`${app.url}/login`);
  await page.getByRole('link', { name: 'Sign up' }).click();
  await page.getByLabel('Email address').fill(email);
  await button(page, 'Sign up with a passkey').click();
  await page.waitForURL(`${app.url}/`);
}

async function typesPassword(page: Page, email: string): Promise<void> {
  await page.goto(`${app.url}/login`);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(GOOD);
  await button(page, 'Log in').click();
}

const hasArrived = async (page: Page, email: string) => {
  await page.waitForURL(`${app.url}/`);
  expect(await page.textContent('body')).toContain(email);
};

/** Forgets sessions, and what the browser has said of passkeys. */
const leaves = (page: Page) => page.context().clearCookies();

test('a person signs up with a passkey, and logs in with the button', async () => {
  await passkeys({ challenge_ui: 'button' });
  const page = await open();
  const device = await aDevice(page);
  await signsUp(page, 'ada@example.test');
  expect(await device.passkeys()).toHaveLength(1);
  await leaves(page);
  await page.goto(`${app.url}/login`);
  expect(await page.getAttribute('#username', 'autocomplete')).toBe('username');
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await button(page, 'Sign in with a passkey').click();
  await hasArrived(page, 'ada@example.test');
  expect(complaints).toEqual([]);
});

test('the list of the field for the name offers passkeys', async () => {
  await passkeys({ challenge_ui: 'autofill' });
  const page = await open();
  await aDevice(page);
  await signsUp(page, 'bea@example.test');
  await leaves(page);
  // The virtual device chooses from the list at once.
  await page.goto(`${app.url}/login`);
  await hasArrived(page, 'bea@example.test');
  expect(complaints).toEqual([]);
});

test('a person who has typed a password is offered a passkey, and declines for a month', async () => {
  const user = await world.createUser({ password: GOOD });
  const page = await open();
  const device = await aDevice(page);
  await typesPassword(page, user.email);
  await page.getByRole('heading', { name: 'Log in faster next time' }).waitFor();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await button(page, 'Not now').click();
  await hasArrived(page, user.email);
  const declined = (await page.context().cookies()).find(({ name }) =>
    name.includes('usher_no_passkey'),
  );
  expect((declined?.expires ?? 0) - Date.now() / 1000).toBeGreaterThan(29 * 24 * 3600);
  await page.context().clearCookies({ name: /session/ });
  await typesPassword(page, user.email);
  await hasArrived(page, user.email);
  await leaves(page);
  await typesPassword(page, user.email);
  await button(page, 'Create a passkey').click();
  await hasArrived(page, user.email);
  expect(await device.passkeys()).toHaveLength(1);
  await leaves(page);
  await page.goto(`${app.url}/login`);
  await hasArrived(page, user.email);
  const kinds = (await world.logs('q=type:gd_enrollment_complete')).map(({ user_id }) => user_id);
  expect(kinds).toContain(user.userId);
  expect(complaints).toEqual([]);
});

test('a person with a second factor is offered a passkey only after showing it', async () => {
  await passkeys({ challenge_ui: 'button' });
  const user = await world.createUser({ password: GOOD });
  await world.server.api('POST', `/api/v2/users/${user.userId}/authentication-methods`, {
    type: 'totp',
    totp_secret: SECRET,
  });
  const page = await open();
  await aDevice(page);
  await typesPassword(page, user.email);
  await hasArrived(page, user.email);
});

test('a cancelled prompt leaves the other ways', async () => {
  await passkeys({ challenge_ui: 'button', progressive_enrollment_enabled: false });
  const user = await world.createUser({ password: GOOD });
  const page = await open();
  await aDevice(page);
  await page.goto(`${app.url}/login`);
  await button(page, 'Sign in with a passkey').click();
  await page.getByRole('status').getByText('No passkey was used').waitFor();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await typesPassword(page, user.email);
  await hasArrived(page, user.email);
  expect(complaints).toEqual([]);
});

test('a passkey of a security key leads to the offer of one for this device', async () => {
  await passkeys({ challenge_ui: 'button' });
  const page = await open();
  const key = await aDevice(page, { transport: 'usb', keeps: true });
  await signsUp(page, 'cleo@example.test');
  expect(await key.passkeys()).toHaveLength(1);
  await leaves(page);
  await page.goto(`${app.url}/login`);
  await button(page, 'Sign in with a passkey').click();
  await page.getByRole('heading', { name: 'Add a passkey to this device' }).waitFor();
  await button(page, 'Not now').click();
  await hasArrived(page, 'cleo@example.test');
});

test('without scripts the pages have no buttons for passkeys, and a password works', async () => {
  const user = await world.createUser({ password: GOOD });
  const page = await open({ javaScriptEnabled: false });
  await page.goto(`${app.url}/login`);
  expect(await button(page, 'Sign in with a passkey').count()).toBe(0);
  expect(await page.getByText('or', { exact: true }).isVisible()).toBe(false);
  await typesPassword(page, user.email);
  await hasArrived(page, user.email);
});

test('without scripts a page with other ways has no button for passkeys, either', async () => {
  await passkeys({ challenge_ui: 'button' });
  const mailed = { name: 'email', strategy: 'email', enabled_clients: [app.clientId] };
  const { id } = await made(world.server, '/connections', mailed);
  const { email } = aPerson();
  await made(world.server, '/invitations', { recipients: [email], client_id: app.clientId });
  const page = await open({ javaScriptEnabled: false });
  await page.goto(linkIn(await world.server.sink.waitForMail(email)));
  await button(page, 'Send me a code by email').waitFor();
  expect(await button(page, 'Create a passkey').count()).toBe(0);
  expect((await world.server.api('DELETE', `/api/v2/connections/${id}`)).status).toBe(202);
});

test('a connection without passkeys asks for none, and takes none', async () => {
  await passkeys({ challenge_ui: 'button' });
  const page = await open();
  await aDevice(page);
  await signsUp(page, 'dora@example.test');
  await leaves(page);
  await page.goto(`${app.url}/login`);
  await passkeys({}, false);
  await button(page, 'Sign in with a passkey').click();
  await page.getByRole('status').getByText('could not be used').waitFor();
  await page.goto(`${app.url}/login`);
  expect(await button(page, 'Sign in with a passkey').count()).toBe(0);
});

test('an invited person creates a passkey on the page of the invitation', async () => {
  await passkeys({ challenge_ui: 'button' });
  const { email } = aPerson();
  const properties = { team: { type: 'string', title: 'Team' } };
  const profile_schema = { type: 'object', properties, required: ['team'] };
  const plan = { recipients: [email], client_id: app.clientId, profile_schema };
  await made(world.server, '/invitations', plan);
  const mail = await world.server.sink.waitForMail(email);
  const page = await open();
  const device = await aDevice(page);
  await page.goto(linkIn(mail, /https?:\/\/\S+\/u\/invitation\?ticket=\w+/));
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await button(page, 'Create a passkey').click();
  // The browser points at the field that is missing.
  expect(await page.locator('#field-team:focus').count()).toBe(1);
  expect(await device.passkeys()).toHaveLength(0);
  await page.getByLabel('Team').fill('blue');
  await button(page, 'Create a passkey').click();
  await hasArrived(page, email);
  expect(await device.passkeys()).toHaveLength(1);
  await leaves(page);
  await page.goto(`${app.url}/login`);
  await button(page, 'Sign in with a passkey').click();
  await hasArrived(page, email);
  expect(complaints).toEqual([]);
});
