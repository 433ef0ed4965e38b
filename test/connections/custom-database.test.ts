import { beforeAll, describe, expect, test } from 'vitest';
import { findConnection } from '../../src/records/connections/connections.ts';
import {
  BOOTSTRAP,
  type ManagementFixture,
  startManagementApi,
} from '../management-api/fixture.ts';

// The options of custom databases, as Auth0's management API has them.
let api: ManagementFixture;
let count = 0;

beforeAll(async () => {
  api = await startManagementApi();
});

const LOGIN = `function login(email, password, callback) {
  console.log('asked about ' + email + ' with ' + password);
  if (password !== 'right-password') return callback(new WrongUsernameOrPasswordError(email, 'no'));
  callback(null, { user_id: 'legacy|7', email: 'Ada@Meadow.test', email_verified: true, metadata: { plan: configuration.PLAN }, shoe: 42 });
}`;
const GET_USER = `function getByEmail(email, callback) {
  if (email !== 'ada@meadow.test') return callback(null);
  callback(null, { user_id: 'legacy|7', email: email, email_verified: true, metadata: { plan: configuration.PLAN } });
}`;

async function aStore(options: Record<string, unknown> = {}) {
  count++;
  return api.call('POST', '/connections', {
    name: `legacy-${count}`,
    strategy: 'auth0',
    enabled_clients: [BOOTSTRAP.id],
    options: { enabledDatabaseCustomization: true, ...options },
  });
}

describe('a connection with a legacy user store', () => {
  test('keeps its configuration encrypted, also when it is sent back', async () => {
    const made = await aStore({ configuration: { DB_PASSWORD: 'hunter2-hunter2' } });
    expect(made.status).toBe(201);
    const shown = made.body.options.configuration.DB_PASSWORD;
    expect(shown).toMatch(/^2\.0\$/);
    const stored = await findConnection(api.database.db, made.body.id);
    expect(JSON.stringify(stored)).not.toContain('hunter2-hunter2');
    const again = await api.call('PATCH', `/connections/${made.body.id}`, {
      options: made.body.options,
    });
    expect(again.body.options.configuration.DB_PASSWORD).toBe(shown);
    const foreign = await api.call('PATCH', `/connections/${made.body.id}`, {
      options: { enabledDatabaseCustomization: true, configuration: { A: '2.0$bm90IG91cnM=' } },
    });
    expect([foreign.status, foreign.body.message]).toEqual([
      400,
      expect.stringContaining('options.configuration.A was encrypted by another server'),
    ]);
  });

  test('gets its store, or loses it, only without users', async () => {
    const made = await aStore();
    const change = (enabledDatabaseCustomization: boolean) =>
      api.call('PATCH', `/connections/${made.body.id}`, {
        options: { enabledDatabaseCustomization },
      });
    expect((await change(false)).status).toBe(200);
    const user = await api.call('POST', '/users', {
      connection: made.body.name,
      email: 'ada@meadow.test',
      password: 'Gr8-meadow-flowers',
    });
    expect([user.status, user.body.message]).toEqual([201, undefined]);
    const refused = await change(true);
    expect([refused.status, refused.body.message]).toEqual([
      400,
      'This database contains users. You cannot change "options.enabledDatabaseCustomization" setting.',
    ]);
    expect((await change(false)).status).toBe(200);
  });

  test.each([
    [{ customScripts: { login: 'function login( {' } }, 'The script login has a syntax error in'],
    [{ customScripts: { login: 'x'.repeat(102_401) } }, 'options.customScripts.login'],
    [{ customScripts: { change_username: 'function a() {}' } }, 'must be left out, because'],
    [{ customScripts: { made_up: 'function a() {}' } }, 'made_up'],
    [{ import_mode: true, set_user_root_attributes: 'on_each_login' }, 'on_first_login'],
  ])('refuses options: case %#', async (options, message) => {
    const refused = await aStore(options);
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining(message)]);
  });

  test('keeps the context of its scripts', async () => {
    const made = await aStore({ enable_script_context: true });
    const change = (options: object) =>
      api.call('PATCH', `/connections/${made.body.id}`, {
        options: { enabledDatabaseCustomization: true, ...options },
      });
    expect((await change({ enable_script_context: false })).status).toBe(400);
    expect((await change({})).body.options.enable_script_context).toBe(true);
  });
});

