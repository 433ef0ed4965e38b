import { beforeAll, describe, expect, test } from 'vitest';
import { transaction } from '../../src/platform/db/db.ts';
import { findConnection } from '../../src/records/connections/connections.ts';
import { storeProvidedIdentity } from '../../src/steps/adopt-identity/adopt-identity.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { eventually } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';
import {
  type ApiClient,
  claimsOf,
  made,
  type Organization,
  openTab,
  openWorld,
  type Person,
  type World,
} from '../harness/world.ts';

let world: World;
let client: ApiClient;
let ours: Organization;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  ours = await world.anOrganization({ display_name: 'Acme & Sons' });
});

type Invitation = { id: string; ticket_id: string; invitation_url: string };

const begin = (invitation: Invitation, more: Record<string, string> = {}) =>
  world.authorize(client, { organization: ours.id, invitation: invitation.ticket_id, ...more });

async function membersOf(organization: Organization): Promise<string[]> {
  const path = `/api/v2/organizations/${organization.id}/members?take=100`;
  const { body } = await world.server.api<{ members: { user_id: string }[] }>('GET', path);
  return body.members.map((member) => member.user_id);
}

async function isOpen(invitation: Invitation): Promise<boolean> {
  const path = `/api/v2/organizations/${ours.id}/invitations/${invitation.id}`;
  return (await world.server.api('GET', path)).status === 200;
}

async function logged(type: string, userId: string) {
  return eventually(async () => {
    const q = encodeURIComponent(`type:${type} AND user_id:"${userId}"`);
    const { body } = await world.server.api<object[]>('GET', `/api/v2/logs?q=${q}`);
    return body[0];
  });
}

