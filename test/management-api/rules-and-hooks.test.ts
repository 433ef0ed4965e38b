import { beforeAll, expect, test } from 'vitest';
import { enabledHooks } from '../../src/records/hooks/hooks.ts';
import { enabledRules, rulesConfiguration } from '../../src/records/rules/rules.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

const RULE = 'function (user, context, callback) {\n  callback(null, user, context);\n}';
const HOOK = 'module.exports = function (user, context, cb) { cb(); };';
const rule = (name: string, more: object = {}) =>
  api.call('POST', '/rules', { name, script: RULE, ...more });
const hook = (name: string, more: object = {}) =>
  api.call('POST', '/hooks', {
    name,
    script: HOOK,
    triggerId: 'pre-user-registration',
    ...more,
  });

test('rules run in their order, and only those that are enabled', async () => {
  const last = await rule('last', { order: 7 });
  expect(last.body).toEqual({
    id: expect.stringMatching(/^rul_/),
    name: 'last',
    script: RULE,
    order: 7,
    enabled: true,
    stage: 'login_success',
  });
  await rule('first', { order: 0 });
  await rule('off', { enabled: false });
  const names = async () => (await enabledRules(api.database.db)).map(({ name }) => name);
  expect(await names()).toEqual(['first', 'last']);
  const { body } = await api.call('GET', '/rules?include_totals=true&fields=name,order');
  expect(body).toEqual({
    start: 0,
    limit: 50,
    total: 3,
    rules: [
      { name: 'first', order: 0 },
      { name: 'last', order: 7 },
      { name: 'off', order: 8 },
    ],
  });
  expect((await rule('first')).body.message).toBe('A rule with the same name already exists');
  expect((await rule('other', { order: 7 })).body.message).toBe(
    'A rule with the same order already exists',
  );
  const path = `/rules/${last.body.id}`;
  expect((await api.call('PATCH', path, { order: 0 })).status).toBe(409);
  expect((await api.call('PATCH', path, { enabled: false })).body.enabled).toBe(false);
  expect(await names()).toEqual(['first']);
  expect((await api.call('PATCH', path, {})).body.name).toBe('last');
  for (const _ of ['once', 'twice']) expect((await api.call('DELETE', path)).status).toBe(204);
  expect((await api.call('GET', path)).body).toMatchObject({
    statusCode: 404,
    message: 'The rule does not exist',
    errorCode: 'inexistent_rule',
  });
});

test('a rule that is no program is refused with its line', async () => {
  const refused = await rule('broken', { script: 'function (user) {\n  retrn user;\n}' });
  expect([refused.status, refused.body.message]).toEqual([
    400,
    "Payload validation error: 'line 2: Unexpected identifier 'user'' on property script.",
  ]);
  const stage = await rule('stage', { stage: 'login_failure' });
  expect(stage.body.message).toContain('must be login_success, because rules run after a login');
});

test('values that rules read are stored encrypted, and listed by their names', async () => {
  const put = await api.call('PUT', '/rules-configs/API_KEY', { value: 'k-1' });
  expect([put.status, put.body]).toEqual([200, { key: 'API_KEY', value: 'k-1' }]);
  await api.call('PUT', '/rules-configs/API_KEY', { value: 'k-2' });
  expect((await api.call('GET', '/rules-configs')).body).toEqual([{ key: 'API_KEY' }]);
  const { db } = api.database;
  expect(await rulesConfiguration(db, api.keys.encryption)).toEqual({ API_KEY: 'k-2' });
  expect((await api.call('DELETE', '/rules-configs/API_KEY')).status).toBe(204);
  expect((await api.call('GET', '/rules-configs')).body).toEqual([]);
  expect((await api.call('PUT', '/rules-configs/a%20b', { value: '' })).status).toBe(400);
});

test('of the hooks of a trigger, one runs', async () => {
  const first = await hook('first', { enabled: true });
  expect(first.body).toEqual({
    id: expect.any(String),
    name: 'first',
    script: HOOK,
    triggerId: 'pre-user-registration',
    dependencies: {},
    enabled: true,
  });
  const second = await hook('second', { dependencies: { uuid: '9.0.0' } });
  const running = async () => {
    const { db } = api.database;
    const key = api.keys.encryption;
    const hooks = await enabledHooks(db, { trigger: 'pre-user-registration', key });
    return hooks.map(({ name }) => name);
  };
  expect(await running()).toEqual(['first']);
  const path = `/hooks/${second.body.id}`;
  const enabled = await api.call('PATCH', path, { enabled: true });
  expect([enabled.status, enabled.body.enabled]).toEqual([201, true]);
  expect(await running()).toEqual(['second']);
  const elsewhere = await hook('third', { enabled: true, triggerId: 'post-change-password' });
  expect(elsewhere.status).toBe(201);
  const listed = await api.call('GET', '/hooks?triggerId=pre-user-registration&fields=name');
  expect(listed.body).toEqual([{ name: 'first' }, { name: 'second' }]);
  expect((await api.call('PATCH', path, { name: 'first' })).body.message).toBe(
    'Hook with the same name already exists.',
  );
  expect((await api.call('DELETE', path)).status).toBe(204);
  expect((await api.call('GET', path)).body).toMatchObject({
    message: 'Error: Hook does not exist',
    errorCode: 'HookDoesNotExist',
  });
  const refused = await hook('missing', { dependencies: { 'left-pad': '1' } });
  expect(refused.body.message).toContain('Usher does not have left-pad. It has ');
  const named = await hook('Named By Auth0');
  expect(named.body.name).toBe('named-by-auth0');
  const broken = await hook('broken', { script: 'module.exports = {' });
  expect(broken.body.message).toContain('line 1: Unexpected');
});

test('secrets of a hook are stored encrypted and never shown', async () => {
  const { id } = (await hook('secretive', { enabled: true, triggerId: 'send-phone-message' })).body;
  const path = `/hooks/${id}/secrets`;
  expect((await api.call('POST', path, { KEY: 'one', OTHER: 'two' })).status).toBe(201);
  const taken = await api.call('POST', path, { KEY: 'three' });
  expect([taken.status, taken.body.message]).toEqual([
    409,
    'Secret with the same name already exists: KEY',
  ]);
  expect((await api.call('PATCH', path, { NONE: 'x' })).status).toBe(404);
  await api.call('PATCH', path, { KEY: 'three' });
  expect((await api.call('GET', path)).body).toEqual({
    KEY: '_VALUE_NOT_SHOWN_',
    OTHER: '_VALUE_NOT_SHOWN_',
  });
  expect((await api.call('DELETE', path, ['OTHER', 'unknown'])).status).toBe(204);
  const { db } = api.database;
  const [running] = await enabledHooks(db, {
    trigger: 'send-phone-message',
    key: api.keys.encryption,
  });
  expect(running?.secrets).toEqual({ KEY: 'three' });
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`S${n}`, 'x']));
  expect((await api.call('POST', path, many)).body.message).toBe(
    'A hook can have up to 20 secrets.',
  );
});
