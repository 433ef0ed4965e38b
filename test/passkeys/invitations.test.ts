import { beforeAll, expect, test } from 'vitest';
import { markDomainVerified } from '../../src/records/custom-domains/custom-domains.ts';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import {
  type ApiClient,
  made,
  type Organization,
  openWorld,
  type World,
} from '../harness/world.ts';
import { leadingTo } from './at-domain.ts';
import { newAuthenticator } from './authenticator.ts';
import { arrives, openDoor } from './door.ts';

const SIXTEEN = 16;
const DOMAIN = 'login.meadow.test';

let world: World;
let client: ApiClient;
let ours: Organization;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, {
    options: { authentication_methods: { passkey: { enabled: true } } },
  });
  ours = await world.anOrganization({ display_name: 'Acme' });
  const domain = { domain: DOMAIN, type: 'self_managed_certs' };
  const { custom_domain_id: id } = await made(world.server, '/custom-domains', domain);
  await markDomainVerified(world.server.app.deps.db, id, new Date());
});

const device = () => newAuthenticator(world.server.url);

const membersOf = async (): Promise<string[]> => {
  const path = `/api/v2/organizations/${ours.id}/members?take=100`;
  const { body } = await world.server.api<{ members: { user_id: string }[] }>('GET', path);
  return body.members.map(({ user_id }) => user_id);
};

const toOrganization = async (email: string): Promise<string> => {
  const { ticket_id: invitation } = await world.inviteTo(ours, client, { invitee: { email } });
  return world.authorize(client, { organization: ours.id, invitation });
};

/** A user with a password and a passkey. */
async function aUserWithBoth(relyingParty = 'localhost') {
  const found = await aUserWithPasskey(relyingParty);
  const path = `/api/v2/users/${encodeURIComponent(found.userId)}`;
  const set = await world.server.api('PATCH', path, { password: aPassword() });
  expect(set.status).toBe(200);
  return found;
}

async function aUserWithPasskey(relyingParty = 'localhost') {
  const { email } = aPerson();
  const user = await world.aUser({ id: world.connectionId }, { email, emailVerified: true });
  const { id: userId } = user;
  const path = `/users/${encodeURIComponent(userId)}`;
  const authenticator = device();
  await made(world.server, `${path}/authentication-methods`, {
    type: 'passkey',
    key_id: authenticator.credentialId,
    public_key: authenticator.publicKey,
    relying_party_identifier: relyingParty,
    user_handle: 'AAAA',
  });
  return { email, user, userId, authenticator };
}

test('a new person accepts the invitation of an organization with a passkey, once', async () => {
  const { email } = aPerson();
  const link = await toOrganization(email);
  const door = await openDoor(world, link);
  const options = await door.options();
  expect(options.user.name).toBe(email);
  const authenticator = device();
  const stranger = await openDoor(world, link);
  await stranger.options();
  expect((await stranger.sends(authenticator.register(options))).status).toBe(400);
  const answer = authenticator.register(options);
  const sent = await atOnce(SIXTEEN, () => door.sends(answer));
  const [won, ...more] = sent.filter(({ location }) => location?.includes('/authorize/'));
  expect(more).toHaveLength(0);
  const claims = await arrives(world, client, door, won?.location ?? null);
  expect(claims).toMatchObject({ org_id: ours.id, email, email_verified: true });
  expect(await membersOf()).toContain(claims?.sub);
  const later = await openDoor(world, world.authorize(client), '/u/passkey');
  const { location } = await later.sends(authenticator.authenticate(await later.options()));
  expect((await arrives(world, client, later, location))?.sub).toBe(claims?.sub);
});

test('a user with a password and a passkey accepts the invitation of an organization with the passkey', async () => {
  const { email, userId, authenticator } = await aUserWithBoth();
  const link = await toOrganization(email);
  const browser = plainBrowser();
  const door = await openDoor(world, link, '/u/passkey', browser);
  const page = (await browser.open(await lastPage(link, browser))).page;
  expect(page).toContain('data-passkey="get"');
  expect(page).toContain('type="password"');
  const answer = authenticator.authenticate(await door.options(), { userHandle: 'AAAA' });
  const { location } = await door.sends(answer);
  expect(await arrives(world, client, door, location)).toMatchObject({
    sub: userId,
    org_id: ours.id,
  });
  expect(await membersOf()).toContain(userId);
});

test('a user with a password and a passkey accepts an invitation with the passkey', async () => {
  const { user, authenticator } = await aUserWithBoth();
  const { secret, id } = await world.anInvitation(user, { clientId: client.id });
  const door = await openDoor(world, `${world.server.url}/u/invitation?ticket=${secret}`);
  const answer = authenticator.authenticate(await door.options(), { userHandle: 'AAAA' });
  expect((await door.sends(answer)).status).toBe(303);
  const { body } = await world.server.api<{ state: string }>('GET', `/api/v2/invitations/${id}`);
  expect(body.state).toBe('accepted');
});

test.each([
  ['a password and a passkey', aUserWithBoth],
  ['a passkey only', aUserWithPasskey],
])('a login of a user with %s does not go round the fields that an invitation asks for', async (_, aUser) => {
  const { user, authenticator } = await aUser();
  const properties = { team: { type: 'string', pattern: '^[a-z]+$' } };
  const profileSchema = { type: 'object', properties, required: ['team'] };
  const { secret } = await world.anInvitation(user, {
    clientId: client.id,
    plan: { profileSchema },
  });
  const link = `${world.server.url}/u/invitation?ticket=${secret}`;
  expect((await plainBrowser().open(link)).page).toContain('name="field-team"');
  const door = await openDoor(world, link);
  expect(await door.options()).toEqual({ problem: 'Check the fields above.' });
  const wanted = { 'field-team': 'blue' };
  const options = await door.options(wanted);
  const answer = authenticator.authenticate(options, { userHandle: 'AAAA' });
  expect((await door.sends(answer)).status).toBe(400);
  expect((await door.sends(answer, wanted)).status).toBe(303);
});

test('the page of an invitation does not ask for the passkey of another domain, and adds none', async () => {
  const { user } = await aUserWithBoth(DOMAIN);
  const { secret } = await world.anInvitation(user, { clientId: client.id });
  const path = `/u/invitation?ticket=${secret}`;
  const here = (await plainBrowser().open(world.server.url + path)).page;
  expect(here).toContain('type="password"');
  expect(here).not.toContain('data-passkey="');
  const there = plainBrowser(leadingTo(world.server.url));
  expect((await there.open(`https://${DOMAIN}${path}`)).page).toContain('data-passkey="get"');
});

/** Returns the address of the page at which a link ends. */
async function lastPage(link: string, browser: ReturnType<typeof plainBrowser>): Promise<string> {
  let at = link;
  for (;;) {
    const location = (await browser.open(at)).headers.get('location');
    if (location === null) return at;
    at = new URL(location, at).href;
  }
}
