import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type ExampleApplication, startRegisteredApp } from '../harness/application.ts';
import { launchBrowser } from '../harness/browser.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { startFacebook } from '../harness/providers/facebook.ts';
import { startGoogle } from '../harness/providers/google.ts';
import { startOpenIdServer } from '../harness/providers/openid-server.ts';
import type { Person, StandIn } from '../harness/providers/stand-in.ts';
import { PROVIDER_CLIENT } from '../harness/providers/tokens.ts';
import { linkIn, type ReceivedMail } from '../harness/smtp-sink.ts';
import { watchedPage } from '../harness/watched-page.ts';
import { made, openWorld, type World } from '../harness/world.ts';
import { aDevice } from '../passkeys/virtual.ts';

/** The claim of the example application with the roles of a person. */
const ROLES = 'https://meadow.test/roles';
const DATA = { contract: 'C-1848', crm: { id: 7 } };

let world: World;
let browser: Browser;
let app: ExampleApplication;
let google: StandIn;
let facebook: StandIn;
const atCompany: Person[] = [];
let role: { id: string };
let complaints: string[] = [];

beforeAll(async () => {
  [google, facebook] = await Promise.all([startGoogle([]), startFacebook([])]);
  world = await openWorld({ providerEndpoints: { ...google.endpoints, ...facebook.endpoints } });
  const company = await startOpenIdServer({
    people: atCompany,
    redirectUris: [`${world.server.url}/login/callback`],
    client: { grant_types: ['authorization_code'], response_types: ['code'] },
  });
  browser = await launchBrowser();
  app = await startRegisteredApp(world.server);
  closedAtEnd(() => app.close());
  await changed(`/clients/${app.clientId}`, { roles_claim: ROLES });
  await changed(`/connections/${app.connectionId}`, {
    options: {
      authentication_methods: { password: { enabled: true }, passkey: { enabled: true } },
    },
  });
  role = await made(world.server, '/roles', { name: 'gardener' });
  const { clientId: client_id, clientSecret: client_secret } = PROVIDER_CLIENT;
  const credentials = { client_id, client_secret };
  await connection('google-oauth2', 'google-oauth2', credentials);
  await connection('facebook', 'facebook', credentials);
  await connection('company', 'oidc', {
    ...credentials,
    type: 'back_channel',
    discovery_url: `${company.url}/.well-known/openid-configuration`,
  });
  await connection('email', 'email', {});
});

beforeEach(() => {
  complaints = [];
});

