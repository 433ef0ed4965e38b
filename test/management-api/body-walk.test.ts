import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { markDomainVerified } from '../../src/records/custom-domains/custom-domains.ts';
import { savePayload } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { THEME } from '../tools/configured-tenant.ts';
import {
  type Field,
  fieldsOf,
  get,
  openObjects,
  put,
  refusedValuesOf,
  type Schema,
  valuesOf,
} from './body-fields.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

// A legal value of every field of every body is read back as it was written, or refused with 400 and the field's name.
type Answer = Record<string, string>;
type Walk = {
  /** Address of the object, or a function that derives it from the answer. `null` if the answer is the object. */
  read: string | ((answer: Answer) => string) | null;
  /** Creates or removes something before each request. */
  before?: () => Promise<void>;
  /** Other fields that the body needs. */
  base?: () => object;
  /** Companions of fields with this prefix. */
  with?: Record<string, () => object>;
  /** Values with a meaning here. */
  values?: Record<string, () => unknown[]>;
  /** Where the read object has the field, if elsewhere, and its value there. */
  shown?: Record<string, (read: never, value: unknown) => [found: unknown, wanted: unknown]>;
  /** Fields that have an effect or are stored without being shown. */
  unread?: string[];
};

let api: ManagementFixture;
const ids: Record<string, string> = {};
const newest: Record<string, string | undefined> = {};
let made = 0;
const fresh = () => `walk${made++}`;
const pem = () =>
  String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      type: 'spki',
      format: 'pem',
    }),
  );

const make = async (path: string, body: object): Promise<Answer> => {
  const answer = await api.call('POST', at(path), body);
  if (answer.status > 299) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const at = (path: string) =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? name));

beforeAll(async () => {
  api = await startManagementApi();
  ids.client = (await make('/clients', { name: 'Walk', app_type: 'regular_web' })).client_id ?? '';
  ids.credential =
    (await make('/clients/:client/credentials', { credential_type: 'public_key', pem: pem() }))
      .id ?? '';
  ids.store = (await make('/connections', { name: 'walk-store', strategy: 'auth0' })).id ?? '';
  ids.names =
    (
      await make('/connections', {
        name: 'walk-names',
        enabled_clients: [ids.client],
        strategy: 'auth0',
        options: {
          attributes: {
            email: { identifier: { active: true } },
            username: { identifier: { active: true } },
            phone_number: { identifier: { active: true } },
          },
        },
      })
    ).id ?? '';
  ids.api =
    (await make('/resource-servers', { identifier: 'urn:walk', scopes: [{ value: 'a:b' }] })).id ??
    '';
  ids.grant =
    (await make('/client-grants', { client_id: ids.client, audience: 'urn:walk', scope: [] })).id ??
    '';
  ids.role = (await make('/roles', { name: 'walk' })).id ?? '';
  ids.action =
    (await make('/actions/actions', { name: 'walk', supported_triggers: [TRIGGER] })).id ?? '';
  ids.rule = (await make('/rules', { name: 'walk', script: RULE })).id ?? '';
  ids.hook =
    (await make('/hooks', { name: 'walk', script: HOOK, triggerId: 'post-change-password' })).id ??
    '';
  ids.organization =
    (
      await make('/organizations', {
        name: 'walk',
        enabled_connections: [{ connection_id: ids.store }],
      })
    ).id ?? '';
  ids.user = (await aUser()).user_id ?? '';
  ids.method =
    (
      await make('/users/:user/authentication-methods', {
        type: 'phone',
        phone_number: '+491701234567',
      })
    ).id ?? '';
  ids.domain =
    (await make('/custom-domains', { domain: 'walk.example.test', type: 'self_managed_certs' }))
      .custom_domain_id ?? '';
  const verified = await make('/custom-domains', {
    domain: 'default.example.test',
    type: 'self_managed_certs',
  });
  await markDomainVerified(api.database.db, verified.custom_domain_id ?? '', new Date());
  await signIn();
  ids.theme = (await make('/branding/themes', THEME)).themeId ?? '';
  await make('/emails/provider', { name: 'smtp', credentials: { smtp_host: 'mail.example.test' } });
});

