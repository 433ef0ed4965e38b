import { beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiClient,
  claimsOf,
  made,
  type Organization,
  openTab,
  openWorld,
  type World,
} from '../harness/world.ts';

let world: World;
let client: ApiClient;
let ours: Organization;
let theirs: Organization;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  ours = await world.anOrganization();
  theirs = await world.anOrganization();
});

const notPartOf = (userId: string, organization: Organization) =>
  `user ${userId} is not part of the ${organization.id} organization`;

describe('a login to an organization', () => {
  test('gives tokens with org_id, also after a refresh', async () => {
    const person = await world.aMember(ours);
    const url = world.authorize(client, { organization: ours.id });
    const back = await world.logsIn(openTab(), url, person);
    const { status, body } = await world.exchange(client, back);
    expect(status).toBe(200);
    expect(claimsOf(body.id_token)).toMatchObject({ sub: person.userId, org_id: ours.id });
    expect(claimsOf(body.access_token)).toMatchObject({ org_id: ours.id });
    expect(claimsOf(body.access_token)).not.toHaveProperty('org_name');

    const again = await world.refresh(client, body.refresh_token);
    expect(again.status).toBe(200);
    expect(claimsOf(again.body.id_token)).toMatchObject({ org_id: ours.id });
    expect(claimsOf(again.body.access_token)).toMatchObject({ org_id: ours.id });
  });

  test('gives tokens without org_id if no organization was requested', async () => {
    const person = await world.aMember(ours);
    const back = await world.logsIn(openTab(), world.authorize(client), person);
    const { body } = await world.exchange(client, back);
    expect(claimsOf(body.id_token)).not.toHaveProperty('org_id');
    expect(claimsOf(body.access_token)).not.toHaveProperty('org_id');
  });

  test('returns an error for a non-member and leaves no session', async () => {
    const person = await world.createUser();
    const tab = openTab();
    const url = world.authorize(client, { organization: ours.id });
    const back = await world.logsIn(tab, url, person);
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('error_description')).toBe(notPartOf(person.userId, ours));
    expect(back.searchParams.get('state')).toBe('the-state');
    const silent = tab.back(await tab.go(world.authorize(client, { prompt: 'none' })));
    expect(silent.searchParams.get('error')).toBe('login_required');
  });

  test('gives no refresh after removal from the organization', async () => {
    const person = await world.aMember(ours);
    const url = world.authorize(client, { organization: ours.id });
    const { body } = await world.exchange(client, await world.logsIn(openTab(), url, person));
    await world.server.api('DELETE', `/api/v2/organizations/${ours.id}/members`, {
      members: [person.userId],
    });
    const refused = await world.refresh(client, body.refresh_token);
    expect(refused.status).toBe(403);
    expect(refused.body).toEqual({
      error: 'access_denied',
      error_description: notPartOf(person.userId, ours),
    });
  });

  test('ends with the organization', async () => {
    const brief = await world.anOrganization();
    const person = await world.aMember(brief);
    const tab = openTab();
    const url = world.authorize(client, { organization: brief.id });
    const { body } = await world.exchange(client, await world.logsIn(tab, url, person));
    expect(body.refresh_token).toBeTruthy();
    await world.server.api('DELETE', `/api/v2/organizations/${brief.id}`);
    expect((await world.refresh(client, body.refresh_token)).status).toBe(403);
    const back = tab.back(await tab.go(url));
    expect(back.searchParams.get('error')).toBe('invalid_request');
    expect(back.searchParams.get('error_description')).toBe('parameter organization is invalid');
  });

  test('needs a connection of the organization', async () => {
    const closed = await world.anOrganization({ enabled_connections: [] });
    const person = await world.aMember(closed);
    const url = world.authorize(client, { organization: closed.id });
    const tab = openTab();
    const back = tab.back(await tab.go(url));
    expect(back.searchParams.get('error_description')).toBe(
      'no connections enabled for the organization',
    );
    // Another session does not help either, although the user is a member.
    await world.logsIn(tab, world.authorize(client), person);
    const silent = tab.back(
      await tab.go(world.authorize(client, { organization: closed.id, prompt: 'none' })),
    );
    expect(silent.searchParams.get('error')).toBe('login_required');
  });

  test('gives no refresh after its connection leaves the organization', async () => {
    const organization = await world.anOrganization();
    const person = await world.aMember(organization);
    const url = world.authorize(client, { organization: organization.id });
    const { body } = await world.exchange(client, await world.logsIn(openTab(), url, person));
    const path = `/api/v2/organizations/${organization.id}/enabled_connections/${world.connectionId}`;
    await world.server.api('DELETE', path);
    expect((await world.refresh(client, body.refresh_token)).status).toBe(403);
  });

  test('makes members if the connection does so', async () => {
    const open = await world.anOrganization({
      enabled_connections: [
        { connection_id: world.connectionId, assign_membership_on_login: true },
      ],
    });
    const person = await world.createUser();
    const url = world.authorize(client, { organization: open.id });
    const { body } = await world.exchange(client, await world.logsIn(openTab(), url, person));
    expect(claimsOf(body.id_token)).toMatchObject({ org_id: open.id });
    const members = await world.server.api<{ user_id: string }[]>(
      'GET',
      `/api/v2/organizations/${open.id}/members`,
    );
    expect(members.body.map((each) => each.user_id)).toEqual([person.userId]);
  });

  test('accepts connections of the organization that the application may not use otherwise', async () => {
    const store = await made(world.server, '/connections', {
      name: `partners-${Date.now()}`,
      strategy: 'auth0',
      enabled_clients: [(await world.registerClient()).id],
    });
    const organization = await world.anOrganization({
      enabled_connections: [{ connection_id: store.id, assign_membership_on_login: true }],
    });
    const person = { email: 'partner@example.test', password: 'Tulip-Canal-77' };
    const user = await made(world.server, '/users', { connection: store.name, ...person });
    const login = { ...person, userId: user.user_id };
    const tab = openTab();
    const params = { organization: organization.id, connection: store.name };
    const back = await world.logsIn(tab, world.authorize(client, params), login);
    const { body } = await world.exchange(client, back);
    expect(claimsOf(body.id_token)).toMatchObject({ sub: user.user_id, org_id: organization.id });
    expect((await world.refresh(client, body.refresh_token)).status).toBe(200);

    // Elsewhere the connections of the application count, and those of the other organization.
    const silent = async (more: Record<string, string>) => {
      const shown = await tab.go(world.authorize(client, { prompt: 'none', ...more }));
      return tab.back(shown).searchParams;
    };
    expect((await silent({ organization: organization.id })).has('code')).toBe(true);
    expect((await silent({})).get('error')).toBe('login_required');
    expect((await silent({ organization: ours.id })).get('error')).toBe('login_required');
    const wrong = await silent({ connection: store.name });
    expect(wrong.get('error_description')).toBe('the connection was not found');
  });

  test("carries the permissions of the member's roles there, and only there", async () => {
    const audience = 'https://guarded.example.test';
    const api = await made(world.server, '/resource-servers', {
      identifier: audience,
      scopes: [{ value: 'read:secrets' }],
      enforce_policies: true,
      token_dialect: 'access_token_authz',
    });
    expect(api.id).toBeTruthy();
    const role = await made(world.server, '/roles', { name: 'keeper' });
    await made(world.server, `/roles/${role.id}/permissions`, {
      permissions: [{ resource_server_identifier: audience, permission_name: 'read:secrets' }],
    });
    const person = await world.aMember(ours);
    await made(world.server, `/organizations/${theirs.id}/members`, { members: [person.userId] });
    await made(
      world.server,
      `/organizations/${ours.id}/members/${encodeURIComponent(person.userId)}/roles`,
      { roles: [role.id] },
    );
    const tab = openTab();
    const ask = { audience, scope: 'openid read:secrets' };
    const here = world.authorize(client, { ...ask, organization: ours.id });
    const inside = await world.exchange(client, await world.logsIn(tab, here, person));
    expect(claimsOf(inside.body.access_token).permissions).toEqual(['read:secrets']);
    const there = tab.back(
      await tab.go(world.authorize(client, { ...ask, organization: theirs.id })),
    );
    const outside = await world.exchange(client, there);
    expect(claimsOf(outside.body.access_token).permissions).toEqual([]);
  });
});

