import { beforeAll, expect, test } from 'vitest';
import { acceptInvitation } from '../../src/flows/accept-invitation/accept-invitation.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { defaultSettings, insertClient } from '../../src/records/clients/clients.ts';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import {
  insertCampaign,
  insertInvitations,
  invitationSecret,
} from '../../src/records/invitations/invitations.ts';
import {
  enableConnection,
  insertOrganization,
  listMembers,
} from '../../src/records/organizations/organizations.ts';
import { insertUser, type User } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { freshDatabase } from '../harness/harness.ts';
import { NO_DIRECTORIES } from '../harness/no-directories.ts';
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

test('sixteen uninvited people leave the invitation open, and none gets in', async () => {
  const invited = await world.createUser();
  const invitation = await world.inviteTo(organization, client, {
    invitee: { email: invited.email },
  });
  const others: { tab: Tab; person: Person }[] = [];
  for (let i = 0; i < 16; i++) {
    const person = await world.createUser();
    const tab = openTab();
    await world.logsIn(tab, world.authorize(client), person);
    await tab.go(begin(invitation.ticket_id));
    others.push({ tab, person });
  }
  const ends = await atOnce(16, async (i) => others[i]?.tab.send({ way: 'leave' }));
  expect(
    ends.filter((end) => end?.back?.searchParams.get('error') === 'access_denied'),
  ).toHaveLength(16);
  for (const { person } of others) {
    const path = `/api/v2/users/${encodeURIComponent(person.userId)}/organizations`;
    expect((await world.server.api('GET', path)).body).toEqual([]);
  }
  const tab = openTab();
  await world.logsIn(tab, world.authorize(client), invited);
  await tab.go(begin(invitation.ticket_id));
  const end = await tab.send({ way: 'accept' });
  expect(end.back?.searchParams.has('code')).toBe(true);
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

test('of the right person and fifteen simultaneous others, exactly the right one uses the invitation up', async () => {
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
    const email = users[meant]?.email ?? '';
    const plan = { ttlSec: 600, markEmailVerified: true, organizationId } as const;
    const clientId = app.id;
    const campaignId = await insertCampaign(db, { clientId, connectionId: null, plan, now });
    const [invited] = await insertInvitations(db, {
      campaignId,
      rows: [{ userId: null, email }],
      clientKey: clientId,
      organizationId,
      ttlSeconds: 600,
      ticketKey: keys.ticket,
      now,
    });
    if (invited?.kind !== 'invited') throw new Error('The person was not invited.');
    const secret = invitationSecret(keys.ticket, invited);
    const types: string[] = [];
    const audit = { record: (event: { type: string }) => void types.push(event.type) };
    const log = createLog('silent');
    const publicUrl = 'http://localhost';
    const deps = {
      ...{ db, clock: systemClock, audit, log, keys, publicUrl },
      directories: NO_DIRECTORIES,
      enqueue: async () => {},
    };
    const outcomes = await atOnce(16, async (i) => {
      const userId = users[i]?.id ?? '';
      const proof = { kind: 'account', userId, hasLoggedIn: true } as const;
      return acceptInvitation(deps, { secret, organizationId, proof });
    });
    expect(types.filter((type) => type === 'si')).toHaveLength(1);
    const members = await listMembers(db, { organizationId, afterId: null, offset: 0, limit: 50 });
    expect(members.map((member) => member.userId)).toEqual([users[meant]?.id]);
    expect(outcomes.flatMap(({ kind }, i) => (kind === 'done' ? [i] : []))).toEqual([meant]);
    const others = outcomes.filter((_, i) => i !== meant).map(({ kind }) => kind);
    expect(others.filter((kind) => kind !== 'wrong-account' && kind !== 'accepted')).toEqual([]);
  }
}, 120_000);
