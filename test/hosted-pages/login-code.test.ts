import { beforeAll, describe, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { startTextSink } from '../harness/text-sink.ts';
import { formOf, textOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type Shown,
  type Tab,
  type World,
} from '../harness/world.ts';
import { configure } from '../second-factors/factors.ts';

let world: World;
/** May use passwords and codes. */
let client: ApiClient;
let texts: Map<string, string>;
let phones = 0;

beforeAll(async () => {
  const sink = await startTextSink();
  texts = sink.texts;
  world = await openWorld({ smsWebhookUrl: sink.url });
  await configure(world.server.app.deps.db, { factors: [], policies: [] });
  client = await world.registerClient();
  const enabled_clients = [client.id];
  await made(world.server, '/connections', { name: 'email', strategy: 'email', enabled_clients });
  await made(world.server, '/connections', { name: 'sms', strategy: 'sms', enabled_clients });
  await made(world.server, '/connections', {
    name: 'closed',
    strategy: 'email',
    options: { disable_signup: true },
    enabled_clients,
  });
  return sink.close;
});

const begin = (tab: Tab, connection: string, more: Record<string, string> = {}) =>
  tab.go(
    world.authorize(client, { connection, audience: '', scope: 'openid email phone', ...more }),
  );
const aNumber = () => `+4917012346${String(10 + phones++)}`;

const read = new Set<unknown>();
async function mailedCode(email: string): Promise<string> {
  const mail = await world.server.sink.waitForMail(email, {
    where: (receivedMail) =>
      !read.has(receivedMail) && /\b\d{6}\b/.test(receivedMail.mail.subject ?? ''),
  });
  read.add(mail);
  return /\b\d{6}\b/.exec(mail.mail.subject ?? '')?.[0] ?? '';
}

/** Fills in the form that is shown. */
const fill = (tab: Tab, shown: Shown, fields: Record<string, string>) =>
  tab.send({ ...formOf(shown.page).fields, ...fields });

async function subjectOf(back: URL): Promise<Record<string, unknown>> {
  const { body } = await world.exchange(client, back);
  return claimsOf(body.id_token);
}

describe('an application that requests a passwordless connection', () => {
  test('logs users in with a code by mail', async () => {
    const tab = openTab();
    const { email } = aPerson();
    const asks = await begin(tab, 'email', { login_hint: email });
    expect(new URL(asks.url).pathname).toBe('/u/login-code');
    expect(formOf(asks.page).fields.address).toBe(email);
    const sent = await fill(tab, asks, { address: ` ${email.toUpperCase()} ` });
    expect(textOf({ html: sent.page })).toContain(email);
    const done = await fill(tab, sent, { code: await mailedCode(email) });
    const claims = await subjectOf(tab.back(done));
    expect(claims).toMatchObject({ email, email_verified: true });
    expect(claims.sub).toMatch(/^email\|/);
    // A logged-in person needs no other code.
    expect(tab.back(await begin(tab, 'email')).searchParams.has('code')).toBe(true);
  });

  test('logs users in with a code by text message', async () => {
    const tab = openTab();
    const number = aNumber();
    const sent = await fill(tab, await begin(tab, 'sms'), { address: number });
    const code = /\d{6}/.exec(texts.get(number) ?? '')?.[0] ?? '';
    const claims = await subjectOf(tab.back(await fill(tab, sent, { code })));
    expect(claims.sub).toMatch(/^sms\|/);
  });

  test('logs users in with another code after a wrong one', async () => {
    const tab = openTab();
    const { email } = aPerson();
    const sent = await fill(tab, await begin(tab, 'email'), { address: email });
    const first = await mailedCode(email);
    const wrong = await fill(tab, sent, { code: first === '000000' ? '111111' : '000000' });
    expect(wrong.status).toBe(400);
    expect(textOf({ html: wrong.page })).toContain('That code is wrong');
    const empty = await fill(tab, wrong, { code: '' });
    expect(empty.status).toBe(400);
    const again = await fill(tab, wrong, { action: 'resend', code: '' });
    expect(again.status).toBe(200);
    const done = await fill(tab, again, { code: await mailedCode(email) });
    expect(tab.back(done).searchParams.has('code')).toBe(true);
  });

  test.each([
    ['email', 'nobody', 'That is not an email address'],
    ['sms', '12', 'That is not a phone number'],
  ])('shows an error if %s cannot send to %s', async (connection, address, says) => {
    const tab = openTab();
    const refused = await fill(tab, await begin(tab, connection), { address });
    expect(refused.status).toBe(400);
    expect(textOf({ html: refused.page })).toContain(says);
  });

  test('does not reveal who has an account if sign-up is disabled', async () => {
    const known = aPerson().email;
    await made(world.server, '/users', { connection: 'closed', email: known });
    const pages = [];
    for (const email of [known, aPerson().email]) {
      const tab = openTab();
      const sent = await fill(tab, await begin(tab, 'closed'), { address: email });
      pages.push([sent.status, textOf({ html: sent.page }).replaceAll(email, 'somebody')]);
    }
    expect(pages[1]).toEqual(pages[0]);
    expect(await mailedCode(known)).toMatch(/^\d{6}$/);
  });

  test('receives an error for a blocked user', async () => {
    const { email } = aPerson();
    await made(world.server, '/users', { connection: 'email', email, blocked: true });
    const tab = openTab();
    const sent = await fill(tab, await begin(tab, 'email'), { address: email });
    const { searchParams } = tab.back(await fill(tab, sent, { code: await mailedCode(email) }));
    expect(searchParams.get('error')).toBe('unauthorized');
  });

  test('requires the second factor of the server', async () => {
    const { db } = world.server.app.deps;
    await configure(db, { factors: ['otp'], policies: ['all-applications'] });
    const tab = openTab();
    const { email } = aPerson();
    const sent = await fill(tab, await begin(tab, 'email'), { address: email });
    const more = await fill(tab, sent, { code: await mailedCode(email) });
    await configure(db, { factors: [], policies: [] });
    expect(new URL(more.url).pathname).toBe('/u/mfa-otp-enrollment');
  });

  test('leads to the same page from the password pages', async () => {
    const tab = openTab();
    const { url } = await begin(tab, 'email', { screen_hint: 'signup' });
    expect(new URL(url).pathname).toBe('/u/login-code');
    for (const path of ['/u/login', '/u/signup', '/u/reset-password/request']) {
      const elsewhere = new URL(path, url);
      elsewhere.search = new URL(url).search;
      expect(new URL((await tab.go(elsewhere.href)).url).pathname).toBe('/u/login-code');
    }
    const passwords = await begin(openTab(), '', {});
    expect(new URL(passwords.url).pathname).toBe('/u/login');
  });

  test('reaches the other pages of its connections from each of them', async () => {
    const tab = openTab();
    const { page, url } = await tab.go(world.authorize(client, { audience: '', scope: 'openid' }));
    const wayTo = (html: string, text: string) => {
      const found = new RegExp(`<a class="way" href="([^"]+)">(?:(?!</a>)[^])*<span>${text}`).exec(
        html,
      );
      return new URL((found?.[1] ?? 'nowhere').replaceAll('&amp;', '&'), url).href;
    };
    const byText = await tab.go(wayTo(page, 'Send me a code by text message'));
    expect(formOf(byText.page).action).toContain('connection=sms');
    expect(wayTo(byText.page, 'Use a password')).toBe(url);
    expect(byText.page).not.toContain('Send me a code by text message');
    const byMail = await tab.go(wayTo(page, 'Send me a code by email'));
    const { email } = aPerson();
    const sent = await fill(tab, byMail, { address: email });
    const done = await fill(tab, sent, { code: await mailedCode(email) });
    expect((await subjectOf(tab.back(done))).sub).toMatch(/^email\|/);
  });

  test('receives an error for a connection that it may not use', async () => {
    await made(world.server, '/connections', { name: 'others', strategy: 'email' });
    for (const connection of ['others', 'gone']) {
      const { searchParams } = openTab().back(await begin(openTab(), connection));
      expect([searchParams.get('error'), searchParams.get('error_description')]).toEqual([
        'invalid_request',
        expect.stringContaining('the connection was not found'),
      ]);
    }
  });
});

test('an application with only passwordless connections logs users in with a code', async () => {
  const only = await made(world.server, '/clients', {
    name: 'Codes only',
    app_type: 'regular_web',
    callbacks: ['https://app.example.test/callback'],
  });
  await made(world.server, '/connections', {
    name: 'only',
    strategy: 'email',
    enabled_clients: [only.client_id],
  });
  const shown = await openTab().go(
    world.authorize({ id: only.client_id, secret: '' }, { audience: '', scope: 'openid' }),
  );
  expect(new URL(shown.url).pathname).toBe('/u/login-code');
  expect(textOf({ html: shown.page })).toContain('Log in to continue to Codes only.');
});

test('members log in to an organization with a code through its passwordless connection', async () => {
  const { id: connection_id } = (
    await world.server.api<{ id: string }[]>('GET', '/api/v2/connections?name=email')
  ).body[0] ?? { id: '' };
  const organization = await world.anOrganization({
    enabled_connections: [{ connection_id, assign_membership_on_login: true }],
  });
  const tab = openTab();
  const { email } = aPerson();
  const asks = await begin(tab, 'email', { organization: organization.id });
  const sent = await fill(tab, asks, { address: email });
  const done = await fill(tab, sent, { code: await mailedCode(email) });
  expect(await subjectOf(tab.back(done))).toMatchObject({ email, org_id: organization.id });
});

test('an invited person joins an organization by a login with a code', async () => {
  const { id: connection_id } = (
    await world.server.api<{ id: string }[]>('GET', '/api/v2/connections?name=email')
  ).body[0] ?? { id: '' };
  const organization = await world.anOrganization({ enabled_connections: [{ connection_id }] });
  const { email } = aPerson();
  const { ticket_id } = await world.inviteTo(organization, client, { invitee: { email } });
  const tab = openTab();
  const asks = await begin(tab, 'email', { organization: organization.id, invitation: ticket_id });
  const sent = await fill(tab, asks, { address: email });
  const done = await fill(tab, sent, { code: await mailedCode(email) });
  expect(await subjectOf(tab.back(done))).toMatchObject({ email, org_id: organization.id });
});

test('the page shows an operator’s texts and HTML in the language of the person', async () => {
  const put = (path: string, body: object) => world.server.api('PUT', `/api/v2${path}`, body);
  const screen = 'login-passwordless-email-code';
  await put('/prompts/login-passwordless/custom-text/de', {
    [screen]: { title: 'Ihr Kurzcode', description: 'Gesendet an', resendActionText: 'Nochmal' },
  });
  const html = { 'form-content-start': '<p>We never call.</p>' };
  const set = await put('/prompts/login-passwordless/partials', { [screen]: html });
  expect(set.status, set.text).toBe(200);
  const tab = openTab();
  const { email } = aPerson();
  const asks = await begin(tab, 'email', { ui_locales: 'de' });
  expect(textOf({ html: asks.page })).toContain('Wir senden Ihnen einen Code.');
  expect(asks.page).toContain('<p>We never call.</p>');
  const text = textOf({ html: (await fill(tab, asks, { address: email })).page });
  for (const part of ['Ihr Kurzcode', `Gesendet an ${email}`, 'Nochmal', 'We never call.']) {
    expect(text).toContain(part);
  }
  await mailedCode(email);
  await put('/prompts/login-passwordless/partials', {});
  await put('/prompts/login-passwordless/custom-text/de', {});
});

test.each([
  ['login-id', { 'login-id': { 'form-content-start': '<p>Hi</p>' } }, 'there is no such page'],
  ['login', { 'login-password': { 'form-content-start': '<p>Hi</p>' } }, 'there is no such page'],
  ['login', { login: { 'form-content': '<p>Hi</p>' } }, 'a page has the places'],
])('HTML for an unknown place is refused: %s %j', async (prompt, body, says) => {
  const answer = await world.server.api<{ message: string }>(
    'PUT',
    `/api/v2/prompts/${prompt}/partials`,
    body,
  );
  expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining(says)]);
});