async function userBy(email: string) {
  const { body } = await world.server.api<Record<string, unknown>[]>(
    'GET',
    `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
  );
  return body[0] ?? {};
}

test('a new person creates an account for the invited address and is a member with all roles', async () => {
  const role = await made(world.server, '/roles', { name: 'editor' });
  const { email } = aPerson();
  const invitation = await world.inviteTo(ours, client, {
    invitee: { email },
    roles: [role.id],
    app_metadata: { plan: 'gold' },
    user_metadata: { color: 'green' },
  });
  const tab = openTab();
  const shown = await tab.go(begin(invitation));
  expect(shown.page).toContain('Ina Viter has invited you to Acme &amp; Sons');
  expect(shown.page).toContain('Create account and accept');
  expect(await isOpen(invitation)).toBe(true);
  // The address is not theirs to change.
  const back = tab.back(await tab.send({ password: aPassword(), email: 'other@example.test' }));
  const { body } = await world.exchange(client, back);
  const claims = claimsOf(body.id_token);
  expect(claims).toMatchObject({ org_id: ours.id, email, email_verified: true });

  const userId = String(claims.sub);
  expect(await membersOf(ours)).toContain(userId);
  expect(await userBy(email)).toMatchObject({
    email_verified: true,
    app_metadata: { plan: 'gold' },
    user_metadata: { color: 'green' },
  });
  const roles = await world.server.api<{ id: string }[]>(
    'GET',
    `/api/v2/organizations/${ours.id}/members/${encodeURIComponent(userId)}/roles`,
  );
  expect(roles.body.map((each) => each.id)).toEqual([role.id]);
  expect(await isOpen(invitation)).toBe(false);
  expect(await logged('si', userId)).toMatchObject({ type: 'si' });
});

test('a user with an account logs in with it and keeps their data', async () => {
  const person = await world.createUser({
    email_verified: false,
    app_metadata: { old: true },
    user_metadata: { color: 'blue' },
  });
  const invitation = await world.inviteTo(ours, client, {
    invitee: { email: person.email },
    app_metadata: { fresh: true },
    user_metadata: {},
  });
  const tab = openTab();
  const shown = await tab.go(begin(invitation));
  expect(shown.page).toContain('Log in and accept');
  const wrong = await tab.send({ password: 'not-the-password' });
  expect(wrong.status).toBe(400);
  expect(wrong.page).toContain('That is not the password of this account.');
  expect(await isOpen(invitation)).toBe(true);
  const back = tab.back(await tab.send({ password: person.password }));
  const { body } = await world.exchange(client, back);
  expect(claimsOf(body.id_token)).toMatchObject({ sub: person.userId, org_id: ours.id });
  expect(await userBy(person.email)).toMatchObject({
    email_verified: true,
    app_metadata: { old: true, fresh: true },
    user_metadata: { color: 'blue' },
  });
  expect(await isOpen(invitation)).toBe(false);
});

test('the page of an invitation says that the account is blocked, and how to unblock it', async () => {
  const person = await world.createUser();
  const invitation = await world.inviteTo(ours, client, { invitee: { email: person.email } });
  const settings = '/api/v2/attack-protection/brute-force-protection';
  const most = (count: number) => world.server.api('PATCH', settings, { max_attempts: count });
  expect((await most(1)).status).toBe(200);
  const tab = openTab();
  await tab.go(begin(invitation));
  await tab.send({ password: 'not-the-password' });
  const blocked = await tab.send({ password: person.password });
  await most(10);
  expect(blocked.status).toBe(429);
  expect(blocked.page).toContain('Your account has been blocked');
  expect(await isOpen(invitation)).toBe(true);
});

test('a person whose only way to log in does not count in the organization learns what works', async () => {
  const options = { client_id: 'at-google', client_secret: 'secret' };
  const store = { name: 'google', strategy: 'google-oauth2', options };
  const { id } = await made(world.server, '/connections', store);
  const google = await findConnection(world.db, id);
  if (google === null) throw new Error('The connection was not made.');
  const { email } = aPerson();
  const user = await world.aUser({ id: world.connectionId }, { email, emailVerified: true });
  await transaction(world.db, (tx) =>
    storeProvidedIdentity(tx, {
      connection: google,
      identity: aProvidedPerson({ email }),
      linkTo: user.id,
      mayCreate: true,
      tokenKey: Buffer.alloc(32, 7),
      at: world.clock.now(),
    }),
  );
  const tab = openTab();
  const { page } = await tab.go(begin(await world.inviteTo(ours, client, { invitee: { email } })));
  expect(page).toContain('You already have an account, but you cannot accept the invitation');
  expect(page).not.toContain('There is no account for this address');
  expect(page).toMatch(/<a href="[^"]*reset[^"]*">Get a link to choose a password<\/a>/);
});

describe('a user with a session', () => {
  async function signedIn(): Promise<{ person: Person; tab: ReturnType<typeof openTab> }> {
    const person = await world.createUser();
    const tab = openTab();
    await world.logsIn(tab, world.authorize(client), person);
    return { person, tab };
  }

  test('accepts with one click, and not by opening the page', async () => {
    const { person, tab } = await signedIn();
    const invitation = await world.inviteTo(ours, client, {
      invitee: { email: person.email },
    });
    const shown = await tab.go(begin(invitation));
    expect(shown.page).toContain('You are already logged in');
    expect(await membersOf(ours)).not.toContain(person.userId);
    const back = tab.back(await tab.send({}));
    const { body } = await world.exchange(client, back);
    expect(claimsOf(body.id_token)).toMatchObject({ sub: person.userId, org_id: ours.id });
    expect(await membersOf(ours)).toContain(person.userId);
  });

  test('gets no silent acceptance', async () => {
    const { person, tab } = await signedIn();
    const invitation = await world.inviteTo(ours, client, {
      invitee: { email: person.email },
    });
    const back = tab.back(await tab.go(begin(invitation, { prompt: 'none' })));
    expect(back.searchParams.get('error')).toBe('interaction_required');
    expect(await isOpen(invitation)).toBe(true);
  });

  test('learns that the invitation is for another person, and leaves it open', async () => {
    const { person, tab } = await signedIn();
    const invited = await world.createUser();
    const invitation = await world.inviteTo(ours, client, {
      invitee: { email: invited.email },
    });
    const shown = await tab.go(begin(invitation));
    expect(shown.page).toContain(
      `You are logged in as ${person.email}, but this invitation is for ${invited.email}`,
    );
    expect(shown.page).toContain('Log in and accept');
    const back = tab.back(await tab.send({ way: 'leave' }));
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('error_description')).toBe(
      'the specified account is not allowed to accept the current invitation',
    );
    expect(await isOpen(invitation)).toBe(true);
    expect(await membersOf(ours)).not.toContain(person.userId);
    expect(await membersOf(ours)).not.toContain(invited.userId);
    expect(await logged('fi', person.userId)).toMatchObject({
      description: 'the specified account is not allowed to accept the current invitation',
    });
  });

  test('can also log in as the invited person', async () => {
    const { tab } = await signedIn();
    const invited = await world.createUser();
    const invitation = await world.inviteTo(ours, client, {
      invitee: { email: invited.email },
    });
    await tab.go(begin(invitation));
    const back = tab.back(await tab.send({ password: invited.password }));
    const { body } = await world.exchange(client, back);
    expect(claimsOf(body.id_token)).toMatchObject({ sub: invited.userId, org_id: ours.id });
  });
});

describe('an invitation is refused', () => {
  const errorOf = async (params: Record<string, string>) => {
    const tab = openTab();
    const back = tab.back(await tab.go(world.authorize(client, params)));
    return [back.searchParams.get('error'), back.searchParams.get('error_description')];
  };
  const unknown = ['invalid_request', 'invitation not found or already used'];

  test('if it is unknown, revoked, or of another organization', async () => {
    expect(await errorOf({ organization: ours.id, invitation: 'x'.repeat(32) })).toEqual(unknown);
    const other = await world.anOrganization();
    const invitation = await world.inviteTo(ours, client);
    const crossed = { organization: other.id, invitation: invitation.ticket_id };
    expect(await errorOf(crossed)).toEqual(unknown);
    expect(await isOpen(invitation)).toBe(true);
    const path = `/api/v2/organizations/${ours.id}/invitations/${invitation.id}`;
    await world.server.api('DELETE', path);
    const mine = { organization: ours.id, invitation: invitation.ticket_id };
    expect(await errorOf(mine)).toEqual(unknown);
  });

  test('without its organization', async () => {
    const invitation = await world.inviteTo(ours, client);
    expect(await errorOf({ invitation: invitation.ticket_id })).toEqual([
      'invalid_request',
      'parameter invitation requires parameter organization',
    ]);
  });

  test('after its expiry, if no page can offer a new link', async () => {
    const invitation = await world.inviteTo(ours, client, { ttl_sec: 1 });
    const final = await world.inviteTo(ours, client, { ttl_sec: 1, renewable: false });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const over = ['invalid_request', 'invitation has expired'];
    const params = { organization: ours.id, invitation: final.ticket_id };
    expect(await errorOf(params)).toEqual(over);
    const silent = { ...params, invitation: invitation.ticket_id, prompt: 'none' };
    expect(await errorOf(silent)).toEqual(over);
  });
});

test('the link of an accepted invitation is an ordinary login for its member', async () => {
  const person = await world.createUser();
  const invitation = await world.inviteTo(ours, client, { invitee: { email: person.email } });
  const tab = openTab();
  await tab.go(begin(invitation));
  tab.back(await tab.send({ password: person.password }));
  const again = openTab();
  const shown = await again.go(begin(invitation));
  expect(shown.page).not.toContain('invited');
  const back = again.back(await again.send({ username: person.email, password: person.password }));
  expect(back.searchParams.has('code')).toBe(true);
  // Not for anybody else.
  const stranger = await world.createUser();
  const theirs = await world.logsIn(openTab(), begin(invitation), stranger);
  expect(theirs.searchParams.get('error')).toBe('access_denied');
});

test('an invitation for one connection is not accepted with an account of another', async () => {
  const store = await made(world.server, '/connections', {
    name: 'partners',
    strategy: 'auth0',
    options: { requires_username: true },
    enabled_clients: [client.id],
  });
  await made(world.server, `/organizations/${ours.id}/enabled_connections`, {
    connection_id: store.id,
  });
  const person = await world.createUser();
  const invitation = await world.inviteTo(ours, client, {
    invitee: { email: person.email },
    connection_id: store.id,
  });
  // The account is in the other connection, and the page makes none that needs a username.
  const shown = await openTab().go(begin(invitation));
  expect(shown.page).toContain('There is no account for this address yet');
  expect(shown.page).not.toContain('name="password"');

  const tab = openTab();
  await world.logsIn(tab, world.authorize(client), person);
  await tab.go(begin(invitation));
  const back = tab.back(await tab.send({ way: 'leave' }));
  expect(back.searchParams.get('error')).toBe('access_denied');
  expect(await membersOf(ours)).not.toContain(person.userId);
});

test('the mail has the link, the names, and the operator’s words', async () => {
  const { email } = aPerson();
  const role = await made(world.server, '/roles', { name: 'writer', description: 'May write' });
  const invitation = await world.inviteTo(ours, client, {
    invitee: { email },
    roles: [role.id],
    send_invitation_email: true,
  });
  const { mail } = await world.server.sink.waitForMail(email);
  expect(mail.subject).toBe('Ina Viter invites you to Acme & Sons');
  expect(mail.html).toContain(invitation.invitation_url.replaceAll('&', '&#38;'));

  await made(world.server, '/email-templates', {
    template: 'user_invitation',
    body: '{{ inviter.name }}|{{ organization.name }}|{{ organization.display_name }}|{{ roles[0].name }}|{{ roles[0].description }}|{{ user_metadata.color }}|{{ application.name }}|{{ user.email }}|{{ url }}',
    from: 'Acme <hello@acme.test>',
    subject: 'Come to {{ organization.display_name }}',
    syntax: 'liquid',
    enabled: true,
  });
  const second = aPerson().email;
  const custom = await world.inviteTo(ours, client, {
    invitee: { email: second },
    roles: [role.id],
    user_metadata: { color: 'green' },
    send_invitation_email: true,
  });
  const { mail: letter } = await world.server.sink.waitForMail(second);
  expect(letter.subject).toBe('Come to Acme & Sons');
  const url = custom.invitation_url.replaceAll('&', '&#38;');
  expect(letter.html).toContain(
    `Ina Viter|${ours.name}|Acme &#38; Sons|writer|May write|green|Meadow|${second}|${url}`,
  );
});