async function changed(path: string, body: object): Promise<void> {
  const answer = await world.server.api('PATCH', `/api/v2${path}`, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`);
}

async function connection(name: string, strategy: string, options: object): Promise<void> {
  const shown = strategy === 'oidc' ? { show_as_button: true } : {};
  const body = { name, strategy, options, ...shown };
  const { id } = await made(world.server, '/connections', body);
  const enabled = await world.server.api('PATCH', `/api/v2/connections/${id}/clients`, [
    { client_id: app.clientId, status: true },
  ]);
  if (enabled.status !== 204) throw new Error(enabled.text);
}

/** Invites a person with a role and data of the operator's own. Returns the link of the mail. */
async function invited(email: string, plan: object = {}): Promise<string> {
  const answer = await world.server.api('POST', '/api/v2/invitations', {
    client_id: app.clientId,
    connection_id: app.connectionId,
    recipients: [{ email }],
    create_user: 'on_accept',
    roles: [role.id],
    data: DATA,
    ...plan,
  });
  if (answer.status >= 300) throw new Error(answer.text);
  return linkIn(await world.server.sink.waitForMail(email));
}

async function invitationTo(email: string): Promise<{ id: string; state: string }> {
  const path = `/api/v2/invitations?email=${encodeURIComponent(email)}`;
  const { body } = await world.server.api<{ id: string; state: string }[]>('GET', path);
  const [found] = body;
  if (found === undefined) throw new Error(`Nobody has invited ${email}.`);
  return found;
}

const open = (): Promise<Page> => watchedPage(browser, complaints);
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** Waits for the example application, and returns what its table says of the person. */
async function arrived(page: Page): Promise<Record<string, string>> {
  await page.waitForURL(`${app.url}/`).catch(async (error: unknown) => {
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
  return Object.fromEntries(texts);
}

/** What an accepted invitation gives, by whatever way in. */
async function hasEverything(page: Page, email: string, provider: string): Promise<void> {
  const claims = await arrived(page);
  const { id, state } = await invitationTo(email);
  expect({ email: claims.email, roles: claims[ROLES], state }).toEqual({
    email,
    roles: '["gardener"]',
    state: 'accepted',
  });
  expect(JSON.parse(claims['https://usher.dev/invitation'] ?? '{}')).toEqual({ id, data: DATA });
  expect(claims.sub).toMatch(new RegExp(`^${provider}\\|`));
  expect(complaints).toEqual([]);
}

test('a person accepts with a password', async () => {
  const { email } = aPerson();
  const page = await open();
  await page.goto(await invited(email));
  await field(page, 'Password').fill(aPassword());
  await press(page, 'Accept and continue');
  await hasEverything(page, email, 'auth0');
});

test('a person accepts with a passkey', async () => {
  const { email } = aPerson();
  const page = await open();
  const device = await aDevice(page);
  await page.goto(await invited(email));
  await press(page, 'Create a passkey');
  await hasEverything(page, email, 'auth0');
  expect(await device.passkeys()).toHaveLength(1);
});

test('a person accepts with Google', async () => {
  const person = { sub: '1001', name: 'Ada', email: 'ada@gmail.com', email_verified: true };
  google.people.push(person);
  const page = await open();
  await page.goto(await invited(person.email));
  await press(page, 'Continue with Google');
  await press(page, person.name);
  await hasEverything(page, person.email, 'google-oauth2');
});

test('a person accepts with Facebook, which does not vouch for the address', async () => {
  const { email } = aPerson();
  facebook.people.push({ id: '2001', name: 'Bob', email });
  const page = await open();
  await page.goto(await invited(email));
  await press(page, 'Continue with Facebook');
  await press(page, 'Bob');
  await hasEverything(page, email, 'facebook');
});

test('a person accepts with the OpenID provider of a company', async () => {
  const { email } = aPerson();
  atCompany.push({ sub: 'carla', name: 'Carla', email, email_verified: true });
  const page = await open();
  await page.goto(await invited(email));
  await press(page, 'Continue with company');
  await press(page, 'Carla');
  await hasEverything(page, email, 'oidc');
});

test('a person accepts with a code by email', async () => {
  const { email } = aPerson();
  const page = await open();
  const link = await invited(email);
  await page.goto(link);
  await press(page, 'Send me a code by email');
  const where = ({ mail }: ReceivedMail) => /code/i.test(mail.subject ?? '');
  const { mail } = await world.server.sink.waitForMail(email, { where });
  const [code = ''] = mail.text?.match(/\b\d{6}\b/) ?? [];
  await field(page, 'Code').fill(code);
  await press(page, 'Continue');
  await hasEverything(page, email, 'email');
});

async function expireIn(id: string, seconds: number): Promise<void> {
  await sql`update invitations set expires_at = now() + make_interval(secs => ${seconds}) where id = ${id}`.execute(
    world.db,
  );
}

/** An account in the application's database, whose address is verified. */
async function account(email: string, password = aPassword()): Promise<string> {
  await made(world.server, '/users', {
    connection: 'Username-Password-Authentication',
    email,
    password,
    email_verified: true,
  });
  return password;
}

test('a person accepts with an account that exists', async () => {
  const { email } = aPerson();
  const password = await account(email);
  const page = await open();
  await page.goto(await invited(email));
  await field(page, 'Password').fill(password);
  await press(page, 'Log in and accept');
  await hasEverything(page, email, 'auth0');
});

test('a person with an account of another address accepts if the invitation allows it', async () => {
  const { email } = aPerson();
  const mine = aPerson().email;
  const password = await account(mine);
  const page = await open();
  await page.goto(await invited(email, { email_policy: 'any_verified' }));
  await page.getByRole('link', { name: 'I already have an account' }).click();
  await field(page, 'Email address').fill(mine);
  await field(page, 'Password').fill(password);
  await press(page, 'Log in and accept');
  const claims = await arrived(page);
  expect([claims.email, claims[ROLES]]).toEqual([mine, '["gardener"]']);
  expect((await invitationTo(email)).state).toBe('accepted');
});

test('the wrong account gets an explanation, and the invitation lives', async () => {
  const person = { sub: '1002', name: 'Eve', email: 'eve@gmail.com', email_verified: true };
  google.people.push(person);
  const { email } = aPerson();
  const page = await open();
  const link = await invited(email);
  await page.goto(link);
  await press(page, 'Continue with Google');
  await press(page, person.name);
  await page.getByText(email).first().waitFor();
  await page.getByText(person.email).first().waitFor();
  expect((await invitationTo(email)).state).toBe('pending');
  await page.goto(link);
  await field(page, 'Password').fill(aPassword());
  await press(page, 'Accept and continue');
  await hasEverything(page, email, 'auth0');
});

test('a second browser shows the invitation until the first accepts, and then that it is accepted', async () => {
  const { email } = aPerson();
  const link = await invited(email);
  const [first, second] = [await open(), await open()];
  await first.goto(link);
  await second.goto(link);
  await field(first, 'Password').fill(aPassword());
  await press(first, 'Accept and continue');
  await hasEverything(first, email, 'auth0');
  await field(second, 'Password').fill(aPassword());
  await press(second, 'Accept and continue');
  await heading(second, 'You have already accepted');
});

test('a person declines, and the link works no more', async () => {
  const { email } = aPerson();
  const link = await invited(email);
  const page = await open();
  await page.goto(link);
  await page.getByRole('link', { name: 'Decline the invitation' }).click();
  expect((await invitationTo(email)).state).toBe('pending');
  await press(page, 'Decline the invitation');
  await expect.poll(async () => (await invitationTo(email)).state).toBe('declined');
  await page.goto(link);
  await heading(page, 'This invitation was declined');
});

test('a person whose link has expired gets a new one, and accepts', async () => {
  const { email } = aPerson();
  const link = await invited(email, { ttl_sec: 1 });
  await expect
    .poll(async () => (await invitationTo(email)).state, { timeout: 10_000 })
    .toBe('expired');
  const page = await open();
  await page.goto(link);
  const { id } = await invitationTo(email);
  await press(page, 'Send me a new link');
  const where = (mail: ReceivedMail) => linkIn(mail) !== link;
  const renewed = linkIn(await world.server.sink.waitForMail(email, { where }));
  // The new one has the lifetime of the first, too: a second, which the test has no need to win.
  await expireIn(id, 60);
  await page.goto(renewed);
  await field(page, 'Password').fill(aPassword());
  await press(page, 'Accept and continue');
  await hasEverything(page, email, 'auth0');
});

test('a revoked invitation says so, and nobody can accept it', async () => {
  const { email } = aPerson();
  const link = await invited(email);
  const page = await open();
  await page.goto(link);
  const { id } = await invitationTo(email);
  await world.server.api('DELETE', `/api/v2/invitations/${id}`);
  await field(page, 'Password').fill(aPassword());
  await press(page, 'Accept and continue');
  await heading(page, 'This invitation was withdrawn');
  expect((await invitationTo(email)).state).toBe('revoked');
});
