import { beforeAll, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, eventually } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import {
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type World,
} from '../harness/world.ts';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
});

async function ask(body: object): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${world.server.url}/dbconnections/change_password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: client.id, connection: DEFAULT_CONNECTION, ...body }),
  });
  return { status: answer.status, text: await answer.text() };
}

const SENT = { status: 200, text: "We've just sent you an email to reset your password." };

test('a member who names the organization gets a link with its name that leads back to it', async () => {
  const acme = await world.anOrganization({ display_name: 'Acme & Sons' });
  const { email } = await world.aMember(acme);
  expect(await ask({ email, organization: acme.id })).toEqual(SENT);
  const mail = await world.server.sink.waitForMail(email);
  const browser = plainBrowser();
  expect((await browser.open(linkIn(mail))).page).toContain('Acme &amp; Sons');
  const password = aPassword();
  const done = await browser.submit(linkIn(mail), { password, repeat: password });
  expect(done.headers.get('location')).toContain(`organization=${acme.id}`);
});

test('a person whose login would grant membership gets a link', async () => {
  const acme = await world.anOrganization({
    enabled_connections: [{ connection_id: world.connectionId, assign_membership_on_login: true }],
  });
  const { email } = await world.createUser();
  expect(await ask({ email, organization: acme.id })).toEqual(SENT);
  await world.server.sink.waitForMail(email);
});

test('a non-member gets the same answer and no mail, and the log says why', async () => {
  const acme = await world.anOrganization();
  const { email, userId } = await world.createUser();
  expect(await ask({ email, organization: acme.id })).toEqual(SENT);
  const [note] = await eventually(async () => {
    await world.server.app.flushLog();
    const q = encodeURIComponent(`type:fcpr AND user_id:"${userId}"`);
    const { body } = await world.server.api<object[]>('GET', `/api/v2/logs?q=${q}`);
    return body.length > 0 ? body : undefined;
  });
  expect(note).toMatchObject({
    description: 'The user is not part of the organization.',
    organization_id: acme.id,
  });
  expect(world.server.sink.mails.filter(({ to }) => to.includes(email))).toEqual([]);
});

test('the connection of an organization counts even if the application may not use it otherwise', async () => {
  const other = await world.registerClient();
  const store = await made(world.server, '/connections', {
    name: 'Partners',
    strategy: 'auth0',
    enabled_clients: [other.id],
  });
  const acme = await world.anOrganization({ enabled_connections: [{ connection_id: store.id }] });
  const { email, userId } = await world.createUser({ connection: 'Partners' });
  await made(world.server, `/organizations/${acme.id}/members`, { members: [userId] });
  const asked = { email, connection: 'Partners' };
  expect((await ask(asked)).status).toBe(400);
  expect(await ask({ ...asked, organization: acme.id })).toEqual(SENT);
  await world.server.sink.waitForMail(email);
});

test('a new password logs a member in, although the application may use the connection only for the organization', async () => {
  const other = await world.registerClient();
  const store = await made(world.server, '/connections', {
    name: 'Suppliers',
    strategy: 'auth0',
    enabled_clients: [other.id],
  });
  const acme = await world.anOrganization({ enabled_connections: [{ connection_id: store.id }] });
  const { email, userId } = await world.createUser({ connection: 'Suppliers' });
  await made(world.server, `/organizations/${acme.id}/members`, { members: [userId] });
  expect(await ask({ email, connection: 'Suppliers', organization: acme.id })).toEqual(SENT);
  const link = linkIn(await world.server.sink.waitForMail(email));
  const browser = plainBrowser();
  const password = aPassword();
  await browser.open(link);
  await browser.submit(link, { password, repeat: password });
  const tab = openTab(browser);
  const back = tab.back(await tab.go(world.authorize(client, { organization: acme.id })));
  const { body } = await world.exchange(client, back);
  expect(claimsOf(body.id_token)).toMatchObject({ sub: userId, org_id: acme.id });
});

test('an organization that the application may not use is refused', async () => {
  const acme = await world.anOrganization();
  const empty = await world.anOrganization({ enabled_connections: [] });
  const alone = await world.registerClient({ organization_usage: 'deny' });
  const { email } = await world.aMember(acme);
  for (const [body, why] of [
    [{ organization: 'org_nowhere' }, 'parameter organization is invalid'],
    [{ organization: 'org\0' }, 'parameter organization is invalid'],
    [{ organization: '' }, 'organization must be a string'],
    [{ organization: { id: acme.id } }, 'organization must be a string'],
    [{ organization: null }, 'organization must be a string'],
    [{ organization: empty.id }, 'the connection is not enabled for the organization'],
    [
      { organization: acme.id, client_id: alone.id },
      'parameter organization is not allowed for this client',
    ],
  ] as const) {
    const { status, text } = await ask({ email, ...body });
    expect(status, text).toBe(400);
    expect(text).toContain(why);
  }
  expect(world.server.sink.mails.filter(({ to }) => to.includes(email))).toEqual([]);
});