test('a sign-up in an organization with automatic membership makes a member', async () => {
  const open = await world.anOrganization({
    enabled_connections: [
      {
        connection_id: world.connectionId,
        assign_membership_on_login: true,
        is_signup_enabled: true,
      },
    ],
  });
  const tab = openTab();
  const shown = await tab.go(
    world.authorize(client, { organization: open.id, screen_hint: 'signup' }),
  );
  expect(shown.page).toContain('Create your account');
  const back = tab.back(await tab.send({ email: aPerson().email, password: aPassword() }));
  const { body } = await world.exchange(client, back);
  expect(await membersOf(open)).toEqual([claimsOf(body.id_token).sub]);
  // Elsewhere a sign-up leads nowhere, so the page does not offer it.
  const login = await openTab().go(
    world.authorize(client, { organization: ours.id, screen_hint: 'signup' }),
  );
  expect(login.page).not.toContain('Create your account');
  expect(login.page).not.toContain('/u/signup');
});

test('a reset link leads back to its organization', async () => {
  const person = await world.aMember(ours);
  const body = { user_id: person.userId, client_id: client.id, organization_id: ours.id };
  const { ticket } = await made(world.server, '/tickets/password-change', body);
  const browser = plainBrowser();
  const answer = await browser.submit(ticket.replace(/#$/, ''), { password: aPassword() });
  const target = new URL(answer.headers.get('location') ?? '');
  expect(target.origin + target.pathname).toBe('https://app.example.test/login');
  expect(target.searchParams.get('organization')).toBe(ours.id);
  expect(target.searchParams.get('organization_name')).toBe(ours.name);

  const refused = await world.server.api('POST', '/api/v2/tickets/email-verification', {
    ...body,
    organization_id: 'org_0000000000000000',
  });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ message: 'The organization does not exist' });
});