describe('a trial', () => {
  const options = {
    import_mode: true,
    configuration: { PLAN: 'gold-plan' },
    customScripts: { login: LOGIN, get_user: GET_USER },
  };
  const args = { identifier: 'ada@meadow.test', password: 'right-password' };

  test('shows the profile as it would be stored, and stores no user', async () => {
    const { body } = await aStore(options);
    const tried = await api.call('POST', `/connections/${body.id}/scripts/try`, {
      script: 'login',
      args,
    });
    expect([tried.status, tried.body]).toEqual([
      200,
      expect.objectContaining({
        outcome: 'found',
        profile: expect.objectContaining({
          user_id: 'auth0|legacy|7',
          email: 'ada@meadow.test',
          email_verified: true,
          app_metadata: { plan: 'gold-plan' },
        }),
        findings: [expect.objectContaining({ code: 'left_out' })],
        console: [{ level: 'log', text: 'asked about ada@meadow.test with ***' }],
      }),
    ]);
    const users = await api.call('GET', '/users?q=email:"ada@meadow.test"&search_engine=v3');
    expect(
      users.body.filter((user: { user_id: string }) => user.user_id.includes('legacy')),
    ).toEqual([]);
  });

  test('tells a wrong password from a script that fails', async () => {
    const { body } = await aStore(options);
    const attempt = (more: object) =>
      api.call('POST', `/connections/${body.id}/scripts/try`, { script: 'login', args, ...more });
    expect((await attempt({ args: { ...args, password: 'wrong' } })).body.outcome).toBe('wrong');
    const code = 'function login(email, password, callback) { callback(new Error("down")); }';
    expect((await attempt({ code })).body).toMatchObject({
      outcome: 'unavailable',
      reason: 'failed',
      message: 'Error: down',
    });
    const random = LOGIN.replace("'legacy|7'", 'String(Math.random())');
    expect((await attempt({ code: random })).body.findings.at(-1)).toMatchObject({
      code: 'random_user_id',
    });
  });

  test('runs no script that changes the store unless it may', async () => {
    const create =
      'function create(user, callback) { callback(new ValidationError("user_exists", user.email)); }';
    const { body } = await aStore({ customScripts: { create } });
    const attempt = (more: object) =>
      api.call('POST', `/connections/${body.id}/scripts/try`, {
        script: 'create',
        args: { email: 'ada@meadow.test', password: 'secret-secret' },
        ...more,
      });
    expect((await attempt({})).status).toBe(400);
    expect((await attempt({ allow_changes: true })).body).toMatchObject({
      outcome: 'refused',
      code: 'user_exists',
      message: 'ada@meadow.test',
    });
  });

  test('can be stored as a case, whose findings the check repeats', async () => {
    const { body } = await aStore({
      ...options,
      customScripts: { login: LOGIN, get_user: GET_USER.replace('plan:', 'level:') },
    });
    const url = `/connections/${body.id}/scripts`;
    await api.call('POST', `${url}/try`, { script: 'login', args, save_as: 'Ada' });
    const listed = await api.call('GET', `${url}/cases`);
    expect(listed.body.cases).toEqual([
      expect.objectContaining({ name: 'Ada', args: { ...args, password: '***' } }),
    ]);
    const lint = await api.call('GET', `${url}/lint`);
    expect(lint.body.findings).toContainEqual(
      expect.objectContaining({
        code: 'profiles_differ',
        message: expect.stringContaining('app_metadata'),
      }),
    );
    expect((await api.call('POST', `${url}/try`, { case: 'Ada' })).body.outcome).toBe('found');
    expect((await api.call('DELETE', `${url}/cases/Ada`)).status).toBe(204);
    expect((await api.call('POST', `${url}/try`, { case: 'Ada' })).status).toBe(404);
  });
});
