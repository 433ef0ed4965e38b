import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ExampleApplication, startRegisteredApp } from '../harness/application.ts';
import { launchBrowser } from '../harness/browser.ts';
import { aPassword, aPerson, type PersonRow } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { made } from '../harness/world.ts';

/** The claim of the example application with the roles of a person. */
const ROLES = 'https://meadow.test/roles';

let server: TestServer;
let app: ExampleApplication;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  app = await startRegisteredApp(server);
  browser = await launchBrowser();
});

afterAll(() => app?.close());

/** A fresh browser profile, and an empty list of complaints. */
const newVisitor = (options: { javaScriptEnabled?: boolean } = {}): Promise<Page> =>
  watchedPage(browser, complaints, { locale: 'en-US', ...options });

// Violations of the page's own content security policy and script errors appear here.
const complaints: string[] = [];

async function invite(people: PersonRow[], plan: Record<string, unknown>): Promise<void> {
  const upload = await uploadUsers(server, app.connectionId, people, {
    send_invitations: JSON.stringify({ client_id: app.clientId, ttl_sec: 86_400, ...plan }),
  });
  expect(upload.status, upload.text).toBe(202);
  const job = await finishedJob(server, upload.body.id);
  expect(job).toMatchObject({
    status: 'completed',
    summary: { total: people.length, inserted: people.length, updated: 0, failed: 0 },
  });
}

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function seesHeading(page: Page, name: string | RegExp): Promise<void> {
  await page
    .getByRole('heading', { level: 1, name })
    .waitFor()
    .catch(async (error: unknown) => {
      const seen = await page.locator('body').innerText();
      throw new Error(`No heading ${name} at ${page.url()}, but:\n${seen}`, { cause: error });
    });
}

async function logsIn(page: Page, email: string, password: string): Promise<void> {
  await field(page, 'Email address').fill(email);
  await field(page, 'Password').fill(password);
  await press(page, 'Log in');
}

/** Opens the mailed link, sets a password and arrives in the application, signed in. */
async function accepts(page: Page, link: string, person: PersonRow, password: string) {
  await page.goto(link);
  await seesHeading(page, 'You’re invited to Meadow');
  await field(page, 'Password').fill(password);
  await press(page, 'Accept and continue');
  await seesHeading(page, `Hello, ${person.given_name}`);
  expect(new URL(page.url()).origin).toBe(app.url);
  await page.getByText('You are signed in.').waitFor();
}

test('an imported and invited user opens the mailed link, sets a password and is signed in', async () => {
  const ada = aPerson({ given_name: 'Ada' });
  await invite([ada, aPerson(), aPerson()], {});
  const mail = await server.sink.waitForMail(ada.email);
  const link = linkIn(mail);
  expect(link.startsWith(`${server.url}/u/invitation?ticket=`)).toBe(true);

  // A mail scanner opens every link, some of them twice.
  for (let visit = 0; visit < 2; visit++) {
    const scanned = await fetch(link);
    expect(scanned.status).toBe(200);
    expect(await scanned.text()).toContain('You’re invited to Meadow');
  }

  const page = await newVisitor();
  const password = aPassword();
  await accepts(page, link, ada, password);
  await page.getByRole('cell', { name: ada.email, exact: true }).first().waitFor();
  await page.getByText('verified', { exact: true }).waitFor();

  await page.goto(link);
  await seesHeading(page, 'You have already accepted');
  const stranger = await newVisitor();
  await stranger.goto(link);
  await seesHeading(stranger, 'You have already accepted');

  await stranger.goto(app.url);
  await stranger.getByRole('link', { name: 'Sign in' }).click();
  await logsIn(stranger, ada.email, password);
  await seesHeading(stranger, 'Hello, Ada');
});

test('a plan with a result_url leads there with the documented parameters, and on into the application', async () => {
  const grace = aPerson({ given_name: 'Grace' });
  await invite([grace], { result_url: `${app.url}/?from=invitation` });
  const link = linkIn(await server.sink.waitForMail(grace.email));
  const page = await newVisitor();
  const landings: URL[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.searchParams.get('from') === 'invitation') landings.push(url);
  });
  await accepts(page, link, grace, aPassword());
  expect(landings).toHaveLength(1);
  expect(Object.fromEntries(landings[0]?.searchParams ?? [])).toMatchObject({
    from: 'invitation',
    success: 'true',
    email: grace.email,
    message: 'You can now login to the application with the new password.',
  });
});

test('a password that the policy refuses leaves the link alive', async () => {
  const person = aPerson({ given_name: 'Edsger' });
  await invite([person], {});
  const link = linkIn(await server.sink.waitForMail(person.email));
  const page = await newVisitor();
  await page.goto(link);
  await field(page, 'Password').fill('short');
  await press(page, 'Accept and continue');
  await page.getByRole('alert').waitFor();
  await accepts(page, link, person, aPassword());
});

