import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOwnForm } from '../../examples/own-form/own-form.ts';
import { launchBrowser } from '../harness/browser.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { freePort } from '../harness/free-port.ts';
import { aProvider } from '../harness/providers/person.ts';
import { type SmallProvider, startSmallProvider } from '../harness/providers/small-provider.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { made, openWorld, type World } from '../harness/world.ts';
import { aDevice } from '../passkeys/virtual.ts';

/** The claim of the example application with the roles of a person. */
const ROLES = 'https://meadow.test/roles';
const DATA = { contract: 'C-1848' };
const PASSKEYS = {
  authentication_methods: { password: { enabled: true }, passkey: { enabled: true } },
};

type Form = { url: string; close(): Promise<void> };

let world: World;
let browser: Browser;
let provider: SmallProvider;
/** On the domain of the server with another port, so on another origin. */
let near: Form;
/** On another domain. */
let far: Form;
let invite: (form: Form, email?: string) => Promise<{ link: string; email: string }>;

const complaints: string[] = [];

beforeAll(async () => {
  world = await openWorld();
  const ports = [await freePort(), await freePort()];
  const urls = [`http://localhost:${ports[0]}`, `http://127.0.0.1:${ports[1]}`];
  const { id: clientId, secret: clientSecret } = await world.registerClient({
    callbacks: urls.map((url) => `${url}/callback`),
    web_origins: urls,
    app_type: 'regular_web',
  });
  const changed = await Promise.all([
    world.server.api('PATCH', `/api/v2/clients/${clientId}`, { roles_claim: ROLES }),
    world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, { options: PASSKEYS }),
  ]);
  expect(changed.map(({ status }) => status)).toEqual([200, 200]);
  const forms = await Promise.all(
    urls.map((baseUrl, at) =>
      startOwnForm({
        issuer: `${world.publicUrl}/`,
        clientId,
        clientSecret,
        port: ports[at] ?? 0,
        baseUrl,
      }),
    ),
  );
  [near, far] = [forms[0] as Form, forms[1] as Form];
  provider = await startSmallProvider();
  const { options } = provider;
  await aProvider(world, { name: 'acme-id', options, clientIds: [clientId] });
  await aProvider(world, { name: 'email', strategy: 'email', options: {}, clientIds: [clientId] });
  const role = await made(world.server, '/roles', { name: 'gardener' });
  invite = async (form, email = aPerson().email) => {
    const before = world.server.sink.mails.length;
    await made(world.server, '/invitations', {
      client_id: clientId,
      connection_id: world.connectionId,
      recipients: [{ email }],
      create_user: 'on_accept',
      roles: [role.id],
      data: DATA,
    });
    const isNew = (mail: unknown) => world.server.sink.mails.indexOf(mail as never) >= before;
    const mailed = linkIn(await world.server.sink.waitForMail(email, { where: isNew }));
    const ticket = new URL(mailed).searchParams.get('ticket');
    return { link: `${form.url}/join#ticket=${ticket}`, email };
  };
  browser = await launchBrowser();
});
afterAll(() => Promise.all([near?.close(), far?.close()]));

/** The screen of a small phone. */
const newPage = () =>
  watchedPage(browser, complaints, { locale: 'en-US', viewport: { width: 375, height: 667 } });
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const sees = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

/** Nothing is wider than the screen, and the keyboard is at the new step. */
async function isUsable(page: Page): Promise<void> {
  const [width, focused] = (await page.evaluate(
    'document.fonts.ready.then(() => [document.documentElement.scrollWidth, document.activeElement.id])',
  )) as [number, string];
  expect([width, focused]).toEqual([375, 'title']);
}