/** A session of the user, and a refresh token that was issued in it. */
async function signIn(): Promise<void> {
  const { db } = api.database;
  const now = new Date();
  const common = {
    accountId: ids.user ?? null,
    clientId: ids.client ?? null,
    grantId: 'walk-grant',
    device: { ip: '192.0.2.1', userAgent: 'Walk' },
    expiresAt: new Date(now.getTime() + 3_600_000),
    now,
  };
  for (const [model, list, key] of [
    ['Session', 'sessions', 'session'],
    ['RefreshToken', 'refresh-tokens', 'token'],
  ] as const) {
    const payload = { accountId: ids.user, loginTs: Math.floor(now.getTime() / 1000) };
    const id = `walk-${key}`;
    await savePayload(db, api.keys.encryption, { ...common, model, id, uid: id, payload });
    const { body } = await api.call('GET', at(`/users/:user/${list}`));
    ids[key] = (body.sessions ?? body.tokens)[0].id;
  }
}

const aUser = () =>
  make('/users', {
    connection: 'walk-names',
    email: `${fresh()}@example.test`,
    password: 'a-Passw0rd-of-the-walk!',
  });

const REFRESH = { rotation_type: 'rotating', expiration_type: 'expiring' };
const client: Omit<Walk, 'read'> = {
  with: {
    refresh_token: () => ({ refresh_token: REFRESH }),
    'client_authentication_methods.private_key_jwt': () => ({
      client_authentication_methods: {
        private_key_jwt: { credentials: [{ credential_type: 'public_key', pem: pem() }] },
      },
    }),
    default_organization: () => ({
      default_organization: { organization_id: ids.organization, flows: ['client_credentials'] },
    }),
  },
  // The keys themselves are read at /credentials.
  unread: ['client_authentication_methods', 'client_secret'],
  values: {
    'client_authentication_methods.private_key_jwt.credentials.*.pem': () => [pem()],
    'refresh_token.infinite_token_lifetime': () => [false],
    'refresh_token.infinite_idle_token_lifetime': () => [false],
    default_organization: () => [
      { organization_id: ids.organization, flows: ['client_credentials'] },
    ],
    'default_organization.organization_id': () => [ids.organization],
  },
};
const TEMPLATE = { body: null, from: null, subject: null, syntax: 'liquid', enabled: false };
let phones = 0;
const phone = () => `+4917012345${String(10 + phones++)}`;
const person = {
  email: () => [`${fresh()}@example.test`],
  username: () => [`name${fresh()}`],
  phone_number: () => [phone()],
  password: () => ['another-Passw0rd-of-the-walk!'],
};
const COLORS = {
  'branding.colors': () => ({
    branding: { colors: { primary: '#111111', page_background: '#222222' } },
  }),
};
const ACTIVE = { identifier: { active: true } };
const connection: Omit<Walk, 'read'> = {
  with: {
    'options.password_history': () => ({ options: { password_history: { enable: true } } }),
    'options.validation': () => ({ options: { validation: { username: { min: 2, max: 9 } } } }),
    'options.attributes': () => ({
      options: {
        attributes: {
          email: ACTIVE,
          username: { ...ACTIVE, validation: { min_length: 2, max_length: 9 } },
        },
      },
    }),
  },
  values: {
    enabled_clients: () => [[ids.client]],
    'options.validation.username.min': () => [3],
    'options.validation.username.max': () => [8],
  },
};
const TRIGGER = { id: 'post-login', version: 'v3' };
const PROGRAM = 'exports.onExecutePostLogin = async () => {};';
const action: Omit<Walk, 'read'> = {
  with: {
    supported_triggers: () => ({ supported_triggers: [TRIGGER] }),
    dependencies: () => ({ dependencies: [{ name: 'lodash', version: '4.17.21' }] }),
    secrets: () => ({ secrets: [{ name: 'KEY', value: 'of-the-walk' }] }),
  },
  values: {
    name: () => [fresh()],
    code: () => [PROGRAM],
    'supported_triggers.*.id': () => ['post-login'],
    'supported_triggers.*.version': () => ['v2', 'v3'],
    'dependencies.*.name': () => ['axios'],
    'dependencies.*.version': () => ['1.2.3'],
    'secrets.*.name': () => ['OTHER'],
  },
  unread: ['secrets', 'modules', 'deploy', 'supported_triggers.*.binding_policy'],
};
const RULE = 'function (user, context, callback) { callback(null, user, context); }';
const HOOK = 'module.exports = function (user, context, cb) { cb(); };';
const hookValues = {
  name: () => [fresh()],
  script: () => [HOOK],
  dependencies: () => [{}, { uuid: '9' }],
};
const ruleValues = {
  name: () => [fresh()],
  script: () => [RULE],
  order: () => [1000 + made++],
};
const WALKS: Record<string, Walk> = {
  'POST /actions/actions': {
    ...action,
    read: (answer) => `/actions/actions/${answer.id}`,
    base: () => ({ name: fresh(), supported_triggers: [TRIGGER] }),
  },
  'PATCH /actions/actions/:action': { ...action, read: '/actions/actions/:action' },
  'POST /rules': {
    read: (answer) => `/rules/${answer.id}`,
    base: () => ({ name: fresh(), script: RULE }),
    values: ruleValues,
  },
  'PATCH /rules/:rule': { read: '/rules/:rule', values: ruleValues },
  'POST /hooks': {
    read: (answer) => `/hooks/${answer.id}`,
    base: () => ({ name: fresh(), script: HOOK, triggerId: 'post-change-password' }),
    values: hookValues,
  },
  'PATCH /hooks/:hook': { read: '/hooks/:hook', values: hookValues },
  'POST /clients': {
    ...client,
    read: (answer) => `/clients/${answer.client_id}`,
    base: () => ({ name: 'Walked' }),
  },
  'PATCH /clients/:client': {
    ...client,
    with: { ...client.with, 'client_authentication_methods.private_key_jwt': () => ({}) },
    values: {
      ...client.values,
      'client_authentication_methods.private_key_jwt.credentials.*.id': () => [ids.credential],
    },
    read: '/clients/:client',
  },
  'POST /clients/:client/credentials': {
    read: (answer) => `/clients/:client/credentials/${answer.id}`,
    base: () => ({ credential_type: 'public_key', pem: pem() }),
    values: { pem: () => [pem()], kid: () => [`a-key-id-${fresh()}`] },
    unread: ['pem', 'parse_expiry_from_cert'],
  },
  'PATCH /clients/:client/credentials/:credential': {
    read: '/clients/:client/credentials/:credential',
  },
  'POST /connections': {
    read: (answer) => `/connections/${answer.id}`,
    ...connection,
    base: () => ({ name: `walk-${fresh()}`, strategy: 'auth0' }),
    values: {
      ...connection.values,
      name: () => [`walk-${fresh()}`],
      // Providers need options: test/connections/provider-connections.test.ts.
      strategy: () => ['auth0', 'email', 'sms'],
      realms: () => [[`realm-${fresh()}`]],
    },
  },
  'PATCH /connections/:store': {
    ...connection,
    read: '/connections/:store',
    values: { ...connection.values, realms: () => [[`realm-${fresh()}`]] },
  },
  'POST /client-grants': {
    read: (answer) => `/client-grants/${answer.id}`,
    base: () => ({ client_id: newest.client, audience: newest.api, scope: [] }),
    before: async () => {
      newest.client = (await make('/clients', { name: 'Newest' })).client_id;
      newest.api = (
        await make('/resource-servers', {
          identifier: `urn:${fresh()}`,
          scopes: [{ value: 'a:b' }],
        })
      ).identifier;
    },
    values: {
      client_id: () => [newest.client],
      audience: () => [newest.api],
      scope: () => [['a:b']],
    },
  },
  'PATCH /client-grants/:grant': {
    read: '/client-grants/:grant',
    values: { scope: () => [['a:b']] },
  },
  'POST /resource-servers': {
    read: (answer) => `/resource-servers/${answer.id}`,
    base: () => ({ identifier: `urn:${fresh()}`, scopes: [{ value: 'a:b' }] }),
    values: { identifier: () => [`urn:${fresh()}`] },
  },
  'PATCH /resource-servers/:api': {
    read: '/resource-servers/:api',
    with: { scopes: () => ({ scopes: [{ value: 'a:b' }] }) },
  },
  'POST /roles': { read: (answer) => `/roles/${answer.id}`, base: () => ({ name: fresh() }) },
  'PATCH /roles/:role': { read: '/roles/:role', values: { name: () => [fresh()] } },
  'POST /organizations': {
    read: (answer) => `/organizations/${answer.id}`,
    base: () => ({ name: fresh() }),
    with: {
      ...COLORS,
      enabled_connections: () => ({ enabled_connections: [{ connection_id: ids.store }] }),
    },
    values: {
      name: () => [fresh()],
      'enabled_connections.*.connection_id': () => [ids.store],
    },
    // They have an address of their own.
    unread: ['enabled_connections'],
  },
  'PATCH /organizations/:organization': { read: '/organizations/:organization', with: COLORS },
  'PATCH /organizations/:organization/enabled_connections/:store': {
    read: '/organizations/:organization/enabled_connections/:store',
  },
  'PATCH /organizations/:organization/connections/:store': {
    read: '/organizations/:organization/connections/:store',
  },
  'POST /email-templates': {
    read: (answer) => `/email-templates/${answer.template}`,
    base: () => ({ ...TEMPLATE, template: 'verify_email' }),
    before: async () => {
      await sql`delete from email_templates`.execute(api.database.db);
    },
  },
  'PUT /email-templates/verify_email': {
    read: '/email-templates/verify_email',
    base: () => ({ ...TEMPLATE, template: 'verify_email' }),
  },
  'PATCH /email-templates/verify_email': { read: '/email-templates/verify_email' },
  'PATCH /emails/provider': {
    read: '/emails/provider?fields=name,enabled,default_from_address,credentials',
  },
  'PATCH /tenants/settings': {
    read: '/tenants/settings',
    // Auth0's own migration tool rejects servers that show these.
    unread: [
      'flags.disable_impersonation',
      'flags.allow_changing_enable_sso',
      'flags.remove_alg_from_jwks',
      'flags.genai_trial',
      'flags.custom_domains_provisioning',
      'error_page.show_log_link',
    ],
    // Hours are shown.
    shown: Object.fromEntries(
      [
        'session_lifetime',
        'idle_session_lifetime',
        'ephemeral_session_lifetime',
        'idle_ephemeral_session_lifetime',
      ].map((name) => [
        `${name}_in_minutes`,
        (read: Record<string, number>, value: unknown) => [(read[name] ?? 0) * 60, value],
      ]),
    ),
  },
  'PATCH /branding': { read: '/branding' },
  'PATCH /branding/themes/:theme': { read: '/branding/themes/:theme', base: () => THEME },
  'PATCH /prompts': { read: '/prompts' },
  'PATCH /prompts/login/screen/login/rendering': { read: '/prompts/login/screen/login/rendering' },
  'PATCH /prompts/rendering': {
    read: (answer) => {
      const [{ prompt, screen }] = answer.configs as never as [Answer];
      return `/prompts/${prompt}/screen/${screen}/rendering`;
    },
    base: () => ({ configs: [{ prompt: 'login', screen: 'login' }] }),
    values: { 'configs.*.prompt': () => ['signup'], 'configs.*.screen': () => ['signup'] },
    shown: Object.fromEntries(
      [
        'prompt',
        'screen',
        'rendering_mode',
        'context_configuration',
        'default_head_tags_disabled',
        'use_page_template',
        'head_tags',
      ].map((name) => [
        `configs.*.${name}`,
        (read: Record<string, unknown>, value: unknown) => [read[name], value],
      ]),
    ),
  },
  'PATCH /risk-assessments/settings': { read: '/risk-assessments/settings' },
  'PATCH /risk-assessments/settings/new-device': { read: '/risk-assessments/settings/new-device' },
  'PATCH /supplemental-signals': { read: '/supplemental-signals' },
  'POST /custom-domains': {
    read: (answer) => `/custom-domains/${answer.custom_domain_id}`,
    base: () => ({ domain: `${fresh()}.example.test`, type: 'self_managed_certs' }),
    values: { domain: () => [`${fresh()}.example.test`] },
    shown: {
      verification_method: (read: { verification: { methods: { name: string }[] } }, value) => [
        read.verification.methods[0]?.name,
        value,
      ],
    },
  },
  'PATCH /custom-domains/:domain': { read: '/custom-domains/:domain' },
  'PATCH /custom-domains/default': {
    read: '/custom-domains/default',
    values: { domain: () => ['default.example.test', 'id.test'] },
  },
  'PATCH /sessions/:session': { read: '/sessions/:session' },
  'PATCH /refresh-tokens/:token': { read: '/refresh-tokens/:token' },
  'POST /users': {
    read: (answer) => `/users/${encodeURIComponent(answer.user_id ?? '')}`,
    base: () => ({
      connection: 'walk-names',
      email: `${fresh()}@example.test`,
      password: 'a-Passw0rd-of-the-walk!',
    }),
    values: { ...person, connection: () => ['walk-names'] },
    shown: { user_id: (read: { user_id: string }, value) => [read.user_id, `auth0|${value}`] },
    unread: ['password', 'verify_email', 'connection'],
  },
  'PATCH /users/:user': {
    read: '/users/:user',
    values: { ...person, connection: () => ['walk-names'], client_id: () => [ids.client] },
    unread: ['password', 'verify_', 'connection', 'client_id'],
  },
  'PUT /guardian/factors/phone/message-types': { read: '/guardian/factors/phone/message-types' },
  'PUT /guardian/factors/phone/selected-provider': {
    read: '/guardian/factors/phone/selected-provider',
  },
  'PUT /guardian/factors/phone/templates': {
    read: '/guardian/factors/phone/templates',
    base: () => ({ enrollment_message: '{{code}} a', verification_message: '{{code}} b' }),
    values: {
      enrollment_message: () => ['{{code}} one'],
      verification_message: () => ['{{code}} two'],
    },
  },
  'PUT /guardian/factors/phone/providers/twilio': {
    read: '/guardian/factors/phone/providers/twilio',
    unread: ['auth_token'],
  },
  'PUT /guardian/factors/sms/selected-provider': {
    read: '/guardian/factors/sms/selected-provider',
  },
  'PUT /guardian/factors/sms/templates': {
    read: '/guardian/factors/sms/templates',
    base: () => ({ enrollment_message: '{{code}} a', verification_message: '{{code}} b' }),
    values: {
      enrollment_message: () => ['{{code}} one'],
      verification_message: () => ['{{code}} two'],
    },
  },
  'PUT /guardian/factors/sms/providers/twilio': {
    read: '/guardian/factors/sms/providers/twilio',
    unread: ['auth_token'],
  },
  'PUT /guardian/policies': { read: '/guardian/policies' },
  'PUT /guardian/policies/rules': {
    read: '/guardian/policies/rules',
    values: {
      roles: () => [[ids.role]],
      'roles.*': () => [ids.role],
      organizations: () => [[ids.organization]],
      'organizations.*': () => [ids.organization],
      clients: () => [[ids.client]],
      'clients.*': () => [ids.client],
    },
  },
  'POST /users/:user/authentication-methods': {
    read: null,
    base: () => ({ type: 'phone', phone_number: phone() }),
    // Numbers are masked.
    unread: ['phone_number'],
  },
  'PUT /users/:user/authentication-methods': {
    read: null,
    base: () => [{ type: 'phone', phone_number: phone() }],
    unread: ['*.phone_number'],
  },
  'PATCH /attack-protection/brute-force-protection': {
    read: '/attack-protection/brute-force-protection',
  },
  'PATCH /attack-protection/suspicious-ip-throttling': {
    read: '/attack-protection/suspicious-ip-throttling',
  },
  'PATCH /attack-protection/breached-password-detection': {
    read: '/attack-protection/breached-password-detection',
  },
  'PATCH /attack-protection/text-messages': {
    read: '/attack-protection/text-messages',
    with: { countries: () => ({ countries: { mode: 'allow', list: ['DE'] } }) },
    values: {
      countries: () => [{ mode: 'deny', list: ['FR'] }, null],
      'countries.list': () => [['AT', 'CH']],
      'countries.list.*': () => ['LU'],
      per_number: () => [11],
      per_address: () => [51],
      per_country: () => [501],
      total: () => [1001],
    },
  },
};

