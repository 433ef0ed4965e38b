import { beforeAll, beforeEach, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { eventually } from '../harness/harness.ts';
import { type ApiClient, openTab, openWorld, type World } from '../harness/world.ts';
import { scriptsOf } from './scripted.ts';

let world: World;
let client: ApiClient;
let scripts: ReturnType<typeof scriptsOf>;

beforeAll(async () => {
  world = await openWorld();
  scripts = scriptsOf(world);
  client = await world.registerClient();
});

beforeEach(async () => {
  await scripts.deploy('pre-user-registration');
  await scripts.deploy('post-user-registration');
});

const before = (body: string) => ({
  code: `exports.onExecutePreUserRegistration = async (event, api) => { ${body} };`,
});
const after = (body: string) => ({
  code: `exports.onExecutePostUserRegistration = async (event, api) => { ${body} };`,
});

async function signUp(email = aPerson().email) {
  const response = await fetch(`${world.server.url}/dbconnections/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.id,
      connection: 'Username-Password-Authentication',
      email,
      password: 'A long enough passphrase 7',
    }),
  });
  return { email, status: response.status, body: await response.json() };
}

const userWith = async (email: string) =>
  (
    await world.server.api<Record<string, unknown>[]>(
      'GET',
      `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
    )
  ).body[0];

test('an action before a registration gives metadata to the account', async () => {
  await scripts.deploy(
    'pre-user-registration',
    before(
      `api.user.setAppMetadata('from', event.client.name); api.user.setUserMetadata('mail', event.user.email);`,
    ),
  );
  const { email, status } = await signUp();
  expect(status).toBe(200);
  expect(await userWith(email)).toMatchObject({
    app_metadata: { from: 'Meadow' },
    user_metadata: { mail: email },
  });
});

test('an action before a registration refuses it, with its text for the person, at the API and on the page', async () => {
  await scripts.deploy(
    'pre-user-registration',
    before(
      `if (event.user.email.endsWith('example.com')) api.access.deny('internal reason', 'Use your work address.');`,
    ),
  );
  const refused = await signUp('somebody@example.com');
  expect(refused).toMatchObject({ status: 400, body: { description: 'Use your work address.' } });
  expect(JSON.stringify(refused.body)).not.toContain('internal reason');
  expect(await userWith('somebody@example.com')).toBeUndefined();
  const tab = openTab();
  await tab.go(world.authorize(client, { screen_hint: 'signup' }));
  const shown = await tab.send({
    email: 'page@example.com',
    password: 'A long enough passphrase 7',
  });
  expect(shown.page).toContain('Use your work address.');
});

test('an action that fails before a registration makes no account and tells no secret', async () => {
  await scripts.deploy('pre-user-registration', before(`throw new Error('a secret');`));
  const { email, status, body } = await signUp();
  expect(status).toBe(400);
  expect(JSON.stringify(body)).not.toContain('a secret');
  expect(await userWith(email)).toBeUndefined();
});

test('an action after a registration runs in the background, and its failure harms nobody', async () => {
  await scripts.deploy(
    'post-user-registration',
    after(`throw new Error('ran for ' + event.user.email + ' of ' + event.client.name);`),
  );
  const { email, status } = await signUp();
  expect(status).toBe(200);
  const entry = await eventually(async () => {
    const logs = await world.logs('q=type:actions_execution_failed');
    return logs.find((each) => JSON.stringify(each).includes(email));
  });
  expect(JSON.stringify(entry)).toContain(`ran for ${email} of Meadow`);
});

test('a hook before a registration gives metadata, or refuses with its text for the person', async () => {
  await scripts.hook(
    'pre-user-registration',
    `module.exports = function (user, context, cb) {
      if (user.email.startsWith('no')) {
        return cb(new PreUserRegistrationError('internal reason', 'No, sorry.'));
      }
      cb(null, { user: { app_metadata: { hooked: context.connection.name, secrets: typeof context.webtask.secrets } } });
    };`,
  );
  const refused = await signUp('nobody@example.org');
  expect(refused).toMatchObject({ status: 400, body: { description: 'No, sorry.' } });
  const { email, status } = await signUp();
  expect(status).toBe(200);
  expect(await userWith(email)).toMatchObject({
    app_metadata: { hooked: 'Username-Password-Authentication', secrets: 'object' },
  });
  await scripts.hook('pre-user-registration', null);
});
