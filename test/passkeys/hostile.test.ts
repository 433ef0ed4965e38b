import { beforeAll, expect, test } from 'vitest';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { type ApiClient, made, openTab, openWorld, type World } from '../harness/world.ts';
import { type Authenticator, newAuthenticator } from './authenticator.ts';
import { arrives, type Door, openDoor } from './door.ts';

const SIXTEEN = 16;

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  await enable(world.connectionId);
});

const enable = (connectionId: string, enabled = true, more: object = {}) =>
  world.server.api('PATCH', `/api/v2/connections/${connectionId}`, {
    options: { authentication_methods: { passkey: { enabled } }, ...more },
  });

const authorize = (more: Record<string, string> = {}) =>
  world.authorize(client, { audience: '', scope: 'openid', ...more });
const atLogin = (more = {}) => openDoor(world, authorize(more), '/u/passkey');
const atSignUp = () => openDoor(world, authorize({ screen_hint: 'signup' }));
const device = () => newAuthenticator(world.server.url);
const who = async (door: Door, location: string | null) =>
  (await arrives(world, client, door, location))?.sub ?? null;

/** Signs up with a passkey through the page. */
async function signsUp(email = aPerson().email) {
  const authenticator = device();
  const door = await atSignUp();
  const options = await door.options({ email });
  const { location } = await door.sends(authenticator.register(options), { email });
  const userId = String(await who(door, location));
  return { email, userId, authenticator };
}

/** Returns who logs in with a passkey in a new browser, or `null`. */
async function logsIn(authenticator: Authenticator, tricks = {}): Promise<unknown> {
  const door = await atLogin();
  const answer = authenticator.authenticate(await door.options(), tricks);
  return who(door, (await door.sends(answer)).location);
}

test('a login with a passkey counts as two factors', async () => {
  const { userId, authenticator } = await signsUp();
  expect(userId).toMatch(/^auth0\|/);
  const acr = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
  const door = await atLogin({ acr_values: acr });
  const { location } = await door.sends(authenticator.authenticate(await door.options()));
  expect(await arrives(world, client, door, location)).toMatchObject({
    sub: userId,
    acr,
    amr: ['hwk', 'user', 'mfa'],
  });
});

test('an answer is accepted once, and only in the browser that asked', async () => {
  const { userId, authenticator } = await signsUp();
  const [door, other] = [await atLogin(), await atLogin()];
  const answer = authenticator.authenticate(await door.options());
  await other.options();
  expect((await other.sends(answer)).status).toBe(400);
  const sent = await atOnce(SIXTEEN, () => door.sends(answer));
  const [won, ...more] = sent.filter(({ status }) => status !== 400);
  expect(more).toHaveLength(0);
  expect(await who(door, won?.location ?? null)).toBe(userId);
});

test('the page does not say why a passkey is refused, or whom it belongs to', async () => {
  const { authenticator, email } = await signsUp();
  const text = async (answer: (options: object) => string) => {
    const browser = plainBrowser();
    const door = await openDoor(world, authorize(), '/u/passkey', browser);
    const options = await door.options();
    expect(options.allowCredentials).toEqual([]);
    const sent = await door.sends(answer(options));
    return sent.status;
  };
  const stranger = device();
  const origin = 'https://evil.example';
  for (const tricks of [{ origin }, { rpId: 'evil.example' }, { isVerified: false }]) {
    expect(await text((options) => authenticator.authenticate(options as never, tricks))).toBe(400);
  }
  expect(await text((options) => stranger.authenticate(options as never))).toBe(400);
  expect(await text(() => 'x'.repeat(20_000))).toBe(400);
  const options = await (await atSignUp()).options({ email });
  expect(options.user.name, 'a known address gets options, too').toBe(email);
});

test('a body beyond the limit of forms is refused before it is read', async () => {
  const door = await atLogin();
  expect((await door.sends('x'.repeat(70_000))).status).toBe(413);
});

test('a copied passkey is refused, and the tenant log says so', async () => {
  const { userId, authenticator } = await signsUp();
  expect(await logsIn(authenticator, { counter: 9 })).toBe(userId);
  expect(await logsIn(authenticator, { counter: 9 })).toBeNull();
  const q = `type:f AND user_id:"${userId}"`;
  const [entry] = await world.logs(`${new URLSearchParams({ q })}`);
  expect(entry?.description).toContain('copy');
});

