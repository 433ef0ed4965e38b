import { beforeAll, expect, test } from 'vitest';
import { markDomainVerified } from '../../src/records/custom-domains/custom-domains.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, made, openWorld, type World } from '../harness/world.ts';
import { SECRET } from '../second-factors/factors.ts';
import { leadingTo } from './at-domain.ts';
import { newAuthenticator } from './authenticator.ts';
import { arrives, type Door, openDoor } from './door.ts';

const LOGIN = 'login.meadow.test';
const STAFF = 'staff.garden.test';
const UNPROVED = 'unproved.meadow.test';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, {
    options: {
      authentication_methods: { passkey: { enabled: true } },
      passkey_options: { progressive_enrollment_enabled: true },
    },
  });
  for (const domain of [LOGIN, STAFF]) {
    await markDomainVerified(world.server.app.deps.db, await added(domain), new Date());
  }
  await added(UNPROVED);
});

const added = async (domain: string): Promise<string> =>
  (await made(world.server, '/custom-domains', { domain, type: 'self_managed_certs' }))
    .custom_domain_id;

/** The server as people see it at a domain. */
const at = (domain: string | null): World =>
  domain === null ? world : { ...world, server: { ...world.server, url: `https://${domain}` } };

const browserAt = (headers?: Record<string, string>) =>
  plainBrowser(leadingTo(world.server.url, headers));

/** Opens a page of a login at a domain. `null`: at the public URL. */
function atLogin(domain: string | null, more: Record<string, string> = {}, action?: string) {
  const asked = new URL(world.authorize(client, { audience: '', scope: 'openid', ...more }));
  const place = at(domain);
  const url = `${place.server.url}${asked.pathname}${asked.search}`;
  return openDoor(place, url, action, browserAt());
}

const who = async (domain: string | null, door: Door, location: string | null) =>
  (await arrives(at(domain), client, door, location))?.sub ?? null;

const device = (domain: string | null) => newAuthenticator(at(domain).server.url);

async function signsUp(domain: string | null) {
  const { email } = aPerson();
  const authenticator = device(domain);
  const door = await atLogin(domain, { screen_hint: 'signup' });
  const options = await door.options({ email });
  const { location } = await door.sends(authenticator.register(options), { email });
  return { email, authenticator, options, userId: String(await who(domain, door, location)) };
}

const methodsOf = async (userId: string) =>
  (
    await world.server.api<{ type: string; relying_party_identifier: string }[]>(
      'GET',
      `/api/v2/users/${encodeURIComponent(userId)}/authentication-methods`,
    )
  ).body;

test('a person signs up and logs in at a custom domain, with a passkey of that domain', async () => {
  const { authenticator, options, userId } = await signsUp(LOGIN);
  expect(options.rp.id).toBe(LOGIN);
  expect(userId).toMatch(/^auth0\|/);
  expect(await methodsOf(userId)).toMatchObject([
    { type: 'passkey', relying_party_identifier: LOGIN },
  ]);
  const door = await atLogin(LOGIN, {}, '/u/passkey');
  const asked = await door.options();
  expect(asked.rpId).toBe(LOGIN);
  const { location } = await door.sends(authenticator.authenticate(asked));
  expect(location).toContain(`https://${LOGIN}/`);
  expect(await who(LOGIN, door, location)).toBe(userId);
});

test.each([
  [LOGIN, STAFF],
  [LOGIN, null],
  [null, LOGIN],
])('a passkey of %s lets nobody in at %s', async (home, other) => {
  const { authenticator, userId } = await signsUp(home);
  const door = await atLogin(other, {}, '/u/passkey');
  for (const tricks of [
    {},
    { origin: at(other).server.url },
    { rpId: home ?? 'localhost' },
    { origin: at(other).server.url, rpId: home ?? 'localhost' },
  ]) {
    const answer = authenticator.authenticate(await door.options(), tricks);
    expect((await door.sends(answer)).status).toBe(400);
  }
  const own = await atLogin(home, {}, '/u/passkey');
  const { location } = await own.sends(authenticator.authenticate(await own.options()));
  expect(await who(home, own, location)).toBe(userId);
});

test('an answer for one domain is refused at another, in the same login of the same browser', async () => {
  const { authenticator } = await signsUp(LOGIN);
  const door = await atLogin(LOGIN, {}, '/u/passkey');
  const asked = await door.options();
  const answer = authenticator.authenticate(asked);
  expect((await door.sends(answer, {}, `https://${STAFF}`)).status).toBe(400);
});

