import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;
let clientId: string;

beforeAll(async () => {
  api = await startManagementApi();
  clientId = (await api.call('POST', '/clients', { name: 'Shop' })).body.client_id;
});

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const CLIENT = { client_id: 'usher-at-the-provider', client_secret: 'only between us' };

/** Options that a provider's connection needs at least, and the ones that it may have. */
const STRATEGIES: [strategy: string, least: object, more: object][] = [
  [
    'oidc',
    { client_id: CLIENT.client_id, discovery_url: 'https://login.acme.test' },
    {
      client_secret: CLIENT.client_secret,
      type: 'back_channel',
      scope: 'openid email',
      connection_settings: { pkce: 'S256' },
      token_endpoint_auth_method: 'client_secret_basic',
      attribute_map: {
        mapping_mode: 'use_map',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of the option
        attributes: { email: '${context.tokenset.email}' },
      },
      domain_aliases: ['acme.test', 'bücher.test'],
      upstream_params: { hd: { value: 'acme.test' }, name: { alias: 'login_hint' } },
      set_user_root_attributes: 'on_first_login',
      non_persistent_attrs: ['picture'],
      icon_url: 'https://acme.test/logo.png',
      disable_signup: true,
    },
  ],
  ['google-oauth2', CLIENT, { scope: ['email', 'profile'], email: true, calendar: true }],
  ['facebook', CLIENT, { scope: 'email,public_profile', email: true, public_profile: true }],
  ['github', CLIENT, { read_user: true, email: true, freeform_scopes: ['codespace'] }],
  ['windowslive', CLIENT, { strategy_version: 2, scope: ['signin', 'graph_user'], signin: true }],
  ['linkedin', CLIENT, { strategy_version: 3, openid: true, profile: true, email: true }],
  [
    'apple',
    { client_id: 'test.acme.web', app_secret: PEM, kid: 'KEY1', team_id: 'TEAM1' },
    { email: true, name: true, scope: 'name email' },
  ],
  [
    'okta',
    { ...CLIENT, domain: 'acme.okta.test' },
    { type: 'back_channel', tenant_domain: 'a.test' },
  ],
  ['google-apps', { ...CLIENT, domain: 'acme.test' }, { map_user_id_to_id: true, email: true }],
  [
    'waad',
    { ...CLIENT, tenant_domain: 'acme.onmicrosoft.test' },
    {
      userid_attribute: 'oid',
      should_trust_email_verified_connection: 'never_set_emails_as_verified',
      waad_protocol: 'openid-connect',
      identity_api: 'microsoft-identity-platform-v2.0',
    },
  ],
];

let count = 0;
const create = (strategy: string, options: object, more: object = {}) => {
  count += 1;
  return api.call('POST', '/connections', { name: `p${count}`, strategy, options, ...more });
};

describe.each(STRATEGIES)('a connection of strategy %s', (strategy, least, more) => {
  test('is created, read and changed with all its options', async () => {
    const made = await create(strategy, least, { enabled_clients: [clientId] });
    expect([made.status, made.body.message]).toEqual([201, undefined]);
    expect(made.body).toMatchObject({ strategy, options: least, enabled_clients: [clientId] });
    const options = { ...least, ...more };
    const path = `/connections/${made.body.id}`;
    const changed = await api.call('PATCH', path, { options, display_name: 'Sign in' });
    expect([changed.status, changed.body.message]).toEqual([200, undefined]);
    const read = await api.call('GET', path);
    expect(read.body.options).toEqual(options);
    const again = await api.call('PATCH', path, { options: least });
    expect(again.body.options).toEqual(least);
    expect((await api.call('DELETE', path)).status).toBe(202);
  });

  test.each(Object.keys(least))('needs %s', async (name) => {
    const { [name]: _, ...rest } = least as Record<string, unknown>;
    const { status, body } = await create(strategy, rest);
    expect([status, body.message]).toEqual([400, expect.stringContaining(name)]);
    const made = await create(strategy, least);
    const patched = await api.call('PATCH', `/connections/${made.body.id}`, { options: rest });
    expect(patched.status).toBe(400);
  });

  test('refuses options without effect', async () => {
    for (const name of ['passwordPolicy', 'customScripts', 'made_up', 'toString']) {
      const { status, body } = await create(strategy, { ...least, [name]: 'good' });
      expect([status, body.message]).toEqual([400, expect.stringContaining(name)]);
    }
  });

  test('keeps its secrets encrypted in the database and out of the tenant log', async () => {
    const options = { ...least, ...more };
    const { body } = await create(strategy, options);
    const secrets = Object.entries(options).flatMap(([name, value]) =>
      ['client_secret', 'app_secret'].includes(name) ? [String(value)] : [],
    );
    const rows = await api.database.execute('select options::text from connections where id = $1', [
      body.id,
    ]);
    const log = await api.database.execute('select * from logs');
    for (const secret of secrets) {
      expect(JSON.stringify(rows)).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(JSON.stringify(log)).not.toContain(secret.slice(0, 40));
    }
  });
});