describe('a session', () => {
  test('of one organization opens no other', async () => {
    const person = await world.aMember(ours);
    const tab = openTab();
    await world.logsIn(tab, world.authorize(client, { organization: ours.id }), person);
    for (const prompt of [{}, { prompt: 'none' }] as Record<string, string>[]) {
      const url = world.authorize(client, { organization: theirs.id, ...prompt });
      const back = tab.back(await tab.go(url));
      expect(back.searchParams.get('error')).toBe('access_denied');
      expect(back.searchParams.get('error_description')).toBe(notPartOf(person.userId, theirs));
      expect(back.searchParams.has('code')).toBe(false);
    }
  });

  test('without an organization opens none', async () => {
    const person = await world.createUser();
    const tab = openTab();
    await world.logsIn(tab, world.authorize(client), person);
    const url = world.authorize(client, { organization: ours.id, prompt: 'none' });
    expect(tab.back(await tab.go(url)).searchParams.get('error')).toBe('access_denied');
  });

  test('of a member continues silently, and stops when the membership ends', async () => {
    const person = await world.aMember(ours);
    const tab = openTab();
    const url = world.authorize(client, { organization: ours.id });
    await world.logsIn(tab, url, person);
    const silent = `${url}&prompt=none`;
    const { body } = await world.exchange(client, tab.back(await tab.go(silent)));
    expect(claimsOf(body.id_token)).toMatchObject({ org_id: ours.id });
    await world.server.api('DELETE', `/api/v2/organizations/${ours.id}/members`, {
      members: [person.userId],
    });
    const back = tab.back(await tab.go(silent));
    expect(back.searchParams.get('error')).toBe('access_denied');
  });

  test('keeps the organizations of its refresh tokens apart', async () => {
    const person = await world.aMember(ours);
    await made(world.server, `/organizations/${theirs.id}/members`, { members: [person.userId] });
    const tab = openTab();
    const first = await world.exchange(
      client,
      await world.logsIn(tab, world.authorize(client, { organization: ours.id }), person),
    );
    const second = await world.exchange(
      client,
      tab.back(await tab.go(world.authorize(client, { organization: theirs.id }))),
    );
    const none = await world.exchange(client, tab.back(await tab.go(world.authorize(client))));
    const refreshed = async (tokens: typeof first) => {
      const { body } = await world.refresh(client, tokens.body.refresh_token);
      return [claimsOf(body.id_token).org_id, claimsOf(body.access_token).org_id];
    };
    expect(await refreshed(first)).toEqual([ours.id, ours.id]);
    expect(await refreshed(second)).toEqual([theirs.id, theirs.id]);
    expect(await refreshed(none)).toEqual([undefined, undefined]);
    // The end of one membership keeps the other.
    await world.server.api('DELETE', `/api/v2/organizations/${ours.id}/members`, {
      members: [person.userId],
    });
    const again = await world.exchange(
      client,
      tab.back(await tab.go(world.authorize(client, { organization: theirs.id }))),
    );
    expect(await refreshed(again)).toEqual([theirs.id, theirs.id]);
  });

  test('takes the tokens of every organization with it when it ends', async () => {
    const person = await world.aMember(ours);
    await made(world.server, `/organizations/${theirs.id}/members`, { members: [person.userId] });
    const tab = openTab();
    const scope = 'openid profile';
    const ask = (organization: Organization) =>
      world.authorize(client, { organization: organization.id, scope, audience: '' });
    const first = await world.exchange(client, await world.logsIn(tab, ask(ours), person));
    const second = await world.exchange(client, tab.back(await tab.go(ask(theirs))));
    const userinfo = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${world.server.url}/userinfo`, { headers })).status;
    };
    expect(await userinfo(first.body.access_token)).toBe(200);
    expect(await userinfo(second.body.access_token)).toBe(200);
    await tab.go(`${world.server.url}/v2/logout`);
    expect(await userinfo(first.body.access_token)).toBe(401);
    expect(await userinfo(second.body.access_token)).toBe(401);
  });
});

test('accept only connections of the organization by name', async () => {
  const closed = await world.anOrganization({ enabled_connections: [] });
  const connection = 'Username-Password-Authentication';
  const tab = openTab();
  const url = world.authorize(client, { organization: closed.id, connection });
  const back = tab.back(await tab.go(url));
  expect(back.searchParams.get('error_description')).toBe(
    'the connection is not enabled for the organization',
  );
});

describe('a machine client', () => {
  const ask = (robot: ApiClient, organization?: string) =>
    world.token({
      grant_type: 'client_credentials',
      client_id: robot.id,
      client_secret: robot.secret,
      audience: 'https://orders.example.test',
      ...(organization !== undefined && { organization }),
    });

  async function aRobot(settings: object): Promise<{ robot: ApiClient; grantId: string }> {
    const robot = await world.registerClient({ app_type: 'non_interactive' });
    const { id } = await made(world.server, '/client-grants', {
      client_id: robot.id,
      audience: 'https://orders.example.test',
      scope: ['read:orders'],
      ...settings,
    });
    return { robot, grantId: id };
  }

  test('gets org_id for organizations that have its grant', async () => {
    const { robot, grantId } = await aRobot({
      organization_usage: 'allow',
      allow_any_organization: false,
    });
    const refused = await ask(robot, ours.id);
    expect(refused).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    await made(world.server, `/organizations/${ours.id}/client-grants`, { grant_id: grantId });
    const { body } = await ask(robot, ours.id);
    expect(claimsOf(body.access_token)).toMatchObject({
      org_id: ours.id,
      sub: `${robot.id}@clients`,
    });
    expect((await ask(robot, theirs.id)).status).toBe(403);
    expect(claimsOf((await ask(robot)).body.access_token)).not.toHaveProperty('org_id');
  });

  test('may use any organization, or must, or must not', async () => {
    const any = await aRobot({ organization_usage: 'require', allow_any_organization: true });
    expect(claimsOf((await ask(any.robot, theirs.id)).body.access_token).org_id).toBe(theirs.id);
    expect(await ask(any.robot)).toMatchObject({
      status: 400,
      body: { error_description: 'parameter organization is required for this client' },
    });
    expect(await ask(any.robot, 'org_0000000000000000')).toMatchObject({ status: 400 });
    const none = await aRobot({});
    expect(await ask(none.robot, ours.id)).toMatchObject({
      status: 400,
      body: { error_description: 'parameter organization is not allowed for this client' },
    });
  });
});

// Last: it changes a setting of the whole server.
test('names select organizations if the operator allows it, and tokens carry them', async () => {
  const changed = await world.server.api('PATCH', '/api/v2/tenants/settings', {
    allow_organization_name_in_authentication_api: true,
  });
  expect(changed.status).toBe(200);
  const person = await world.aMember(ours);
  const url = world.authorize(client, { organization: ours.name });
  const { body } = await world.exchange(client, await world.logsIn(openTab(), url, person));
  const claims = { org_id: ours.id, org_name: ours.name };
  expect(claimsOf(body.id_token)).toMatchObject(claims);
  expect(claimsOf(body.access_token)).toMatchObject(claims);
});
