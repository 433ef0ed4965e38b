import { beforeAll, describe, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;

beforeAll(async () => {
  api = await startManagementApi();
});

const create = (body: object) => api.call('POST', '/connections', body);

describe('the configuration of an outside provider', () => {
  test.each([
    ['google-oauth2', { client_id: 'g', client_secret: 's-google', scope: ['email'], email: true }],
    ['facebook', { client_id: 'f', client_secret: 's-facebook', scope: 'email' }],
    ['apple', { client_id: 'a', app_secret: 's-apple', team_id: 't', kid: 'k' }],
    ['github', { client_id: 'h', client_secret: 's-github', profile: true }],
    ['windowslive', { client_id: 'w', client_secret: 's-windows', strategy_version: 2 }],
    ['linkedin', { client_id: 'l', client_secret: 's-linkedin', strategy_version: 3 }],
    [
      'oidc',
      {
        type: 'back_channel',
        client_id: 'o',
        client_secret: 's-oidc',
        issuer: 'https://idp.test',
        authorization_endpoint: 'https://idp.test/authorize',
        jwks_uri: 'https://idp.test/jwks',
      },
    ],
    ['okta', { client_id: 'k', client_secret: 's-okta', domain: 'x.okta.com' }],
    ['waad', { client_id: 'z', client_secret: 's-waad', tenant_domain: 'x.test' }],
    ['adfs', { adfs_server: 'https://adfs.test/metadata.xml' }],
    [
      'samlp',
      {
        signInEndpoint: 'https://idp.test/saml',
        signing_key: { key: 's-saml', cert: 'c' },
        fieldsMap: { email: 'mail' },
      },
    ],
    [
      'sms',
      { twilio_sid: 'AC1', twilio_token: 's-sms', name: 'sms', template: 'Code: @@password@@' },
    ],
  ])('of %s is kept and shown, its secrets encrypted at rest', async (strategy, options) => {
    const name = `kept-${strategy}`;
    const made = await create({ name, strategy, options });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ strategy, options })]);
    const { body } = await api.call('GET', `/connections/${made.body.id}`);
    expect(body.options).toEqual(options);
    const { rows } = await api.database.execute(
      'select options::text as t from connections where id = $1',
      [made.body.id],
    );
    for (const secret of JSON.stringify(options).match(/s-[a-z]+/g) ?? []) {
      expect(rows[0]?.t).not.toContain(secret);
    }
    const patched = await api.call('PATCH', `/connections/${made.body.id}`, {
      options: { ...body.options, upstream_params: { screen_name: { alias: 'login_hint' } } },
    });
    expect(patched.body.options).toMatchObject(options);
    expect((await api.call('DELETE', `/connections/${made.body.id}`)).status).toBe(202);
  });

  test.each([
    [
      'oidc',
      {},
      "Payload validation error: 'Missing required property: client_id' on property options.",
    ],
    [
      'github',
      { client_secret: 7 },
      "Payload validation error: 'Expected type string,null but found type integer' on property options.client_secret (The client secret at the provider; encrypted at rest).",
    ],
    [
      'github',
      { custom_password_hash: { action_id: 'x' } },
      'The custom_password_hash option is only available for database connections',
    ],
    [
      'auth0',
      { custom_password_hash: {} },
      'The action_id field value cannot be empty, null or undefined',
    ],
    [
      'auth0',
      { set_user_root_attributes: 'on_first_login' },
      'options.set_user_root_attributes can be set only for enterprise connections, social connections or custom database connections (using external users store)',
    ],
    [
      'auth0',
      {
        attributes: {
          phone_number: { identifier: { active: true }, signup: { status: 'optional' } },
        },
      },
      'attribute phone_number must also be required on signup',
    ],
  ])('%s %j is refused', async (strategy, options, message) => {
    const { status, body } = await create({ name: 'refused', strategy, options });
    expect([status, body.message]).toEqual([400, message]);
  });

  test('of an unknown strategy is refused', async () => {
    const { status, body } = await create({ name: 'refused', strategy: 'myspace' });
    expect([status, body.message]).toEqual([
      400,
      "Payload validation error: 'No enum match for: myspace' on property strategy (`auth0`: a database of this server).",
    ]);
  });

  test('does not make it a way to log in', async () => {
    const client = await api.call('POST', '/clients', { name: 'App', app_type: 'regular_web' });
    const { body } = await create({
      name: 'not-offered',
      strategy: 'github',
      enabled_clients: [client.body.client_id],
    });
    const { connectionsOfClient } = await import('../../src/records/connections/connections.ts');
    expect(await connectionsOfClient(api.database.db, client.body.client_id)).toEqual([]);
    const shown = await api.call('GET', `/clients/${client.body.client_id}/connections`);
    expect(shown.body.connections.map((one: { id: string }) => one.id)).toEqual([body.id]);
  });
});

describe('names', () => {
  test('are free again as soon as a connection is deleted', async () => {
    const first = await create({ name: 'again', strategy: 'auth0' });
    expect((await create({ name: 'again', strategy: 'auth0' })).status).toBe(409);
    const gone = await api.call('DELETE', `/connections/${first.body.id}`);
    expect([gone.status, gone.body]).toEqual([202, { deleted_at: expect.any(String) }]);
    expect((await api.call('DELETE', `/connections/${first.body.id}`)).status).toBe(204);
    expect((await api.call('GET', `/connections/${first.body.id}`)).status).toBe(404);
    expect((await create({ name: 'again', strategy: 'auth0' })).status).toBe(201);
    const listed = await api.call('GET', '/connections?name=again');
    expect(listed.body).toHaveLength(1);
  });

  test('of realms are taken by one connection', async () => {
    await create({ name: 'realm-one', strategy: 'auth0', realms: ['shared-realm'] });
    const { status, body } = await create({
      name: 'realm-two',
      strategy: 'auth0',
      realms: ['shared-realm'],
    });
    expect([status, body.message]).toEqual([
      409,
      'There is already another connection with some realms from "realms" parameter',
    ]);
    expect((await api.call('GET', '/connections?name=realm-two')).body).toEqual([]);
  });
});

test('where users are kept can not change once there are any', async () => {
  const { body } = await create({
    name: 'with-users',
    strategy: 'auth0',
    enabled_clients: ['bootstrap'],
  });
  const own = { options: { enabledDatabaseCustomization: true } };
  expect((await api.call('PATCH', `/connections/${body.id}`, own)).status).toBe(200);
  await api.call('PATCH', `/connections/${body.id}`, { options: {} });
  await api.call('POST', '/users', { connection: 'with-users', email: 'a@users.test' });
  const refused = await api.call('PATCH', `/connections/${body.id}`, own);
  expect([refused.status, refused.body.message]).toEqual([
    400,
    'This database contains users. You cannot change "options.enabledDatabaseCustomization" setting.',
  ]);
});

test('the status of a connection without connector is 404', async () => {
  const { body } = await create({ name: 'no-connector', strategy: 'auth0' });
  const known = await api.call('GET', `/connections/${body.id}/status`);
  expect([known.status, known.body.message]).toEqual([404, 'not connected to any node']);
  const unknown = await api.call('GET', '/connections/con_0000000000000000/status');
  expect([unknown.status, unknown.body.message]).toEqual([404, 'Connection not found.']);
});
