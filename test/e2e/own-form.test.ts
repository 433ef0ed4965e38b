import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOwnForm } from '../../examples/own-form/own-form.ts';
import { launchBrowser } from '../harness/browser.ts';
import { freePort } from '../harness/free-port.ts';
import { aProvider } from '../harness/providers/person.ts';
import { type SmallProvider, startSmallProvider } from '../harness/providers/small-provider.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { openWorld, type World } from '../harness/world.ts';
import { aNumber, enableFactors, NAMES, textedCode } from '../invitation-flow/flow-page.ts';

let world: World;
let browser: Browser;
let provider: SmallProvider;
let form: { url: string; close(): Promise<void> };
let invite: (more?: object) => Promise<{ link: string; email: string }>;

const complaints: string[] = [];

beforeAll(async () => {
  world = await openWorld();
  await enableFactors(world);
  const port = await freePort();
  // Another origin than the server's, in the eyes of a browser.
  const url = `http://127.0.0.1:${port}`;
  const client = await world.registerClient({
    callbacks: [`${url}/callback`],
    web_origins: [url],
    app_type: 'regular_web',
  });
  const { id: clientId, secret: clientSecret } = client;
  form = await startOwnForm({
    issuer: `${world.publicUrl}/`,
    clientId,
    clientSecret,
    port,
    baseUrl: url,
  });
  provider = await startSmallProvider();
  const { options } = provider;
  await aProvider(world, { name: 'acme-id', options, clientIds: [clientId] });
  const connection = { id: world.connectionId };
  invite = async (plan = {}) => {
    const user = await world.aUser(connection);
    const { secret } = await world.anInvitation(user, {
      clientId,
      plan: { profileSchema: NAMES, factors: { required: ['sms'] }, ...plan },
    });
    return { link: `${form.url}/join#ticket=${secret}`, email: user.email ?? '' };
  };
  browser = await launchBrowser();
});
afterAll(() => form?.close());

const newPage = () => watchedPage(browser, complaints, { locale: 'en-US' });
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const press = (page: Page, name = 'Continue') =>
  page.getByRole('button', { name, exact: true }).click();
const sees = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

async function entersNames(page: Page): Promise<void> {
  await sees(page, 'Who are you?');
  await field(page, 'First name').fill('Ada');
  await field(page, 'Last name').fill('Byron');
  await press(page);
}

async function choosesPassword(page: Page): Promise<void> {
  await sees(page, 'Choose a password');
  await field(page, 'New password').fill(
    `Tulip-${createHash('sha1').update(page.url()).digest('hex')}`,
  );
  await press(page);
}

async function entersPhone(page: Page, number: string): Promise<void> {
  await sees(page, 'Your phone');
  await field(page, 'Phone number').fill(number);
  await press(page);
  await sees(page, 'Enter the code');
}

async function entersCode(page: Page, number: string): Promise<void> {
  await field(page, 'Code').fill(textedCode(world, number));
  await press(page);
  await sees(page, 'That is all');
  await press(page);
  await sees(page, 'Hello, Ada');
  await page.getByText('You are signed in.').waitFor();
}

test('a person enters names, password, phone and code on the page of the application, and arrives signed in', async () => {
  const { link, email } = await invite();
  const page = await newPage();
  await page.goto(link);
  await sees(page, 'Who are you?');
  await press(page);
  await page.getByText('This field is required.').first().waitFor();
  await entersNames(page);
  await choosesPassword(page);
  const number = aNumber();
  await entersPhone(page, number);
  await entersCode(page, number);
  expect(new URL(page.url()).origin).toBe(form.url);
  await page.getByRole('cell', { name: email, exact: true }).first().waitFor();
  await page.goto(link);
  await page.getByText('This invitation is accepted already. You can log in.').waitFor();
});

test('a person ticks a box, and a page has no button that does nothing', async () => {
  const terms = { type: 'boolean', title: 'I agree' } as const;
  const properties = { ...NAMES.properties, terms };
  const profileSchema = { ...NAMES, properties, required: ['given_name', 'family_name', 'terms'] };
  const { link } = await invite({ profileSchema, factors: undefined });
  const page = await newPage();
  await page.goto(link);
  await entersNames(page);
  await page.getByText('This field is required.').waitFor();
  const names = await page.getByRole('button').allInnerTexts();
  expect(names).toEqual(['Continue']);
  await field(page, 'I agree').check();
  await press(page);
  await sees(page, 'Choose a password');
});

test('a person logs in at an identity provider, comes back to the page of the application, and arrives signed in', async () => {
  const { link, email } = await invite();
  const page = await newPage();
  await page.goto(link);
  await entersNames(page);
  await sees(page, 'Choose a password');
  provider.denies();
  await press(page, 'Continue with acme-id');
  await page.getByText('You have not logged in there.').waitFor();
  provider.logsIn({ sub: 'ada', email, email_verified: true });
  await press(page, 'Continue with acme-id');
  const number = aNumber();
  await entersPhone(page, number);
  expect(page.url()).toBe(link);
  await entersCode(page, number);
  expect(new URL(page.url()).origin).toBe(form.url);
  await page.getByRole('cell', { name: email, exact: true }).first().waitFor();
});

test('a person closes the page after the phone step, and goes on there; a second browser is told so and destroys nothing', async () => {
  const { link } = await invite();
  const first = await newPage();
  await first.goto(link);
  await entersNames(first);
  await choosesPassword(first);
  const number = aNumber();
  await entersPhone(first, number);
  const context = first.context();
  await first.close();

  const second = await newPage();
  await second.goto(link);
  await sees(second, 'You have started elsewhere');
  await second.getByText('in another browser').waitFor();

  const again = await context.newPage();
  await again.goto(link);
  await sees(again, 'Enter the code');
  await entersCode(again, number);
  await second.reload();
  await second.getByText('This invitation is accepted already.').waitFor();
});

test('a second browser takes over: the names are there, the password and the phone must be entered again', async () => {
  const { link } = await invite();
  const first = await newPage();
  await first.goto(link);
  await entersNames(first);
  await choosesPassword(first);
  const second = await newPage();
  await second.goto(link);
  await sees(second, 'You have started elsewhere');
  await press(second, 'Continue here');
  await choosesPassword(second);
  await field(first, 'Phone number').fill(aNumber());
  await press(first);
  await first.getByText('you have continued in another browser').waitFor();
  const number = aNumber();
  await entersPhone(second, number);
  await entersCode(second, number);
});