test('a credential is registered once', async () => {
  const { authenticator, userId } = await signsUp();
  const door = await atSignUp();
  const { email } = aPerson();
  const options = await door.options({ email });
  expect((await door.sends(authenticator.register(options), { email })).status).toBe(400);
  const found = await world.server.api<unknown[]>('GET', `/api/v2/users-by-email?email=${email}`);
  expect(found.body).toEqual([]);
  const path = `/api/v2/users/${encodeURIComponent(userId)}/authentication-methods`;
  const added = await world.server.api('POST', path, {
    type: 'passkey',
    key_id: authenticator.credentialId,
    public_key: authenticator.publicKey,
  });
  expect(added.status).toBe(409);
});

test('the management API shows, renames and deletes a passkey, which then lets nobody in', async () => {
  const { authenticator, userId } = await signsUp();
  const { api } = world.server;
  const path = `/api/v2/users/${encodeURIComponent(userId)}/authentication-methods`;
  const { body } = await api<Record<string, unknown>[]>('GET', path);
  expect(body).toEqual([
    expect.objectContaining({
      id: expect.stringMatching(/^passkey\|dev_/),
      type: 'passkey',
      confirmed: true,
      key_id: authenticator.credentialId,
      public_key: authenticator.publicKey,
      relying_party_identifier: 'localhost',
      credential_device_type: 'single_device',
      credential_backed_up: false,
      aaguid: '00000000-0000-0000-0000-000000000000',
      user_handle: expect.any(String),
      transports: ['internal'],
      created_at: expect.any(String),
    }),
  ]);
  const one = `${path}/${encodeURIComponent(String(body[0]?.id))}`;
  expect((await api('PATCH', one, { name: 'Phone' })).status).toBe(200);
  expect((await api('GET', one)).body).toMatchObject({ type: 'passkey', name: 'Phone' });
  const preferred = { preferred_authentication_method: 'sms' };
  expect((await api('PATCH', one, preferred)).status).toBe(400);
  const another = await world.createUser();
  const theirs = one.replace(encodeURIComponent(userId), encodeURIComponent(another.userId));
  expect((await api('DELETE', theirs)).status).toBe(404);
  expect(await logsIn(authenticator)).toBe(userId);
  expect((await api('DELETE', one)).status).toBe(204);
  expect((await api('GET', path)).body).toEqual([]);
  expect(await logsIn(authenticator)).toBeNull();
});

test('the passkey of a blocked or deleted user, or of another connection, lets nobody in', async () => {
  const blocked = await signsUp();
  await world.server.api('PATCH', `/api/v2/users/${encodeURIComponent(blocked.userId)}`, {
    blocked: true,
  });
  expect(await logsIn(blocked.authenticator)).toBeNull();
  const gone = await signsUp();
  await world.server.api('DELETE', `/api/v2/users/${encodeURIComponent(gone.userId)}`);
  expect(await logsIn(gone.authenticator)).toBeNull();
  const another = await world.registerClient();
  const elsewhere = await made(world.server, '/connections', {
    name: 'meadow-staff',
    strategy: 'auth0',
    enabled_clients: [another.id],
    options: { authentication_methods: { passkey: { enabled: true } } },
  });
  const { user_id } = await made(world.server, '/users', {
    connection: 'meadow-staff',
    email: aPerson().email,
    password: aPassword(),
  });
  const theirs = device();
  await made(world.server, `/users/${encodeURIComponent(user_id)}/authentication-methods`, {
    type: 'passkey',
    key_id: theirs.credentialId,
    public_key: theirs.publicKey,
  });
  const handle = { userHandle: 'AAAA' };
  expect(await logsIn(theirs, handle)).toBeNull();
  const clients = `/api/v2/connections/${elsewhere.id}/clients`;
  await world.server.api('PATCH', clients, [{ client_id: client.id, status: true }]);
  expect(await logsIn(theirs, handle)).toBe(user_id);
  await enable(elsewhere.id, false);
  expect(await logsIn(theirs, handle)).toBeNull();
});