/** Waits for the example application, and checks what the token says. */
async function arrives(page: Page, form: Form, email: string): Promise<Record<string, string>> {
  await sees(page, 'That is all');
  await isUsable(page);
  await button(page, 'Continue').click();
  await page.waitForURL(`${form.url}/`).catch(async (error: unknown) => {
    const seen = await page.locator('body').innerText();
    throw new Error(`The person is at ${page.url()}:\n${seen}`, { cause: error });
  });
  await page.getByText('You are signed in.').waitFor();
  const rows = await page.locator('tbody tr').all();
  const texts = await Promise.all(
    rows.map(async (row) => [
      await row.locator('th').innerText(),
      await row.locator('td').innerText(),
    ]),
  );
  const claims = Object.fromEntries(texts);
  expect([claims.email, claims[ROLES]]).toEqual([email, '["gardener"]']);
  expect(JSON.parse(claims['https://usher.dev/invitation'] ?? '{}').data).toEqual(DATA);
  return claims;
}

test('a person makes a passkey on a page at another origin of the domain, and logs in with it for the next invitation', async () => {
  const { link, email } = await invite(near);
  const page = await newPage();
  const device = await aDevice(page);
  await page.goto(link);
  await sees(page, 'Choose a password');
  await isUsable(page);
  await button(page, 'Create a passkey').click();
  const { sub } = await arrives(page, near, email);
  expect(await device.passkeys()).toHaveLength(1);
  await page.context().clearCookies();
  const next = await invite(near, email);
  await page.goto(next.link);
  await sees(page, 'Log in to accept');
  await button(page, 'Log in with a passkey').click();
  expect((await arrives(page, near, email)).sub).toBe(sub);
});

test('a page of another domain says that passkeys do not work there, and leads to the page on the server', async () => {
  const { link, email } = await invite(far);
  const page = await newPage();
  await aDevice(page);
  await page.goto(link);
  await button(page, 'Create a passkey').click();
  await page.getByText('Passkeys don’t work on this page.').waitFor();
  await page.getByRole('link', { name: 'Use a passkey on the login page instead' }).click();
  await page.getByText(email).first().waitFor();
  expect(page.url()).toContain(`${world.publicUrl}/u/invitation`);
  await button(page, 'Create a passkey').waitFor();
});

test('a person takes a code by mail, and arrives signed in', async () => {
  const { link, email } = await invite(far);
  const page = await newPage();
  await page.goto(link);
  const before = world.server.sink.mails.length;
  await button(page, 'Send me a code by email').click();
  await sees(page, 'Enter the code');
  const isNew = (mail: unknown) => world.server.sink.mails.indexOf(mail as never) >= before;
  const { mail } = await world.server.sink.waitForMail(email, { where: isNew });
  const code = /\b\d{6}\b/.exec(mail.subject ?? '')?.[0] ?? '';
  await field(page, 'Code').fill(code === '000000' ? '111111' : '000000');
  await button(page, 'Continue').click();
  await page.getByText('This code is wrong. Try again.').waitFor();
  await field(page, 'Code').fill(code);
  await button(page, 'Continue').click();
  const { sub } = await arrives(page, far, email);
  expect(sub).toMatch(/^email\|/);
});

test('a person logs in at an identity provider, and arrives signed in', async () => {
  const { link, email } = await invite(far);
  const page = await newPage();
  await page.goto(link);
  provider.logsIn({ sub: 'grace', email, email_verified: true });
  await button(page, 'Continue with acme-id').click();
  const { sub } = await arrives(page, far, email);
  expect(sub).toMatch(/^oidc\|/);
});

test('a person with an account logs in with its password, and arrives signed in', async () => {
  const password = aPassword();
  const { email } = await world.aUser({ id: world.connectionId }, { password });
  const { link } = await invite(far, email ?? '');
  const page = await newPage();
  await page.goto(link);
  await sees(page, 'Log in to accept');
  await field(page, 'Password').fill('Wrong-Heron-11');
  await button(page, 'Continue').click();
  await page.getByText('That is not the password of this account.').waitFor();
  await field(page, 'Password').fill(password);
  await button(page, 'Continue').click();
  await arrives(page, far, email ?? '');
});
