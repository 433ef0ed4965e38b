import { beforeAll, describe, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

// A setting has its effect or is refused with the reason, whatever the official document accepts.
let api: ManagementFixture;
const ids: Record<string, string> = {};

beforeAll(async () => {
  api = await startManagementApi();
  const make = async (path: string, body: object) => (await api.call('POST', path, body)).body;
  ids.client = (await make('/clients', { name: 'Meadow' })).client_id;
  ids.store = (await make('/connections', { name: 'meadow', strategy: 'auth0' })).id;
  ids.codes = (await make('/connections', { name: 'codes', strategy: 'email' })).id;
  ids.api = (await make('/resource-servers', { identifier: 'urn:meadow' })).id;
  ids.organization = (await make('/organizations', { name: 'meadow' })).id;
  ids.domain = (
    await make('/custom-domains', { domain: 'login.meadow.test', type: 'self_managed_certs' })
  ).custom_domain_id;
});

const at = (path: string) => path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? name);

describe('a route refuses with the field and the reason:', () => {
  test.each([
    ['PATCH /clients/:client', 'sso_disabled', { sso_disabled: true }],
    ['PATCH /clients/:client', 'is_first_party', { is_first_party: false }],
    ['PATCH /clients/:client', 'oidc_conformant', { oidc_conformant: false }],
    ['PATCH /clients/:client', 'grant_types[1]', { grant_types: ['implicit', 'urn:made:up'] }],
    ['PATCH /clients/:client', 'app_type', { app_type: 'sso_integration' }],
    ['PATCH /clients/:client', 'addons', { addons: { samlp: { audience: 'urn:x' } } }],
    [
      'PATCH /clients/:client',
      'token_quota',
      { token_quota: { client_credentials: { per_day: 5 } } },
    ],
    [
      'PATCH /clients/:client',
      'session_transfer',
      { session_transfer: { can_create_session_transfer_token: true } },
    ],
    [
      'PATCH /clients/:client',
      'oidc_logout',
      { oidc_logout: { backchannel_logout_urls: ['https://meadow.test/out'] } },
    ],
    ['PATCH /clients/:client', 'compliance_level', { compliance_level: 'fapi1_adv_pkj_par' }],
    [
      'PATCH /clients/:client',
      'require_proof_of_possession',
      { require_proof_of_possession: true },
    ],
    [
      'PATCH /clients/:client',
      'signed_request_object',
      { signed_request_object: { required: true } },
    ],
    [
      'PATCH /clients/:client',
      'refresh_token.policies',
      {
        refresh_token: {
          rotation_type: 'rotating',
          expiration_type: 'expiring',
          policies: [{ audience: 'urn:x', scope: ['a'] }],
        },
      },
    ],
    [
      'PATCH /clients/:client',
      'jwt_configuration.secret_encoded',
      { jwt_configuration: { secret_encoded: true } },
    ],
    ['PATCH /clients/:client', 'jwt_configuration.alg', { jwt_configuration: { alg: 'RS512' } }],
    ['POST /connections', 'strategy', { name: 't', strategy: 'twitter' }],
    ['POST /connections', 'strategy', { name: 's', strategy: 'samlp' }],
    ['PATCH /connections/:store', 'options.import_mode', { options: { import_mode: true } }],
    [
      'PATCH /connections/:store',
      'options.customScripts',
      { options: { customScripts: { login: 'function login() {}' } } },
    ],
    [
      'PATCH /connections/:store',
      'options.configuration',
      { options: { configuration: { DB_PASSWORD: 'hunter2' } } },
    ],
    [
      'PATCH /connections/:store',
      'options.non_persistent_attrs',
      { options: { non_persistent_attrs: ['ethnicity'] } },
    ],
    [
      'PATCH /connections/:store',
      'options.authentication_methods.password.enabled',
      { options: { authentication_methods: { password: { enabled: false } } } },
    ],
    [
      'PATCH /connections/:store',
      'options.authentication_methods.email_otp.enabled',
      { options: { authentication_methods: { email_otp: { enabled: true } } } },
    ],
    [
      'PATCH /connections/:store',
      'options.attributes.email.verification_method',
      {
        options: {
          attributes: { email: { identifier: { active: true }, verification_method: 'otp' } },
        },
      },
    ],
    ['PATCH /connections/:store', 'options.made_up', { options: { made_up: 1 } }],
    // Property names of every object are no valid options either.
    ...['toString', 'valueOf', 'hasOwnProperty'].map((name): [string, string, object] => [
      'PATCH /connections/:store',
      `options.${name}`,
      { options: { [name]: 1 } },
    ]),
    ['PATCH /connections/:codes', 'options.import_mode', { options: { import_mode: false } }],
    ['PATCH /connections/:store', 'show_as_button', { show_as_button: false }],
    ['PATCH /connections/:store', 'authentication', { authentication: { active: false } }],
    ['PATCH /connections/:store', 'is_domain_connection', { is_domain_connection: true }],
    ['PATCH /resource-servers/:api', 'allow_online_access', { allow_online_access: true }],
    [
      'PATCH /resource-servers/:api',
      'consent_policy',
      { consent_policy: 'transactional-authorization-with-mfa' },
    ],
    [
      'PATCH /resource-servers/:api',
      'authorization_policy',
      { authorization_policy: { policy_id: 'p' } },
    ],
    [
      'PATCH /resource-servers/:api',
      'proof_of_possession',
      { proof_of_possession: { mechanism: 'dpop', required: true } },
    ],
    [
      'PATCH /resource-servers/:api',
      'skip_consent_for_verifiable_first_party_clients',
      { skip_consent_for_verifiable_first_party_clients: false },
    ],
    ['PATCH /tenants/settings', 'device_flow.charset', { device_flow: { charset: 'digits' } }],
    [
      'PATCH /tenants/settings',
      'session_cookie.mode',
      { session_cookie: { mode: 'non-persistent' } },
    ],
    ['PATCH /tenants/settings', 'ephemeral_session_lifetime', { ephemeral_session_lifetime: 1 }],
    ['PATCH /tenants/settings', 'flags.enable_sso', { flags: { enable_sso: false } }],
    ['PATCH /tenants/settings', 'flags.genai_trial', { flags: { genai_trial: true } }],
    [
      'PATCH /tenants/settings',
      'change_password',
      { change_password: { enabled: true, html: 'x' } },
    ],
    ['PATCH /tenants/settings', 'error_page.html', { error_page: { html: '<p>Oh</p>' } }],
    ['PATCH /tenants/settings', 'acr_values_supported', { acr_values_supported: ['silver'] }],
    ['PATCH /tenants/settings', 'sandbox_version', { sandbox_version: '12' }],
    [
      'PATCH /tenants/settings',
      'default_token_quota',
      { default_token_quota: { clients: { client_credentials: { per_day: 1 } } } },
    ],
    ['PATCH /prompts', 'identifier_first', { identifier_first: true }],
    ['PATCH /prompts', 'universal_login_experience', { universal_login_experience: 'classic' }],
    [
      'PATCH /prompts/login/screen/login/rendering',
      'rendering_mode',
      { rendering_mode: 'advanced' },
    ],
    ['PUT /guardian/factors/duo', 'enabled', { enabled: true }],
    ['PUT /guardian/factors/push-notification', 'enabled', { enabled: true }],
    ['PUT /guardian/factors/duo', 'enabled', { enabled: true }],
    ['PUT /guardian/factors/duo/settings', 'ikey', { ikey: 'i' }],
    ['PUT /guardian/factors/push-notification/selected-provider', 'provider', { provider: 'sns' }],
    ['POST /guardian/enrollments/ticket', 'factor', { user_id: 'x', factor: 'push-notification' }],
    [
      'PATCH /organizations/:organization',
      'token_quota',
      { token_quota: { client_credentials: { per_day: 5 } } },
    ],
    [
      'POST /organizations/:organization/connections',
      'organization_access_level',
      { connection_id: 'con_1', organization_access_level: 'full' },
    ],
    [
      'PATCH /attack-protection/suspicious-ip-throttling',
      'shields[0]',
      { shields: ['admin_notification'] },
    ],
    [
      'PATCH /attack-protection/brute-force-protection',
      'shields',
      { shields: ['user_notification'] },
    ],
    ['PATCH /attack-protection/breached-password-detection', 'method', { method: 'enhanced' }],
    ['POST /emails/provider', 'name', { name: 'mailgun', credentials: { api_key: 'x' } }],
    ['POST /custom-domains', 'type', { domain: 'other.meadow.test', type: 'auth0_managed_certs' }],
    [
      'POST /client-grants',
      'default_for',
      { audience: 'urn:meadow', default_for: 'third_party_clients' },
    ],
    [
      'POST /email-templates',
      'enabled',
      {
        template: 'stolen_credentials',
        body: '',
        from: '',
        subject: '',
        syntax: 'liquid',
        enabled: true,
      },
    ],
    ...[
      ['resultUrl', 'https://meadow.test'],
      ['urlLifetimeInSeconds', 3600],
      ['includeEmailInRedirect', true],
    ].flatMap(([field, value]): [string, string, object][] =>
      ['user_invitation', 'mfa_oob_code', 'blocked_account', 'welcome_email'].map((template) => [
        'POST /email-templates',
        String(field),
        {
          template,
          body: '{{ url }} {{ code }}',
          from: null,
          subject: null,
          syntax: 'liquid',
          enabled: false,
          [String(field)]: value,
        },
      ]),
    ),
    [
      'PUT /prompts/login-id/partials',
      'login-id.form-content-start',
      { 'login-id': { 'form-content-start': '<p>Hello</p>' } },
    ],
    [
      'PUT /prompts/signup/partials',
      'signup.form-content',
      { signup: { 'form-content': '<p>Hello</p>' } },
    ],
  ])('%s %s', async (name, field, body) => {
    const [method = '', path = ''] = name.split(' ');
    const answer = await api.call(method, at(path), body);
    expect(answer.body).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      errorCode: 'invalid_body',
      message: expect.stringMatching(
        new RegExp(
          `^Payload validation error: 'must be .+, because (?!use |to |set |see ).+' on property ${field.replace(/[.[\]]/g, '\\$&')}\\.$`,
        ),
      ),
    });
  });
});