test('a passkey that a stranger planted ends with the first proof of the address', async () => {
  const { email } = aPerson();
  const stranger = await signsUp(email);
  expect(await logsIn(stranger.authenticator)).toBe(stranger.userId);
  const waiting = await atLogin();
  const options = await waiting.options();
  await fetch(`${world.server.url}/dbconnections/change_password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.id,
      email,
      connection: 'Username-Password-Authentication',
    }),
  });
  const mail = await world.server.sink.waitForMail(email, {
    where: ({ mail }) => mail.text?.includes('/u/reset-verify?ticket=') === true,
  });
  const tab = openTab();
  await tab.go(linkIn(mail, /https?:\/\/\S+\/u\/reset-verify\?ticket=\w+/));
  await tab.send({ password: aPassword() }).catch(() => null);
  const sent = await waiting.sends(stranger.authenticator.authenticate(options));
  expect(await who(waiting, sent.location)).toBeNull();
  expect(await logsIn(stranger.authenticator)).toBeNull();
});

test('a sign-up with a passkey says nothing at a connection that hides accounts, and waits for the mail', async () => {
  await enable(world.connectionId, true, { enumeration: 'hide' });
  const { email } = aPerson();
  const authenticator = device();
  const door = await atSignUp();
  const options = await door.options({ email });
  const { location } = await door.sends(authenticator.register(options), { email });
  expect(location).toContain('/u/mail-sent');
  await world.server.sink.waitForMail(email);
  expect(await logsIn(authenticator)).toBeNull();
  await enable(world.connectionId, true, { enumeration: 'as_auth0' });
});

test('an account with a passkey accepts by logging in with it, and the link alone adds nothing', async () => {
  const user = await world.aUser({ id: world.connectionId }, { email: aPerson().email });
  const anInvitation = async () => {
    const { secret, id } = await world.anInvitation(user, { clientId: client.id });
    return { id, link: `${world.server.url}/u/invitation?ticket=${secret}` };
  };
  const first = await anInvitation();
  const authenticator = device();
  const door = await openDoor(world, first.link);
  await door.sends(authenticator.register(await door.options()));
  expect(await arrives(world, client, door, authorize())).toMatchObject({
    sub: user.id,
    amr: ['hwk', 'user', 'mfa'],
  });
  const { link } = await anInvitation();
  const stranger = await openDoor(world, link);
  expect((await stranger.browser.open(link)).page).not.toContain('name="password"');
  const asked = await stranger.options();
  expect([asked.user, asked.challenge]).toEqual([undefined, expect.any(String)]);
  const own = await openDoor(world, link);
  const answer = authenticator.authenticate(await own.options());
  expect((await stranger.sends(answer)).status).toBe(400);
  expect((await own.sends(answer)).status).toBe(303);
  expect(await arrives(world, client, own, authorize())).toMatchObject({
    sub: user.id,
    amr: ['hwk', 'user', 'mfa'],
  });
});

test('an invited person accepts with a passkey, in the browser that made it', async () => {
  const { email } = aPerson();
  await made(world.server, '/invitations', { recipients: [email], client_id: client.id });
  const mail = await world.server.sink.waitForMail(email);
  const link = linkIn(mail, /https?:\/\/\S+\/u\/invitation\?ticket=\w+/);
  const authenticator = device();
  const [door, other] = [await openDoor(world, link), await openDoor(world, link)];
  const answer = authenticator.register(await door.options());
  expect((await other.sends(answer)).status).toBe(400);
  const sent = await atOnce(SIXTEEN, () => door.sends(answer));
  expect(sent.filter(({ status }) => status === 303)).toHaveLength(1);
  const { body } = await world.server.api<{ user_id: string; email_verified: boolean }[]>(
    'GET',
    `/api/v2/users-by-email?email=${email}`,
  );
  expect(body).toMatchObject([{ email_verified: true }]);
  expect(await logsIn(authenticator)).toBe(body[0]?.user_id);
});

test('a passkey does not go round the fields that an invitation asks for', async () => {
  const email = aPerson().email;
  const properties = { team: { type: 'string', pattern: '^[a-z]+$' } };
  const profile_schema = { type: 'object', properties, required: ['team'] };
  await made(world.server, '/invitations', {
    recipients: [email],
    client_id: client.id,
    create_user: 'on_accept',
    profile_schema,
  });
  const mail = await world.server.sink.waitForMail(email);
  const door = await openDoor(world, linkIn(mail, /https?:\/\/\S+\/u\/invitation\?ticket=\w+/));
  expect(await door.options()).toEqual({ problem: 'Check the fields above.' });
  const wanted = { 'field-team': 'blue' };
  const answer = device().register(await door.options(wanted));
  const lacking: Record<string, string>[] = [{}, { 'field-team': '7' }];
  for (const fields of lacking) {
    expect((await door.sends(answer, fields)).status).toBe(400);
  }
  expect((await door.sends(answer, wanted)).status).toBe(303);
  const path = `/api/v2/users-by-email?email=${email}`;
  const { body } = await world.server.api('GET', path);
  expect(body).toMatchObject([{ user_metadata: { team: 'blue' } }]);
});
