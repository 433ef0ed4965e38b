import { beforeAll, expect, test } from 'vitest';
import { enterOrganization } from '../../src/flows/enter-organization/enter-organization.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { defaultSettings, insertClient } from '../../src/records/clients/clients.ts';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import {
  insertOrganizationInvitation,
  organizationInvitationSecret,
} from '../../src/records/organization-invitations/organization-invitations.ts';
import {
  enableConnection,
  insertOrganization,
  listMembers,
} from '../../src/records/organizations/organizations.ts';
import { insertUser, type User } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { freshDatabase } from '../harness/harness.ts';
import {
  type ApiClient,
  made,
  type Organization,
  openTab,
  openWorld,
  type Person,
  type Tab,
  type World,
} from '../harness/world.ts';

let world: World;
let client: ApiClient;
let organization: Organization;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  organization = await world.anOrganization();
});

const begin = (ticket: string) =>
  world.authorize(client, { organization: organization.id, invitation: ticket });

async function events(type: string, userId: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const q = encodeURIComponent(`type:${type} AND user_id:"${userId}"`);
  const { body } = await world.server.api<object[]>('GET', `/api/v2/logs?q=${q}&per_page=100`);
  return body.length;
}

test('sixteen simultaneous browsers use one invitation up once', async () => {
  const role = await made(world.server, '/roles', { name: 'editor' });
  const person = await world.createUser();
  const invitation = await world.inviteTo(organization, client, {
    invitee: { email: person.email },
    roles: [role.id],
  });
  const tabs: Tab[] = [];
  for (let i = 0; i < 16; i++) {
    const tab = openTab();
    await world.logsIn(tab, world.authorize(client), person);
    await tab.go(begin(invitation.ticket_id));
    tabs.push(tab);
  }
  const ends = await atOnce(16, async (i) => tabs[i]?.send({ way: 'accept' }));
  // A late request finds a member and continues.
  expect(ends.filter((end) => end?.back?.searchParams.has('code'))).toHaveLength(16);
  expect(await events('si', person.userId)).toBe(1);
  const path = `/api/v2/organizations/${organization.id}/members`;
  const members = await world.server.api<object[]>('GET', path);
  expect(members.body).toHaveLength(1);
});

test('one of sixteen uninvited people uses the invitation up, and none gets in', async () => {
  const invitation = await world.inviteTo(organization, client);
  const others: { tab: Tab; person: Person }[] = [];
  for (let i = 0; i < 16; i++) {
    const person = await world.createUser();
    const tab = openTab();
    await world.logsIn(tab, world.authorize(client), person);
    await tab.go(begin(invitation.ticket_id));
    others.push({ tab, person });
  }
  const ends = await atOnce(16, async (i) => others[i]?.tab.send({ way: 'accept' }));
  expect(
    ends.filter((end) => end?.back?.searchParams.get('error') === 'access_denied'),
  ).toHaveLength(16);
  let refused = 0;
  for (const { person } of others) refused += await events('fi', person.userId);
  expect(refused).toBe(1);
  for (const { person } of others) {
    const path = `/api/v2/users/${encodeURIComponent(person.userId)}/organizations`;
    expect((await world.server.api('GET', path)).body).toEqual([]);
  }
});

test('sixteen simultaneous requests never give a member more than fifty roles', async () => {
  const person = await world.aMember(organization);
  const roles: string[] = [];
  for (let i = 0; i < 64; i++) {
    roles.push((await made(world.server, '/roles', { name: `many-${i}` })).id);
  }
  const path = `/api/v2/organizations/${organization.id}/members/${encodeURIComponent(person.userId)}/roles`;
  const answers = await atOnce(16, (i) =>
    world.server.api('POST', path, { roles: roles.slice(i * 4, i * 4 + 4) }),
  );
  expect(answers.filter((answer) => answer.status === 204)).toHaveLength(12);
  expect(answers.filter((answer) => answer.status === 409)).toHaveLength(4);
  expect((await world.server.api<object[]>('GET', path)).body).toHaveLength(48);
});

test('exactly one of the right person and fifteen simultaneous others uses the invitation up', async () => {
  const { db } = await freshDatabase();
  const now = new Date();
  const keys = deriveKeys('a-secret-for-tests-only-0123456789abcdef');
  const connection = await ensureDefaultConnection(db, now);
  const settings = defaultSettings('regular_web');
  const app = {
    id: 'app',
    name: 'App',
    secretHash: null,
    settings,
    createdAt: now,
    updatedAt: now,
  };
  await insertClient(db, app);
  for (let round = 0; round < 30; round++) {
    const inserted = await insertOrganization(db, {
      name: `race-${round}`,
      displayName: null,
      branding: null,
      metadata: null,
      tokenQuota: null,
      now,
    });
    if (inserted.kind !== 'inserted') throw new Error('The name is taken.');
    const organizationId = inserted.organization.id;
    await enableConnection(
      db,
      organizationId,
      {
        connectionId: connection.id,
        assignMembershipOnLogin: false,
        isSignupEnabled: false,
        showAsButton: true,
      },
      now,
    );
    const users: User[] = [];
    for (let i = 0; i < 16; i++) {
      const email = `racer-${round}-${i}@example.test`;
      const made = await insertUser(db, { connectionId: connection.id, email, now });
      if (made.kind === 'inserted') users.push(made.user);
    }
    const meant = round % 16;
    const invitation = await insertOrganizationInvitation(db, {
      organizationId,
      clientId: app.id,
      connectionId: null,
      inviterName: 'Ina',
      email: users[meant]?.email ?? '',
      appMetadata: null,
      userMetadata: null,
      roles: [],
      ttlSeconds: 600,
      ticketKey: keys.ticket,
      now,
    });
    const ticket = organizationInvitationSecret(keys.ticket, invitation);
    const types: string[] = [];
    const audit = { record: (event: { type: string }) => void types.push(event.type) };
    const deps = { db, clock: systemClock, audit };
    const entries = await atOnce(16, async (i) => {
      const user = users[i];
      if (!user) throw new Error('A user is missing.');
      return enterOrganization(deps, {
        organizationId,
        user,
        clientId: app.id,
        ticket,
        hasLoggedIn: true,
      });
    });
    const used = types.filter((type) => type === 'si' || type === 'fi');
    expect(used).toHaveLength(1);
    const members = await listMembers(db, { organizationId, afterId: null, offset: 0, limit: 50 });
    const expected = used[0] === 'si' ? [users[meant]?.id] : [];
    expect(members.map((member) => member.userId)).toEqual(expected);
    const entered = entries.flatMap(({ kind }, i) => (kind === 'entered' ? [i] : []));
    expect(entered).toEqual(used[0] === 'si' ? [meant] : []);
  }
}, 120_000);