describe('options of a provider are refused', () => {
  const oidc = { client_id: 'a', discovery_url: 'https://login.acme.test' };
  const endpoints = {
    client_id: 'a',
    issuer: 'https://login.acme.test',
    authorization_endpoint: 'https://login.acme.test/authorize',
  };
  test.each([
    ['upstream_params', { upstream_params: { redirect_uri: { value: 'https://evil.test' } } }],
    ['upstream_params', { upstream_params: { a: { alias: 'nonce' } } }],
    ['upstream_params', { upstream_params: { a: { alias: 'prompt', value: 'x' } } }],
    ['upstream_params', { upstream_params: { 'a b': { value: 'x' } } }],
    ['upstream_params', { upstream_params: { a: 'x' } }],
    ['icon_url', { icon_url: 'http://acme.test/logo.png' }],
    ['icon_url', { icon_url: 'javascript:alert(1)' }],
    ['domain_aliases', { domain_aliases: ['a@b.test'] }],
    ['tenant_domain', { tenant_domain: 'a@b.test' }],
    ['domain_aliases', { domain_aliases: Array(1001).fill('acme.test') }],
    ['discovery_url', { discovery_url: 'file:///etc/passwd' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['id_token_signed_response_algs', { id_token_signed_response_algs: ['none'] }],
    ['client_secret', { client_secret: { sealed: 'AAAA' } }],
    ['client_secret', { client_secret: 's' }],
    ['client_secret', { type: 'front_channel', client_secret: 's' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'client_secret_post' }],
    ['connection_settings.pkce', { connection_settings: { pkce: 'S256' } }],
    ['token_endpoint', { token_endpoint: 'https://login.acme.test/token' }],
    ['scope', { scope: 'a'.repeat(10_001) }],
    ['attribute_map', { attribute_map: { attributes: { __proto__: null, a: 1 }, more: 1 } }],
  ])('%s: %j', async (name, options) => {
    const { status, body } = await create('oidc', { ...oidc, ...options });
    expect([status, body.message]).toEqual([400, expect.stringContaining(`options.${name}`)]);
  });

  test.each([
    ['oidc', { ...oidc, type: 'back_channel' }],
    ['okta', { client_id: 'a', client_secret: 'b', domain: 'acme.okta.test' }],
  ])('a proof by a key, with the reason (%s)', async (strategy, options) => {
    const method = { token_endpoint_auth_method: 'private_key_jwt' };
    const { status, body } = await create(strategy, { ...options, ...method });
    expect([status, body.message]).toEqual([400, expect.stringContaining('Usher has no keys')]);
  });

  test('a Workspace that is no domain', async () => {
    const workspace = { client_id: 'a', client_secret: 'b', domain: '*' };
    const { status, body } = await create('google-apps', workspace);
    expect([status, body.message]).toEqual([400, expect.stringContaining('options.domain')]);
  });

  test('endpoints without the keys of the provider', async () => {
    expect((await create('oidc', endpoints)).body.message).toContain('options.jwks_uri');
    const complete = { ...endpoints, jwks_uri: 'https://login.acme.test/keys' };
    expect((await create('oidc', complete)).status).toBe(201);
    const byCode = await create('oidc', { ...complete, type: 'back_channel' });
    expect(byCode.body.message).toContain('options.token_endpoint');
  });

  test('with what the database cannot hold, or with the prototype of all objects', async () => {
    const bodies = [
      { ...oidc, upstream_params: { a: { value: 'a\u0000' } } },
      { ...oidc, icon_url: 'https://acme.test/\ud800' },
      { ...oidc, attribute_map: { attributes: { 'a\u0000': 'x' } } },
    ].map((options) => JSON.stringify({ name: 'hostile', strategy: 'oidc', options }));
    const withPrototype = `{"name":"hostile","strategy":"oidc","options":{"client_id":"a",
      "discovery_url":"https://login.acme.test","__proto__":{"disable_signup":true}}}`;
    for (const payload of [...bodies, withPrototype]) {
      const answer = await api.app.inject({
        method: 'POST',
        url: '/api/v2/connections',
        headers: {
          authorization: `Bearer ${await api.token()}`,
          'content-type': 'application/json',
        },
        payload,
      });
      expect([payload, answer.statusCode]).toEqual([payload, 400]);
    }
  });

  test('giant ones', async () => {
    const attributes = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a${i}`, 'x']));
    const { status } = await create('oidc', { ...oidc, attribute_map: { attributes } });
    expect(status).toBe(400);
  });
});

describe('the button of a connection', () => {
  const oidc = { client_id: 'a', discovery_url: 'https://login.acme.test' };
  test('is off for an organization’s provider until it is switched on', async () => {
    const { body } = await create('oidc', oidc);
    expect(body.show_as_button).toBe(false);
    const path = `/connections/${body.id}`;
    const changed = await api.call('PATCH', path, { show_as_button: true });
    expect(changed.body.show_as_button).toBe(true);
    await api.call('PATCH', path, { display_name: 'Acme' });
    expect((await api.call('GET', path)).body.show_as_button).toBe(true);
  });

  test('cannot be taken from a database', async () => {
    const { body } = await api.call('POST', '/connections', { name: 'store', strategy: 'auth0' });
    const { status } = await api.call('PATCH', `/connections/${body.id}`, {
      show_as_button: false,
    });
    expect(status).toBe(400);
  });
});

describe('the button of a connection in an organization', () => {
  const enable = async (connectionId: string, more: object = {}) => {
    count += 1;
    const { body } = await api.call('POST', '/organizations', { name: `org${count}` });
    const path = `/organizations/${body.id}/enabled_connections`;
    const enabled = { connection_id: connectionId, ...more };
    return { path, answer: await api.call('POST', path, enabled) };
  };

  test('can be hidden for a provider', async () => {
    const { body } = await create('oidc', {
      client_id: 'a',
      discovery_url: 'https://login.acme.test',
    });
    const { path, answer } = await enable(body.id, { assign_membership_on_login: true });
    expect(answer.body).toMatchObject({ show_as_button: true, assign_membership_on_login: true });
    const hidden = await api.call('PATCH', `${path}/${body.id}`, { show_as_button: false });
    expect(hidden.body).toMatchObject({ show_as_button: false, assign_membership_on_login: true });
    expect((await api.call('GET', path)).body[0].show_as_button).toBe(false);
  });

  test('cannot be hidden for a database', async () => {
    const { body } = await api.call('POST', '/connections', { name: 'db', strategy: 'auth0' });
    const refused = (await enable(body.id, { show_as_button: false })).answer;
    expect([refused.status, refused.body.message]).toEqual([
      400,
      expect.stringContaining('show_as_button'),
    ]);
    const { path } = await enable(body.id);
    const changed = await api.call('PATCH', `${path}/${body.id}`, { show_as_button: false });
    expect(changed.status).toBe(400);
  });
});

test('two connections can have one strategy, and one domain', async () => {
  const oidc = {
    client_id: 'a',
    discovery_url: 'https://login.acme.test',
    domain_aliases: ['x.test'],
  };
  const made = [await create('oidc', oidc), await create('oidc', oidc)];
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
});

test('a strategy without a login is refused with those that have one', async () => {
  const { status, body } = await create('samlp', {});
  expect([status, body.message]).toEqual([400, expect.stringMatching(/must be auth0, .*oidc/)]);
});