test.each([
  ['an unknown host', 'evil.test', {}],
  ['an unverified domain', UNPROVED, {}],
  ['a subdomain', `evil.${LOGIN}`, {}],
  ['another port', `${LOGIN}:8443`, {}],
  ['a header of a proxy that is not trusted', 'evil.test', { 'x-forwarded-host': LOGIN }],
  ['a forwarded host beside the own one', null, { 'x-forwarded-host': 'evil.test' }],
])('%s gets no domain of its own', async (_what, host, headers) => {
  const origin = host === null ? world.server.url : `https://${host}`;
  const asked = new URL(world.authorize(client, { audience: '', scope: 'openid' }));
  const place = { server: { ...world.server, url: origin } };
  const url = `${origin}${asked.pathname}${asked.search}`;
  const door = await openDoor(place, url, '/u/passkey', browserAt({ origin: 'null', ...headers }));
  expect((await door.options()).rpId).toBe('localhost');
});

test('the name of a domain counts in any case, and with the port of TLS', async () => {
  const door = await atLogin(`${LOGIN.toUpperCase()}:443`, {}, '/u/passkey');
  expect((await door.options()).rpId).toBe(LOGIN);
});

test('an invitation is accepted at a custom domain, with a passkey of that domain', async () => {
  const { email } = aPerson();
  const user = await world.aUser({ id: world.connectionId }, { email });
  const { secret } = await world.anInvitation(user, { clientId: client.id });
  const path = `/u/invitation?ticket=${secret}`;
  const door = await openDoor(at(LOGIN), `https://${LOGIN}${path}`, undefined, browserAt());
  const options = await door.options();
  expect(options.rp.id).toBe(LOGIN);
  const elsewhere = device(STAFF).register(options, { rpId: LOGIN });
  expect((await door.sends(elsewhere)).status).toBe(400);
  const authenticator = device(LOGIN);
  const sent = await door.sends(authenticator.register(await door.options()));
  expect(sent.status).toBe(303);
  const login = await atLogin(LOGIN, {}, '/u/passkey');
  const { location } = await login.sends(authenticator.authenticate(await login.options()));
  expect(await who(LOGIN, login, location)).toBe(user.id);
});

test('a security key of another domain is no way past the second factor', async () => {
  await world.server.api('PUT', '/api/v2/guardian/factors/webauthn-roaming', { enabled: true });
  await world.server.api('PUT', '/api/v2/guardian/factors/otp', { enabled: true });
  await world.server.api('PUT', '/api/v2/guardian/policies', ['all-applications']);
  const { email } = aPerson();
  const password = aPassword();
  const connection = 'Username-Password-Authentication';
  const { user_id } = await made(world.server, '/users', { connection, email, password });
  const key = device(STAFF);
  const path = `/users/${encodeURIComponent(user_id)}/authentication-methods`;
  await made(world.server, path, {
    type: 'webauthn-roaming',
    key_id: key.credentialId,
    public_key: key.publicKey,
    relying_party_identifier: STAFF,
  });
  const first = await atLogin(LOGIN);
  const { location } = await first.sends('', { passkey: '', username: email, password });
  expect(location).toContain('/u/mfa-webauthn-roaming-challenge');
  const challenge = new URL(location ?? '', `https://${LOGIN}`);
  const door = await openDoor(at(LOGIN), challenge.href, undefined, first.browser);
  expect((await door.options()).problem).toContain('another address');
  const enrolling = challenge.href.replace('roaming-challenge', 'roaming-enrollment');
  expect((await first.browser.open(enrolling)).headers.get('location')).toContain('/u/login');
  await world.server.api('POST', `/api/v2${path}`, {
    type: 'totp',
    totp_secret: SECRET,
  });
  const second = await atLogin(LOGIN);
  const sent = await second.sends('', { passkey: '', username: email, password });
  expect(sent.location, 'the factor that can be shown here').toContain('/u/mfa-otp-challenge');
  await world.server.api('PUT', '/api/v2/guardian/policies', []);
});

test('a domain can share the passkeys of its parent', async () => {
  const domains = (
    await world.server.api<{ domain: string; custom_domain_id: string }[]>(
      'GET',
      '/api/v2/custom-domains',
    )
  ).body;
  const id = domains.find(({ domain }) => domain === STAFF)?.custom_domain_id;
  const share = (party: string | null) =>
    world.server.api('PATCH', `/api/v2/custom-domains/${id}`, { relying_party_identifier: party });
  for (const party of ['test', 'meadow.test', 'den.test', `www.${STAFF}`]) {
    expect((await share(party)).status, party).toBe(400);
  }
  expect((await share('garden.test')).status).toBe(200);
  const { authenticator, options, userId } = await signsUp(STAFF);
  expect(options.rp.id).toBe('garden.test');
  const door = await atLogin(STAFF, {}, '/u/passkey');
  const { location } = await door.sends(authenticator.authenticate(await door.options()));
  expect(await who(STAFF, door, location)).toBe(userId);
  expect((await share(null)).status).toBe(200);
  const later = await atLogin(STAFF, {}, '/u/passkey');
  expect((await later.options()).rpId).toBe(STAFF);
});
