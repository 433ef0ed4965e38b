import { beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../src/records/connections/connections.ts';
import type { CampaignPlan } from '../../src/records/invitations/invitations.ts';
import { type ApiClient, claimsOf, openTab, openWorld, type World } from '../harness/world.ts';

const CLAIM = 'https://usher.dev/invitation';
const DATA = { deal: 42, tags: ['a'] };
const PASSWORD = 'Tulip-Canal-77';

let world: World;
let connection: Connection;
let client: ApiClient;
let other: ApiClient;
let counter = 0;

beforeAll(async () => {
  world = await openWorld();
  connection = await world.aConnection();
  client = await world.registerClient();
  other = await world.registerClient();
});

function invite(email: string, chosen: Partial<CampaignPlan> = {}) {
  const plan = { data: DATA, ...chosen };
  return world.anInvitation({ email, connectionId: connection.id }, { clientId: client.id, plan });
}

const anAddress = () => `person-${++counter}@invited.test`;

async function claimOf(at: ApiClient, back: URL): Promise<unknown> {
  return claimsOf((await world.exchange(at, back)).body.id_token)[CLAIM];
}

test('the ID token of the login that accepts by the link carries the data, and no other one', async () => {
  const email = anAddress();
  const { id, secret } = await invite(email);
  const tab = openTab();
  const shown = await tab.go(`${world.server.url}/u/invitation?ticket=${secret}`);
  expect(shown.page).not.toContain('deal');
  await tab.prove({ password: PASSWORD, repeat: PASSWORD });
  // Another login of the same person comes first.
  const elsewhere = await world.logsIn(openTab(), world.authorize(client), {
    email,
    password: PASSWORD,
    userId: '',
  });
  expect(await claimOf(client, elsewhere)).toBeUndefined();
  expect(await claimOf(client, tab.back(await tab.go(world.authorize(client))))).toEqual({
    id,
    data: DATA,
  });
  // The same browser, at another application.
  const silent = tab.back(await tab.go(world.authorize(other)));
  expect(await claimOf(other, silent)).toBeUndefined();
  const [event] = await world.logs(
    `${new URLSearchParams({ q: `type:si AND user_name:"${email}"` })}`,
  );
  expect(event?.details).toMatchObject({ invitation_id: id, data: DATA });
});

test('the ID token of a login that accepts by another proof carries the data', async () => {
  const person = await world.createUser({ email_verified: true });
  const { id } = await invite(person.email);
  const tab = openTab();
  const back = await world.logsIn(tab, world.authorize(client), person);
  expect(await claimOf(client, back)).toEqual({ id, data: DATA });
  const later = await world.logsIn(openTab(), world.authorize(client), person);
  expect(await claimOf(client, later)).toBeUndefined();
});

test('the ID token of a login to an organization carries the data', async () => {
  const organization = await world.anOrganization();
  const person = await world.createUser();
  const { id, secret } = await invite(person.email, {
    organizationId: organization.id,
    inviteeMay: 'link_only',
  });
  const params = { organization: organization.id, invitation: secret };
  const tab = openTab();
  await tab.go(world.authorize(client, params));
  const back = tab.back(await tab.send({ password: person.password }));
  const { body } = await world.exchange(client, back);
  const claims = claimsOf(body.id_token);
  expect(claims).toMatchObject({ org_id: organization.id, [CLAIM]: { id, data: DATA } });

  const email = anAddress();
  const fresh = await invite(email, { organizationId: organization.id });
  const newcomer = openTab();
  await newcomer.go(world.authorize(client, { ...params, invitation: fresh.secret }));
  const arrived = newcomer.back(await newcomer.send({ password: PASSWORD, repeat: PASSWORD }));
  expect(await claimOf(client, arrived)).toEqual({ id: fresh.id, data: DATA });
});
