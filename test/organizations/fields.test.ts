import { beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { aProvider } from '../harness/providers/person.ts';
import { type SmallProvider, startSmallProvider } from '../harness/providers/small-provider.ts';
import { textOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  CALLBACK,
  claimsOf,
  made,
  type Organization,
  openTab,
  openWorld,
  type Shown,
  type World,
} from '../harness/world.ts';

let world: World;
let client: ApiClient;
let organization: Organization;
let provider: SmallProvider;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  organization = await world.anOrganization();
  provider = await startSmallProvider();
  const connection = await aProvider(world, {
    name: 'acme-id',
    options: provider.options,
    clientIds: [client.id],
  });
  await made(world.server, `/organizations/${organization.id}/enabled_connections`, {
    connection_id: connection.id,
  });
});

const SCHEMA = {
  type: 'object',
  properties: { given_name: { type: 'string', title: 'First name' } },
  required: ['given_name'],
};

/** Invites an address to the organization, and asks for a first name. */
async function invited(email = aPerson().email) {
  const answer = await world.server.api('POST', '/api/v2/invitations', {
    recipients: [email],
    client_id: client.id,
    connection_id: world.connectionId,
    organization_id: organization.id,
    profile_schema: SCHEMA,
    result_url: CALLBACK,
    return_links: true,
  });
  if (answer.status !== 200) throw new Error(answer.text);
  const { link, invitation_id: id } = JSON.parse(answer.text);
  return { email, id: String(id), ticket: new URL(link).searchParams.get('ticket') ?? '' };
}

const asks = ({ page }: Shown) => textOf({ html: page }).includes('First name');
const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;
const begin = (ticket: string) =>
  world.authorize(client, { organization: organization.id, invitation: ticket });

async function nameOf(email: string) {
  const path = `/api/v2/users-by-email?email=${encodeURIComponent(email)}`;
  const { body } = await world.server.api<{ given_name?: string }[]>('GET', path);
  return body.map((user) => user.given_name);
}

test('a new person fills in the fields on the page of the login', async () => {
  const { email, id, ticket } = await invited();
  const tab = openTab();
  expect(asks(await tab.go(begin(ticket)))).toBe(true);
  const refused = await tab.send({ password: aPassword() });
  expect([refused.status, asks(refused), await stateOf(id)]).toEqual([400, true, 'pending']);
  expect(textOf({ html: refused.page })).toContain('Fill in this field.');
  const back = tab.back(await tab.send({ password: aPassword(), 'field-given_name': 'Mira' }));
  const claims = claimsOf((await world.exchange(client, back)).body.id_token);
  expect(claims).toMatchObject({ org_id: organization.id, email });
  expect([await stateOf(id), await nameOf(email)]).toEqual(['accepted', ['Mira']]);
});

test('a person with an account is asked after the login, and joins only then', async () => {
  const person = await world.createUser();
  const { id, ticket } = await invited(person.email);
  const tab = openTab();
  expect(asks(await tab.go(begin(ticket)))).toBe(false);
  const asked = await tab.send({ password: person.password });
  expect([asks(asked), await stateOf(id)]).toEqual([true, 'pending']);
  const refused = await tab.send({ 'field-given_name': '' });
  expect([refused.status, await stateOf(id)]).toEqual([400, 'pending']);
  const back = tab.back(await tab.send({ 'field-given_name': 'Bea' }));
  const claims = claimsOf((await world.exchange(client, back)).body.id_token);
  expect(claims).toMatchObject({ sub: person.userId, org_id: organization.id });
  expect([await stateOf(id), await nameOf(person.email)]).toEqual(['accepted', ['Bea']]);
});

test('a person who is logged in already fills in the fields and accepts', async () => {
  const person = await world.createUser();
  const tab = openTab();
  await world.logsIn(tab, world.authorize(client), person);
  const { id, ticket } = await invited(person.email);
  expect(asks(await tab.go(begin(ticket)))).toBe(true);
  const back = tab.back(await tab.send({ 'field-given_name': 'Cleo' }));
  expect(claimsOf((await world.exchange(client, back)).body.id_token)).toMatchObject({
    org_id: organization.id,
  });
  expect([await stateOf(id), await nameOf(person.email)]).toEqual(['accepted', ['Cleo']]);
});

test('a new person who chooses a provider is asked before going there', async () => {
  const { email, id, ticket } = await invited();
  provider.logsIn({ sub: 'dora', email, email_verified: true });
  const tab = openTab();
  const { page } = await tab.go(begin(ticket));
  const [, action = ''] =
    /<form[^>]*action="([^"]*\/u\/invitation\/connection[^"]*)"/.exec(page) ?? [];
  expect(action.replaceAll('&amp;', '&')).toBe(`/u/invitation/connection?ticket=${ticket}`);
  expect(await stateOf(id)).toBe('pending');
});

test('a request that answers the prompt without the fields accepts nothing', async () => {
  const person = await world.createUser();
  const { id, ticket } = await invited(person.email);
  const tab = openTab();
  await tab.go(begin(ticket));
  await tab.send({ password: person.password });
  const again = await tab.send({ way: 'accept', 'field-other': 'x' });
  expect([again.status, await stateOf(id)]).toEqual([400, 'pending']);
});
