import { AuthClient } from '@auth0/auth0-auth-js';
import { ManagementClient } from 'auth0';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { BOOTSTRAP, DEFAULT_CONNECTION, type TestServer } from '../harness/harness.ts';
import { openTab } from '../harness/world.ts';
import { type Certificate, startTlsServer } from './https.ts';

// Organizations with the official SDK alone, until the invited person comes with a browser.
let server: TestServer;
let certificate: Certificate;
let management: ManagementClient;
let connectionId: string;

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer());
  connectionId = await defaultConnectionId(server);
  management = new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
});

afterAll(() => certificate?.remove());

async function all<T>(page: Promise<AsyncIterable<T>>): Promise<T[]> {
  const found: T[] = [];
  for await (const awaited of await page) found.push(awaited);
  return found;
}

async function aUser(): Promise<string> {
  const { email } = aPerson();
  const made = await management.users.create({
    connection: DEFAULT_CONNECTION,
    email,
    password: aPassword(),
  });
  return made.user_id ?? '';
}

test('organizations are created, found, changed, listed and deleted', async () => {
  const { organizations } = management;
  const made = await organizations.create({
    name: 'meadow',
    display_name: 'Meadow',
    branding: { colors: { primary: '#0f6b5c', page_background: '#ffffff' } },
    metadata: { plan: 'gold' },
  });
  const id = made.id ?? '';
  expect(id).toMatch(/^org_/);
  expect(await organizations.get(id)).toEqual(made);
  expect(await organizations.getByName('meadow')).toEqual(made);
  const changed = await organizations.update(id, { display_name: 'Meadow Inc' });
  expect(changed).toEqual({ ...made, display_name: 'Meadow Inc' });
  await organizations.create({ name: 'forest' });
  await organizations.create({ name: 'lake' });
  const listed = await all(organizations.list({ take: 2 }));
  expect(listed.map((organization) => organization.name).sort()).toEqual([
    'forest',
    'lake',
    'meadow',
  ]);
  await organizations.delete(id);
  await expect(organizations.get(id)).rejects.toMatchObject({ statusCode: 404 });
  await expect(organizations.create({ name: 'lake' })).rejects.toMatchObject({
    statusCode: 409,
    body: { errorCode: 'organization_conflict' },
  });
});

test('members get and lose roles in an organization', async () => {
  const { organizations } = management;
  const { id = '' } = await organizations.create({ name: 'staffed' });
  const users = [await aUser(), await aUser(), await aUser()];
  await organizations.members.create(id, { members: users });
  const listed = await all(organizations.members.list(id, { take: 2 }));
  expect(listed.map((organizationMember) => organizationMember.user_id)).toEqual([...users].sort());

  const [user = ''] = users;
  const role = await management.roles.create({ name: 'editor' });
  const roleId = role.id ?? '';
  await organizations.members.roles.assign(id, user, { roles: [roleId] });
  const roles = await all(organizations.members.roles.list(id, user));
  expect(roles).toEqual([{ id: roleId, name: 'editor' }]);
  const effective = await all(organizations.members.effectiveRoles.list(id, user));
  expect(effective).toMatchObject([{ id: roleId, sources: ['direct'] }]);
  const shown = await all(organizations.members.list(id, { fields: 'user_id,roles', take: 3 }));
  expect(shown.find((organizationMember) => organizationMember.user_id === user)?.roles).toEqual([
    { id: roleId, name: 'editor' },
  ]);
  await organizations.members.roles.delete(id, user, { roles: [roleId] });
  expect(await all(organizations.members.roles.list(id, user))).toEqual([]);

  const theirs = await all(management.users.organizations.list(user));
  expect(theirs.map((their) => their.name)).toEqual(['staffed']);
  await organizations.members.delete(id, { members: [user] });
  expect(await all(management.users.organizations.list(user))).toEqual([]);
});

test('connections are enabled, changed and disabled', async () => {
  const { organizations } = management;
  const { id = '' } = await organizations.create({ name: 'connected' });
  const { enabledConnections } = organizations;
  const added = await enabledConnections.add(id, {
    connection_id: connectionId,
    assign_membership_on_login: true,
  });
  expect(added).toMatchObject({ connection: { name: DEFAULT_CONNECTION, strategy: 'auth0' } });
  expect(await enabledConnections.get(id, connectionId)).toEqual(added);
  const changed = await enabledConnections.update(id, connectionId, {
    assign_membership_on_login: false,
  });
  expect(changed.assign_membership_on_login).toBe(false);
  expect(await all(enabledConnections.list(id))).toEqual([changed]);
  await enabledConnections.delete(id, connectionId);
  expect(await all(enabledConnections.list(id))).toEqual([]);
});

