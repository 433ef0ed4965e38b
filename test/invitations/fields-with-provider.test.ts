import { beforeAll, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import { type SmallProvider, startSmallProvider } from '../harness/providers/small-provider.ts';
import { formOf, textOf } from '../harness/visitor.ts';
import { type ApiClient, CALLBACK, openWorld, type World } from '../harness/world.ts';

let world: World;
let client: ApiClient;
let provider: SmallProvider;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  provider = await startSmallProvider();
  await aProvider(world, {
    name: 'acme-id',
    options: provider.options,
    clientIds: [client.id],
  });
});

let serial = 0;
/** Invites a person who has an account at the provider. Returns the link. */
async function invited(plan: object = {}) {
  const { email } = aPerson();
  const sub = `bea-${++serial}`;
  const names = { name: 'Bea Stone', given_name: 'Bea', family_name: 'Stone' };
  provider.logsIn({ sub, email, email_verified: true, ...names });
  const answer = await world.server.api('POST', '/api/v2/invitations', {
    recipients: [email],
    client_id: client.id,
    connection_id: world.connectionId,
    result_url: CALLBACK,
    return_links: true,
    ...plan,
  });
  if (answer.status !== 200) throw new Error(answer.text);
  return { email, link: String(JSON.parse(answer.text).link) };
}

async function usersWith(email: string) {
  const path = `/api/v2/users-by-email?email=${encodeURIComponent(email)}`;
  return (await world.server.api<Record<string, unknown>[]>('GET', path)).body;
}

const properties = { team: { type: 'string' }, given_name: { type: 'string' } };
const profile_schema = { type: 'object', properties, required: ['team'] };

test('a person who accepts with another account is asked for the fields, too', async () => {
  const { link } = await invited({ profile_schema, email_policy: 'any_verified' });
  const other = await world.createUser();
  const person = openBrowser();
  const page = await person.go(link.replace('/u/invitation', '/u/invitation-account'));
  const typed = { username: other.email, password: other.password };
  const refused = await person.press(page, { ...typed, 'field-team': '' });
  expect([refused.status, textOf({ html: refused.page })]).toEqual([
    400,
    expect.stringContaining('Fill in this field.'),
  ]);
  const { csrf = '' } = formOf(refused.page).fields;
  const filled = { ...typed, csrf, 'field-team': 'blue' };
  expect((await person.browser.post(refused.url, filled)).status).toBe(303);
  expect(await usersWith(other.email)).toMatchObject([{ user_metadata: { team: 'blue' } }]);
});

test('a person who accepts with a provider is asked for the fields first', async () => {
  const { email, link } = await invited({ profile_schema });
  const person = openBrowser();
  const asks = await person.press(await person.go(link), { connection: 'acme-id' });
  expect(textOf({ html: asks.page })).toContain('Then you continue with acme-id.');
  const filled = { connection: 'acme-id', step: 'fields', 'field-team': ' ' };
  const refused = await person.press(asks, filled);
  expect([refused.status, textOf({ html: refused.page })]).toEqual([
    400,
    expect.stringContaining('Fill in this field.'),
  ]);
  expect(provider.requests.length).toBe(0);
  const done = await person.press(refused, { ...filled, 'field-team': 'Blue' });
  expect(person.back(done).href).toContain(CALLBACK);
  expect(await usersWith(email)).toMatchObject([
    { user_metadata: { team: 'Blue' }, name: 'Bea Stone' },
  ]);
});

test.each([
  'on_invite',
  'on_accept',
])('the account takes the names that the provider says, created %s', async (create_user) => {
  const { email, link } = await invited({ create_user });
  const person = openBrowser();
  await person.choose(await person.go(link), 'acme-id');
  expect(await usersWith(email)).toMatchObject([
    { name: 'Bea Stone', given_name: 'Bea', family_name: 'Stone' },
  ]);
});

test('a name that the person enters comes before the name that the provider says', async () => {
  const { email, link } = await invited({ profile_schema });
  const person = openBrowser();
  const asks = await person.press(await person.go(link), { connection: 'acme-id' });
  const filled = { step: 'fields', 'field-team': 'Blue', 'field-given_name': 'Beatrice' };
  await person.press(asks, { connection: 'acme-id', ...filled });
  expect(await usersWith(email)).toMatchObject([{ given_name: 'Beatrice', family_name: 'Stone' }]);
});
