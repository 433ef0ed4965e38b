import { beforeAll, describe, expect, test } from 'vitest';
import {
  API,
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type Person,
  type World,
} from '../harness/world.ts';

const CLAIM = 'https://meadow.test/roles';
let world: World;
let client: ApiClient;
let person: Person;
let clerk: string;
let admin: string;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient({ roles_claim: 'roles' });
  clerk = (await made(world.server, '/roles', { name: 'Clerk' })).id;
  admin = (await made(world.server, '/roles', { name: 'Admin' })).id;
  person = await world.createUser();
  await made(world.server, `/users/${person.userId}/roles`, { roles: [clerk, admin] });
  await patchApi({ roles_claim: CLAIM });
});

const patchApi = (body: object) =>
  world.server.api('PATCH', `/api/v2/resource-servers/${encodeURIComponent(API)}`, body);
const patchClient = (body: object) =>
  world.server.api('PATCH', `/api/v2/clients/${client.id}`, body);

async function login(params: Record<string, string> = {}, who = person) {
  const back = await world.logsIn(openTab(), world.authorize(client, params), who);
  return (await world.exchange(client, back)).body;
}

async function userinfo(token: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${world.server.url}/userinfo`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return answer.json() as Promise<Record<string, unknown>>;
}

describe('roles_claim', () => {
  test('of an application adds the roles to ID tokens and /userinfo', async () => {
    const { id_token, access_token } = await login();
    expect(claimsOf(id_token)).toMatchObject({ sub: person.userId, roles: ['Admin', 'Clerk'] });
    expect(await userinfo(access_token)).toMatchObject({ roles: ['Admin', 'Clerk'] });
    const { access_token: opaque } = await login({ audience: '' });
    expect(await userinfo(opaque)).toMatchObject({ roles: ['Admin', 'Clerk'] });
  });

  test('of an API adds the roles to access tokens', async () => {
    const { access_token } = await login();
    expect(claimsOf(access_token)).toMatchObject({ aud: expect.arrayContaining([API]) });
    expect(claimsOf(access_token)[CLAIM]).toEqual(['Admin', 'Clerk']);
    expect(claimsOf(access_token)).not.toHaveProperty('roles');
  });

  test('has a removed role until the next refresh', async () => {
    const { refresh_token } = await login();
    await world.server.api('DELETE', `/api/v2/users/${person.userId}/roles`, { roles: [admin] });
    const { body } = await world.refresh(client, refresh_token);
    expect(claimsOf(body.id_token).roles).toEqual(['Clerk']);
    expect(claimsOf(body.access_token)[CLAIM]).toEqual(['Clerk']);
    await made(world.server, `/users/${person.userId}/roles`, { roles: [admin] });
  });

  test("adds the roles in the login's organization, and in no other", async () => {
    const ours = await world.anOrganization();
    const theirs = await world.anOrganization();
    const member = await world.aMember(ours);
    await made(world.server, `/organizations/${theirs.id}/members`, { members: [member.userId] });
    await made(world.server, `/users/${member.userId}/roles`, { roles: [clerk] });
    await made(world.server, `/organizations/${ours.id}/members/${member.userId}/roles`, {
      roles: [admin],
    });
    const here = await login({ organization: ours.id }, member);
    expect(claimsOf(here.id_token).roles).toEqual(['Admin', 'Clerk']);
    expect(claimsOf(here.access_token)[CLAIM]).toEqual(['Admin', 'Clerk']);
    expect(await userinfo(here.access_token)).toMatchObject({ roles: ['Admin', 'Clerk'] });
    const there = await login({ organization: theirs.id }, member);
    expect(claimsOf(there.id_token).roles).toEqual(['Clerk']);
    expect(claimsOf((await login({}, member)).id_token).roles).toEqual(['Clerk']);
  });

  test('is an empty list for a user without roles, and absent from tokens of machine clients', async () => {
    const nobody = await login({}, await world.createUser());
    expect(claimsOf(nobody.id_token).roles).toEqual([]);
    await made(world.server, '/client-grants', {
      client_id: client.id,
      audience: API,
      scope: ['read:orders'],
    });
    const { body } = await world.token({
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      audience: API,
    });
    expect(claimsOf(body.access_token)).not.toHaveProperty(CLAIM);
  });

  test('is shown, and null removes it', async () => {
    expect((await patchClient({ roles_claim: 'groups' })).body).toMatchObject({
      roles_claim: 'groups',
    });
    expect(claimsOf((await login()).id_token).groups).toEqual(['Admin', 'Clerk']);
    expect((await patchClient({ roles_claim: null })).body).not.toHaveProperty('roles_claim');
    expect((await patchApi({ roles_claim: null })).body).not.toHaveProperty('roles_claim');
    const { id_token, access_token } = await login();
    expect(JSON.stringify([claimsOf(id_token), claimsOf(access_token)])).not.toContain('Clerk');
  });

  test.each([
    'sub',
    'permissions',
    'email',
    'my roles',
    '',
    '__proto__',
    'x'.repeat(201),
  ])('refuses the name "%s"', async (name) => {
    for (const answer of [
      await patchClient({ roles_claim: name }),
      await patchApi({ roles_claim: name }),
    ]) {
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('roles_claim')]);
    }
  });
});
