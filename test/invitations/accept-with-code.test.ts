import { beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { rolesOfUser } from '../../src/records/roles/roles.ts';
import { findUser, findUserByEmail, linkedIdentities } from '../../src/records/users/users.ts';
import { aPerson } from '../harness/factories.ts';
import { openBrowser } from '../harness/providers/person.ts';
import type { ReceivedMail } from '../harness/smtp-sink.ts';
import { formOf, textOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  CALLBACK,
  claimsOf,
  made,
  openTab,
  openWorld,
  type Shown,
  type World,
} from '../harness/world.ts';
import { configure } from '../second-factors/factors.ts';

const BUTTON = 'Send me a code by email';
const DATA = { contract: 'C-1848' };
const CODE = /\b\d{6}\b/;

type Line = { link: string; invitation_id: string; user_id?: string };
type Person = ReturnType<typeof openBrowser>;

let world: World;
let client: ApiClient;
let role: { id: string };
/** Mails codes. Nobody new may come without an invitation. */
let mailed: { id: string };

beforeAll(async () => {
  world = await openWorld();
  await configure(world.db, { factors: [], policies: [] });
  client = await world.registerClient();
  role = await made(world.server, '/roles', { name: 'gardener' });
  mailed = await made(world.server, '/connections', {
    name: 'email',
    strategy: 'email',
    options: { disable_signup: true },
    enabled_clients: [client.id],
  });
});

/** Invites an address. */
async function invited(plan: object = {}, email = aPerson().email) {
  const answer = await world.server.api('POST', '/api/v2/invitations', {
    recipients: [{ email }],
    client_id: client.id,
    connection_id: world.connectionId,
    create_user: 'on_accept',
    result_url: `${CALLBACK}?accepted=1`,
    roles: [role.id],
    data: DATA,
    return_links: true,
    ...plan,
  });
  if (answer.status !== 200) throw new Error(answer.text);
  const { link, invitation_id: id, user_id: userId } = JSON.parse(answer.text) as Line;
  return { email, link, id, userId: userId ?? '' };
}

const read = new Set<unknown>();
async function mailedCode(email: string): Promise<string> {
  const mail = await world.server.sink.waitForMail(email, {
    where: (received) => !read.has(received) && CODE.test(received.mail.subject ?? ''),
  });
  read.add(mail);
  return CODE.exec(mail.mail.subject ?? '')?.[0] ?? '';
}

const said = ({ page }: Shown) => textOf({ html: page });
const other = (code: string) => (code === '000000' ? '111111' : '000000');

/** Opens the link and presses the button. Returns the page that asks for the code. */
async function asksForCode(person: Person, link: string): Promise<Shown> {
  const { url, page } = await person.go(link);
  const form = page.match(/<form\b[^>]*>[\s\S]*?<\/form>/g)?.find((each) => each.includes(BUTTON));
  if (form === undefined) throw new Error(`There is no button:\n${page}`);
  return sends(person, new URL(formOf(form).action, url).href, formOf(form).fields);
}

/** Sends the form of a page, with these fields. */
async function sends(person: Person, url: string, fields: Record<string, string>): Promise<Shown> {
  const answer = await person.browser.post(url, fields);
  const location = answer.headers.get('location');
  const { page, status } = answer;
  if (location === null) return { url, page, back: null, status };
  const next = new URL(location, url);
  return next.href.startsWith(CALLBACK)
    ? { url: next.href, page, back: next, status }
    : person.go(next.href);
}

const types = (person: Person, shown: Shown, fields: Record<string, string>) =>
  sends(person, shown.url, { csrf: csrfOf(shown), step: 'code', ...fields });
const csrfOf = ({ page }: Shown) => /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';

const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;
const byAddress = (email: string) => findUserByEmail(world.db, { connectionId: mailed.id, email });

/** The claims of the login at the application that follows. */
async function claimsAt(person: Person): Promise<Record<string, unknown>> {
  const url = world.authorize(client, { audience: '', scope: 'openid email' });
  const back = person.back(await person.go(url));
  return claimsOf((await world.exchange(client, back)).body.id_token);
}

async function expectGiven(id: string, userId: string): Promise<void> {
  expect(await findInvitation(world.db, id)).toMatchObject({
    state: 'accepted',
    acceptedBy: 'passwordless',
    acceptedUserId: userId,
  });
  const roles = await rolesOfUser(world.db, { userId, offset: 0, limit: 10 });
  expect(roles.map((each) => each.id)).toEqual([role.id]);
}

test('a code accepts an invitation in a closed connection, and the login at the application follows', async () => {
  const { email, link, id } = await invited({ invitee_may: 'link_only' });
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  expect(said(asks)).toContain(`We have sent a code to ${email}.`);
  expect(await byAddress(email)).toBeNull();
  const code = await mailedCode(email);
  const isCode = (received: ReceivedMail) => CODE.test(received.mail.subject ?? '');
  const { mail } = await world.server.sink.waitForMail(email, { where: isCode });
  expect(mail.text).toContain('Enter this code to accept the invitation');
  const accepted = await types(person, asks, { code });
  expect(person.back(accepted).searchParams.get('accepted')).toBe('1');
  const claims = await claimsAt(person);
  expect(claims).toMatchObject({
    sub: expect.stringMatching(/^email\|/),
    email,
    email_verified: true,
    'https://usher.dev/invitation': { id, data: DATA },
  });
  await expectGiven(id, String(claims.sub));
});

test('a wrong code leaves the invitation open, a requested new one accepts it, and the page leads back', async () => {
  const { email, link, id } = await invited();
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  const wrong = await types(person, asks, { code: other(await mailedCode(email)) });
  expect([wrong.status, said(wrong)]).toEqual([400, expect.stringContaining('That code is wrong')]);
  expect(await stateOf(id)).toBe('pending');
  const again = await types(person, wrong, { action: 'resend' });
  expect(again.status).toBe(200);
  expect(again.page).toContain(`href="${new URL(link).pathname}${new URL(link).search}"`);
  // The address of the page, opened once more.
  expect((await person.go(asks.url)).page).toContain(BUTTON);
  const accepted = await types(person, again, { code: await mailedCode(email) });
  expect(person.back(accepted).searchParams.get('accepted')).toBe('1');
});

test('the code of another address accepts nothing', async () => {
  const { link, id } = await invited();
  const stranger = await invited();
  await asksForCode(openBrowser(), stranger.link);
  const code = await mailedCode(stranger.email);
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  const refused = await types(person, asks, { code, address: stranger.email });
  expect(refused.status).toBe(400);
  expect([await stateOf(id), await stateOf(stranger.id)]).toEqual(['pending', 'pending']);
});

test('the answer does not tell whether an account has the address', async () => {
  const known = aPerson().email;
  await made(world.server, '/users', { connection: 'email', email: known });
  const pages = [];
  for (const address of [known, aPerson().email]) {
    const { email, link } = await invited({}, address);
    const asks = await asksForCode(openBrowser(), link);
    pages.push([asks.status, said(asks).replaceAll(email, 'somebody')]);
    expect(await mailedCode(email)).toMatch(CODE);
  }
  expect(pages[1]).toEqual(pages[0]);
});

test('the address becomes an identity of the account that was made for the invitation', async () => {
  const { email, link, id, userId } = await invited({ create_user: 'on_invite' });
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  await types(person, asks, { code: await mailedCode(email) });
  expect((await claimsAt(person)).sub).toBe(userId);
  const linked = (await linkedIdentities(world.db, [userId])).get(userId) ?? [];
  expect(linked).toMatchObject([{ connectionId: mailed.id, email }]);
  await expectGiven(id, userId);
});

test('a user of the connection accepts, and the account that was made for the invitation goes', async () => {
  const { email } = aPerson();
  const known = await made(world.server, '/users', { connection: 'email', email });
  const { link, id, userId } = await invited({ create_user: 'on_invite' }, email);
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  await types(person, asks, { code: await mailedCode(email) });
  expect(await claimsAt(person)).toMatchObject({ sub: known.user_id, email_verified: true });
  await expectGiven(id, known.user_id);
  expect(await findUser(world.db, userId)).toBeNull();
});

test('a blocked user of the connection does not accept', async () => {
  const { email } = aPerson();
  await made(world.server, '/users', { connection: 'email', email, blocked: true });
  const { link, id } = await invited({}, email);
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  const refused = await types(person, asks, { code: await mailedCode(email) });
  expect(refused.status).toBe(409);
  expect(await stateOf(id)).toBe('pending');
});

test('the page of the code asks for the fields of the invitation, and uses the code up only when they are right', async () => {
  const profile_schema = {
    type: 'object',
    properties: { given_name: { type: 'string', title: 'First name' } },
    required: ['given_name'],
  };
  const { email, link } = await invited({ profile_schema });
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  expect(said(asks)).toContain('First name');
  expect(said(asks)).not.toContain('Fill in');
  const code = await mailedCode(email);
  const missing = await types(person, asks, { code });
  expect([missing.status, said(missing)]).toEqual([400, expect.stringContaining('Fill in')]);
  const accepted = await types(person, missing, { code, 'field-given_name': 'Ada' });
  expect(person.back(accepted).searchParams.get('accepted')).toBe('1');
  expect((await byAddress(email))?.givenName).toBe('Ada');
});

test('an invitation without a connection that mails codes has no button, and takes none', async () => {
  const { email, link, id } = await invited({ connections: [world.connectionId] });
  const person = openBrowser();
  const shown = await person.go(link);
  expect(shown.page).not.toContain(BUTTON);
  const url = link.replace('/u/invitation', '/u/invitation-code');
  const answer = await types(person, { ...shown, url }, { code: '123456' });
  expect(new URL(answer.url).pathname).toBe('/u/invitation');
  expect(await stateOf(id)).toBe('pending');
  expect(await byAddress(email)).toBeNull();
});

test('an invitation without an application is accepted with a code, too', async () => {
  const { email, link, id } = await invited({
    client_id: null,
    connection_id: mailed.id,
    result_url: undefined,
  });
  const person = openBrowser();
  const asks = await asksForCode(person, link);
  const accepted = await types(person, asks, { code: await mailedCode(email) });
  expect(new URL(accepted.url).pathname).toBe('/u/done');
  await expectGiven(id, (await byAddress(email))?.id ?? '');
});

test('the page of an invitation to an organization leads to the login with a code, which accepts', async () => {
  const organization = await world.anOrganization({
    enabled_connections: [{ connection_id: mailed.id }, { connection_id: world.connectionId }],
  });
  const { email } = aPerson();
  const { ticket_id: invitation } = await world.inviteTo(organization, client, {
    invitee: { email },
  });
  const tab = openTab();
  const asked = { audience: '', scope: 'openid', organization: organization.id, invitation };
  const shown = await tab.go(world.authorize(client, asked));
  expect(new URL(shown.url).pathname).toBe('/u/organization-invitation');
  const way = new RegExp(`<a class="way" href="([^"]+)">(?:(?!</a>)[^])*<span>${BUTTON}`);
  const href = way.exec(shown.page)?.[1]?.replaceAll('&amp;', '&') ?? 'nowhere';
  const address = await tab.go(new URL(href, shown.url).href);
  const sent = await tab.send({ ...formOf(address.page).fields, address: email });
  const done = await tab.send({ ...formOf(sent.page).fields, code: await mailedCode(email) });
  const claims = claimsOf((await world.exchange(client, tab.back(done))).body.id_token);
  expect(claims).toMatchObject({ org_id: organization.id, sub: expect.stringMatching(/^email\|/) });
});