test('every refusable field is part of its body and has its reason in the reference', async () => {
  const document = (await api.app.inject({ url: '/docs/json' })).json();
  const withEffects = api.routes.filter((route) => Object.keys(route.effects).length > 0);
  expect(withEffects.length).toBeGreaterThan(20);
  for (const { method, url, effects } of withEffects) {
    const path = `/api/v2${url.replace(/:(\w+)/g, '{$1}')}`;
    const operation = JSON.stringify(document.paths[path][method.toLowerCase()].requestBody);
    for (const { because } of Object.values(effects)) expect(operation).toContain(because);
  }
});

test('a body from GET can be written back', async () => {
  const writable = (body: Record<string, unknown>, names: string[]) =>
    Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
  for (const [path, readOnly] of [
    ['/clients/:client', ['client_id', 'client_secret', 'global', 'signing_keys', 'tenant']],
    ['/connections/:store', ['id', 'name', 'strategy']],
    ['/resource-servers/:api', ['id', 'identifier', 'is_system', 'token_lifetime_for_web']],
    ['/organizations/:organization', ['id']],
    ['/tenants/settings', []],
    ['/prompts', []],
    ['/prompts/login/screen/login/rendering', ['tenant', 'prompt', 'screen']],
    ['/attack-protection/suspicious-ip-throttling', []],
    ['/attack-protection/breached-password-detection', []],
    ['/attack-protection/brute-force-protection', []],
  ] as const) {
    const { body } = await api.call('GET', at(path));
    const answer = await api.call('PATCH', at(path), writable(body, [...readOnly]));
    expect([path, answer.status, answer.body.message]).toEqual([
      path,
      path.startsWith('/resource-servers') ? 201 : 200,
      undefined,
    ]);
    expect((await api.call('GET', at(path))).body).toEqual(body);
  }
});

test('an ineffective value of an earlier version is hidden, and its object can be written back', async () => {
  const { database } = api;
  await database.execute(
    `update connections set options = options || '{"import_mode":true,"customScripts":{"login":"x"},"odd":1,"toString":1}'::jsonb,
      settings = '{"show_as_button":false}'::jsonb where id = $1`,
    [ids.store],
  );
  await database.execute(
    `update clients set settings = settings || '{"extra":{"sso_disabled":true,"organization_usage":"allow","addons":{"rms":{"url":"x"}}}}'::jsonb
      where id = $1`,
    [ids.client],
  );
  const store = (await api.call('GET', at('/connections/:store'))).body;
  expect(Object.keys(store.options)).toEqual(
    expect.not.arrayContaining(['import_mode', 'customScripts', 'odd', 'toString']),
  );
  expect(store).toMatchObject({ show_as_button: true });
  const client = (await api.call('GET', at('/clients/:client'))).body;
  expect(client).toMatchObject({ sso_disabled: false, organization_usage: 'allow' });
  expect(client).not.toHaveProperty('addons');
  const { options } = store;
  expect((await api.call('PATCH', at('/connections/:store'), { options })).status).toBe(200);
});