test('an application calls an API in the name of an organization', async () => {
  const { organizations } = management;
  const { id = '' } = await organizations.create({ name: 'served' });
  const audience = 'https://orders.example.test';
  await management.resourceServers.create({
    identifier: audience,
    scopes: [{ value: 'read:orders' }],
  });
  const robot = await management.clients.create({ name: 'robot', app_type: 'non_interactive' });
  const grant = await management.clientGrants.create({
    client_id: robot.client_id ?? '',
    audience,
    scope: ['read:orders'],
    organization_usage: 'require',
    allow_any_organization: false,
  });
  await organizations.clientGrants.create(id, { grant_id: grant.id ?? '' });
  expect(
    (await all(organizations.clientGrants.list(id))).map(
      (organizationClientGrant) => organizationClientGrant.id,
    ),
  ).toEqual([grant.id]);
  const authentication = new AuthClient({
    domain: new URL(server.url).host,
    clientId: robot.client_id ?? '',
    clientSecret: robot.client_secret ?? '',
  });
  const asked = { audience, organization: id };
  const { accessToken } = await authentication.getTokenByClientCredentials(asked);
  expect(decodeJwt(accessToken)).toMatchObject({ org_id: id, gty: 'client-credentials' });
  await organizations.clientGrants.delete(id, grant.id ?? '');
  expect(await all(organizations.clientGrants.list(id))).toEqual([]);
});

test('an invited person accepts, and their tokens satisfy the SDK', async () => {
  const { organizations } = management;
  const { id = '' } = await organizations.create({
    name: 'inviting',
    enabled_connections: [{ connection_id: connectionId }],
  });
  const callback = 'https://app.example.test/callback';
  const app = await management.clients.create({
    name: 'Meadow',
    app_type: 'regular_web',
    callbacks: [callback],
    initiate_login_uri: 'https://app.example.test/login',
    organization_usage: 'require',
  });
  const clientId = app.client_id ?? '';
  await management.connections.clients.update(connectionId, [
    { client_id: clientId, status: true },
  ]);
  const { email } = aPerson();
  const invitation = await organizations.invitations.create(id, {
    inviter: { name: 'Ina Viter' },
    invitee: { email },
    client_id: clientId,
    send_invitation_email: false,
  });
  expect(await organizations.invitations.get(id, invitation.id ?? '')).toEqual(invitation);
  expect(await all(organizations.invitations.list(id))).toEqual([invitation]);

  // Handles the query like the application's login address.
  const asked = new URL(invitation.invitation_url ?? '').searchParams;
  const authentication = new AuthClient({
    domain: new URL(server.url).host,
    clientId,
    clientSecret: app.client_secret ?? '',
  });
  const { authorizationUrl, codeVerifier } = await authentication.buildAuthorizationUrl({
    authorizationParams: {
      redirect_uri: callback,
      scope: 'openid email',
      invitation: asked.get('invitation') ?? '',
      organization: asked.get('organization') ?? '',
    },
  });
  const tab = openTab();
  await tab.go(authorizationUrl.href);
  const back = tab.back(await tab.send({ password: aPassword() }));
  // The SDK itself checks that the ID token is for this organization.
  const tokens = await authentication.getTokenByCode(back, { codeVerifier, organization: id });
  expect(tokens.claims).toMatchObject({ org_id: id, email, email_verified: true });
  const members = await all(organizations.members.list(id, { take: 10 }));
  expect(members.map((member) => member.email)).toEqual([email]);
  expect(await all(organizations.invitations.list(id))).toEqual([]);

  const second = await organizations.invitations.create(id, {
    inviter: { name: 'Ina Viter' },
    invitee: { email: aPerson().email },
    client_id: clientId,
    send_invitation_email: false,
  });
  await organizations.invitations.delete(id, second.id ?? '');
  await expect(organizations.invitations.get(id, second.id ?? '')).rejects.toMatchObject({
    body: { errorCode: 'inexistent_invitation' },
  });
});