test('a user accepts an invitation in a browser without JavaScript', async () => {
  const person = aPerson({ given_name: 'Margaret' });
  await invite([person], {});
  const page = await newVisitor({ javaScriptEnabled: false });
  const password = aPassword();
  await page.goto(linkIn(await server.sink.waitForMail(person.email)));
  await field(page, 'Password').fill(password);
  await field(page, 'Repeat the password').fill(`${password}, but not the same`);
  await press(page, 'Accept and continue');
  await page.getByRole('alert').getByText('The two passwords are not the same.').waitFor();
  await field(page, 'Password').fill(password);
  await field(page, 'Repeat the password').fill(password);
  await press(page, 'Accept and continue');
  await seesHeading(page, 'Hello, Margaret');
});

test('a wrong password is refused, the right one signs in, and a logout ends the session', async () => {
  const person = aPerson({ given_name: 'Barbara' });
  const password = aPassword();
  const created = await server.api('POST', '/api/v2/users', {
    email: person.email,
    given_name: person.given_name,
    password,
    connection: 'Username-Password-Authentication',
  });
  expect(created.status, created.text).toBe(201);
  const page = await newVisitor();
  await page.goto(app.url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await seesHeading(page, 'Log in');
  await logsIn(page, person.email, 'not-the-password');
  await page.getByRole('alert').getByText('The email or password is wrong.').waitFor();
  await logsIn(page, person.email, password);
  await seesHeading(page, 'Hello, Barbara');

  await press(page, 'Sign out');
  await seesHeading(page, 'Welcome to Meadow');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await seesHeading(page, 'Log in');
});

test('a mailed link replaces a forgotten password', async () => {
  const person = aPerson({ given_name: 'Alan' });
  const before = aPassword();
  await server.api('POST', '/api/v2/users', {
    email: person.email,
    given_name: person.given_name,
    password: before,
    connection: 'Username-Password-Authentication',
  });
  const page = await newVisitor();
  await page.goto(`${app.url}/login?${new URLSearchParams({ login_hint: person.email })}`);
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await field(page, 'Email address').fill(person.email);
  await press(page, 'Send the link');
  await seesHeading(page, 'Check your email');
  const mail = await server.sink.waitForMail(person.email, {
    where: ({ mail }) => mail.text?.includes('/u/reset-verify') === true,
  });
  const link = linkIn(mail);
  expect(link.endsWith('#')).toBe(true);

  const after = aPassword();
  await page.goto(link);
  await field(page, 'New password').fill(after);
  await press(page, 'Save the password');
  await page
    .getByRole('heading', { level: 1, name: 'Choose a new password' })
    .waitFor({ state: 'detached' });

  const elsewhere = await newVisitor();
  await elsewhere.goto(`${app.url}/login`);
  await logsIn(elsewhere, person.email, before);
  await elsewhere.getByRole('alert').getByText('The email or password is wrong.').waitFor();
  await logsIn(elsewhere, person.email, after);
  await seesHeading(elsewhere, 'Hello, Alan');
  await elsewhere.goto(link);
  await seesHeading(elsewhere, 'This link has been used');
});

test('a person invited to an organization arrives as its member', async () => {
  const { email } = aPerson();
  const edited = `/api/v2/clients/${app.clientId}`;
  const settings = { organization_usage: 'allow', roles_claim: ROLES };
  expect((await server.api('PATCH', edited, settings)).status).toBe(200);
  const role = await made(server, '/roles', { name: 'treasurer' });
  const organization = await made(server, '/organizations', {
    name: 'garden-club',
    display_name: 'The Garden Club',
    enabled_connections: [{ connection_id: app.connectionId, assign_membership_on_login: false }],
  });
  await made(server, `/organizations/${organization.id}/invitations`, {
    inviter: { name: 'Grace' },
    invitee: { email },
    client_id: app.clientId,
    roles: [role.id],
  });
  const page = await newVisitor();
  await page.goto(linkIn(await server.sink.waitForMail(email)));
  await seesHeading(page, /The Garden Club/);
  await field(page, 'Password').fill(aPassword());
  await press(page, 'Create account and accept');
  await page.getByText('You are signed in.').waitFor();
  const row = (claim: string) => page.getByRole('row').filter({ hasText: claim });
  await row('org_id').getByRole('cell', { name: organization.id, exact: true }).waitFor();
  await row(ROLES).getByRole('cell', { name: '["treasurer"]', exact: true }).waitFor();
});

test('a person without an invitation signs up', async () => {
  const { email } = aPerson();
  const page = await newVisitor();
  await page.goto(app.url);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await seesHeading(page, 'Create your account');
  await field(page, 'Email address').fill(email);
  await field(page, 'Password').fill(aPassword());
  await press(page, 'Create account');
  await seesHeading(page, /^Hello/);
  await page.getByRole('cell', { name: email, exact: true }).first().waitFor();
});

test('no page violated its content security policy or had a failing script', () => {
  expect(complaints).toEqual([]);
});
