import { ManagementClient } from 'auth0';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trustedCertificate } from '../harness/certificate.ts';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;
let certificate: Awaited<ReturnType<typeof trustedCertificate>>;
let sdk: ManagementClient;

beforeAll(async () => {
  certificate = await trustedCertificate();
  server = await startServer({ tls: certificate });
  sdk = new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
});
afterAll(() => certificate?.remove());

test('the official SDK creates, builds, deploys and binds an action, and goes back to its first version', async () => {
  const action = await sdk.actions.create({
    name: 'Greet',
    supported_triggers: [{ id: 'post-login', version: 'v3' }],
    code: 'exports.onExecutePostLogin = async (event, api) => {};',
    dependencies: [{ name: 'lodash', version: '4.17.21' }],
    secrets: [{ name: 'KEY', value: 'of the shop' }],
    runtime: 'node22',
  });
  const id = action.id ?? '';
  // Clients ask until the action is built.
  expect((await sdk.actions.get(id)).status).toBe('built');
  const first = await sdk.actions.deploy(id);
  expect(first).toMatchObject({ number: 1, deployed: true, secrets: [{ name: 'KEY' }] });
  await sdk.actions.update(id, { code: 'exports.onExecutePostLogin = async () => {}; // 2' });
  await sdk.actions.deploy(id);
  const { data: versions } = await sdk.actions.versions.list(id);
  expect(versions.map(({ number }) => number)).toEqual([2, 1]);
  expect((await sdk.actions.versions.get(id, versions[1]?.id ?? '')).number).toBe(1);
  const third = await sdk.actions.versions.deploy(id, versions[1]?.id ?? '', {
    update_draft: true,
  });
  expect(third.number).toBe(3);

  const bound = await sdk.actions.triggers.bindings.updateMany('post-login', {
    bindings: [{ ref: { type: 'action_name', value: 'Greet' }, display_name: 'Greets' }],
  });
  expect(bound.bindings?.[0]).toMatchObject({ display_name: 'Greets', action: { id } });
  const { data: bindings } = await sdk.actions.triggers.bindings.list('post-login');
  expect(bindings.map(({ display_name }) => display_name)).toEqual(['Greets']);
  const { triggers = [] } = await sdk.actions.triggers.list();
  expect(triggers.map((trigger) => trigger.id)).toContain('send-phone-message');
  const { data: actions } = await sdk.actions.list({ triggerId: 'post-login' });
  expect(actions.map(({ name }) => name)).toEqual(['Greet']);
  await expect(sdk.actions.delete(id)).rejects.toMatchObject({ statusCode: 409 });
  await sdk.actions.delete(id, { force: true });
  await expect(sdk.actions.get(id)).rejects.toMatchObject({ statusCode: 404 });
  await expect(sdk.actions.executions.get('none')).rejects.toMatchObject({ statusCode: 404 });
});

test('the official SDK manages rules and the values that they read', async () => {
  const script = 'function (user, context, callback) { callback(null, user, context); }';
  const rule = await sdk.rules.create({ name: 'Greet', script, order: 3, enabled: true });
  const id = rule.id ?? '';
  expect(await sdk.rules.update(id, { enabled: false })).toMatchObject({
    order: 3,
    enabled: false,
  });
  expect((await sdk.rules.list()).data.map(({ name }) => name)).toEqual(['Greet']);
  expect(await sdk.rules.get(id, { fields: 'name' })).toEqual({ name: 'Greet' });
  await sdk.rules.delete(id);
  await expect(sdk.rules.get(id)).rejects.toMatchObject({ statusCode: 404 });
  await sdk.rulesConfigs.set('KEY', { value: 'v' });
  expect(await sdk.rulesConfigs.list()).toEqual([{ key: 'KEY' }]);
  await sdk.rulesConfigs.delete('KEY');
});

test('the official SDK manages hooks and their secrets', async () => {
  const hook = await sdk.hooks.create({
    name: 'Check',
    triggerId: 'pre-user-registration',
    script: 'module.exports = function (user, context, cb) { cb(); };',
  });
  const id = hook.id ?? '';
  expect(await sdk.hooks.update(id, { enabled: true })).toMatchObject({ enabled: true });
  await sdk.hooks.secrets.create(id, { KEY: 'one' });
  await sdk.hooks.secrets.update(id, { KEY: 'two' });
  expect(await sdk.hooks.secrets.get(id)).toEqual({ KEY: '_VALUE_NOT_SHOWN_' });
  await sdk.hooks.secrets.delete(id, ['KEY']);
  expect((await sdk.hooks.list()).data.map(({ name }) => name)).toEqual(['check']);
  await sdk.hooks.delete(id);
  await expect(sdk.hooks.get(id)).rejects.toMatchObject({ statusCode: 404 });
});

test('the log has who changed what, without secrets', async () => {
  await sdk.rulesConfigs.set('LOGGED', { value: 'never-in-the-log' });
  const { id = '' } = await sdk.hooks.create({
    name: 'Logged',
    triggerId: 'post-change-password',
    script: 'module.exports = () => {}; // never-in-the-log',
  });
  await sdk.hooks.secrets.create(id, { ANY: 'never-in-the-log' });
  let text = '';
  await expect
    .poll(async () => {
      text = (await server.api('GET', '/api/v2/logs?per_page=100')).text;
      return text.includes('"ANY":"***"');
    })
    .toBe(true);
  expect(text).toContain('Set a value that rules read');
  expect(text).not.toContain('never-in-the-log');
});