function routeOf(name: string) {
  const [method = '', path = ''] = name.split(' ');
  const fits = ({ url }: { url: string }) =>
    new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`).test(path);
  const routes = api.routes.filter((candidate) => candidate.method === method);
  const route = routes.find((candidate) => candidate.url === path) ?? routes.find(fits);
  return route && { route, name: `${method} ${route.url}` };
}

/** Bodies of actions, of lists that belong together and of free-form objects, and bodies whose feature cannot be enabled. */
const NOT_SETTINGS = [
  /\/(?:jobs|tickets|invitations|revoke|revoke-access|preview|test|ticket)(?:\/|$)/,
  /\/(?:permissions|members|clients|identities)$/,
  /\/(?:bindings|secrets|deploy|scripts\/try|migration\/finish)$|rules-configs/,
  /\/users$|\/users\/:id\/roles$|:user_id\/roles$|\/client-grants$/,
  /custom-text|partials|universal-login/,
  /duo\/settings|push-notification|factors\/:name$|bot-detection|captcha|phone-provider/,
  /POST \/emails\/provider|POST \/branding\/themes|POST \/organizations\/:id\/(?:enabled_)?connections|authentication_method_id/,
];

const isEmpty = (value: unknown) =>
  value === '' || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);

/** Walks over one route and returns the errors, field by field. */
async function walk(name: string, { read, base, ...how }: Walk): Promise<string[]> {
  const [method = '', path = ''] = name.split(' ');
  const route = routeOf(name)?.route;
  if (!route?.body) return [`${name}: there is no such route`];
  const wrong: string[] = [];
  for (const field of fieldsOf(route.body as Schema)) {
    for (const value of refusedValuesOf(field.schema)) {
      wrong.push(...(await sent(field, value, false)));
    }
    await how.before?.();
    for (const value of how.values?.[field.path]?.() ?? valuesOf(field.schema)) {
      wrong.push(...(await sent(field, value, true)));
    }
  }
  return wrong;

  async function sent(field: Field, value: unknown, legal: boolean): Promise<string[]> {
    const found = await answered(field, value, legal);
    await how.before?.();
    return found;
  }

  async function answered(field: Field, value: unknown, legal: boolean): Promise<string[]> {
    const needed = Object.entries(how.with ?? {})
      .filter(([start]) => field.path.startsWith(start))
      .map(([, more]) => more());
    const start = base?.() ?? {};
    const whole = Array.isArray(start) ? start : Object.assign({}, start, ...needed);
    const body = put(whole, field.path, value);
    const answer = await api.call(method, at(path), body);
    const about = `${name} ${field.path} = ${JSON.stringify(value)}: `;
    const last = field.path.split('.').findLast((part) => part !== '*') ?? '';
    if (answer.status >= 400) {
      const isNamed =
        answer.status === 400 && answer.body.message.toLowerCase().includes(last.toLowerCase());
      return isNamed ? [] : [`${about}${answer.status} ${answer.body.message}`];
    }
    if (!legal) return [`${about}taken, and has no effect`];
    // A disabled feature without settings need not appear.
    const saysNothing = value === null || (isEmpty(value) && field.schema['x-effect']);
    if (how.unread?.some((start) => field.path.startsWith(start)) || saysNothing) return [];
    const where = typeof read === 'function' ? read(answer.body) : read;
    const now = where === null ? answer.body : (await api.call('GET', at(where))).body;
    const show = how.shown?.[field.path];
    const [found, wanted] = show ? show(now as never, value) : [get(now, field.path), value];
    try {
      expect(found).toEqual(wanted);
      return [];
    } catch {
      return [`${about}read back as ${JSON.stringify(found)}`];
    }
  }
}

test.each(Object.entries(WALKS))('%s loses nothing', async (name, how) => {
  expect(await walk(name, how)).toEqual([]);
});

test('a message names the kind of a taken name', async () => {
  const names = { username: `name${fresh()}`, phone_number: phone(), email: `${fresh()}@b.test` };
  const other = await aUser();
  for (const [name, value] of Object.entries(names)) {
    const answer = await aUser();
    await api.call('PATCH', `/users/${answer.user_id}`, { [name]: value });
    const { status, body } = await api.call('PATCH', `/users/${other.user_id}`, { [name]: value });
    const kind = name.replace('_', ' ');
    expect([status, body.errorCode, body.message]).toEqual([
      400,
      'auth0_idp_error',
      `The specified new ${kind} already exists`,
    ]);
  }
});

test('no body has an object that accepts undeclared fields', () => {
  const open = api.routes.flatMap(({ method, url, body }) =>
    openObjects((body ?? {}) as Schema).map((where) => `${method} ${url} ${where}`),
  );
  // Options are checked by the strategy; an upload is not JSON.
  expect(open).toEqual([
    'POST /connections /options/',
    'PATCH /connections/:id /options/',
    'POST /jobs/users-imports /',
  ]);
});

test('every number of a body has a minimum and a maximum', () => {
  const unbounded = api.routes.flatMap(({ method, url, body }) =>
    fieldsOf((body ?? {}) as Schema)
      .filter(({ schema }) => !schema['x-effect'] && isUnbounded(schema))
      .map(({ path }) => `${method} ${url} ${path}`),
  );
  // The only legal value there is 0.
  expect(unbounded).toEqual(['PATCH /risk-assessments/settings/new-device remember_for']);
});

function isUnbounded({ type, minimum, maximum, anyOf = [] }: Schema): boolean {
  const types = [type].flat();
  // An id may be written as a number, since nobody calculates with it.
  const isNumber =
    !types.includes('string') &&
    types.some((candidate) => candidate === 'integer' || candidate === 'number');
  if (isNumber && (minimum === undefined || maximum === undefined)) return true;
  return anyOf.some((candidate) => fieldsOf(candidate).some(({ schema }) => isUnbounded(schema)));
}

test('the walk covers every route with settings', () => {
  const walked = Object.keys(WALKS).map((name) => routeOf(name)?.name);
  const others = api.routes
    .filter((route) => route.body && ['POST', 'PUT', 'PATCH'].includes(route.method))
    .map(({ method, url }) => `${method} ${url}`)
    .filter((name) => !walked.includes(name) && !NOT_SETTINGS.some((regExp) => regExp.test(name)));
  expect(others).toEqual([]);
});
