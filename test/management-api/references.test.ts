import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { fieldsOf, put, type Schema } from './body-fields.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

// An object that a request names exists, or the request is refused with its name: a dangling reference would have no effect.
let api: ManagementFixture;
const ids: Record<string, string> = {};

const CLIENT = 'x'.repeat(32);
const CONNECTION = 'con_0000000000000000';
const ORGANIZATION = 'org_0000000000000000';
const USER = 'auth0|000000000000000000000000';
const ROLE = 'rol_0000000000000000';

beforeAll(async () => {
  api = await startManagementApi();
  const make = async (path: string, body: object) => {
    const answer = await api.call('POST', at(path), body);
    if (answer.status > 299) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  ids.client = (
    await make('/clients', {
      name: 'Meadow',
      organization_usage: 'allow',
      callbacks: ['https://meadow.test/back'],
      initiate_login_uri: 'https://meadow.test/login',
    })
  ).client_id;
  ids.store = (
    await make('/connections', {
      name: 'meadow',
      strategy: 'auth0',
      enabled_clients: [ids.client],
    })
  ).id;
  ids.codes = (await make('/connections', { name: 'codes', strategy: 'email' })).id;
  ids.api = (
    await make('/resource-servers', { identifier: 'urn:meadow', scopes: [{ value: 'a' }] })
  ).id;
  ids.organization = (
    await make('/organizations', {
      name: 'meadow',
      enabled_connections: [{ connection_id: ids.store }],
    })
  ).id;
  ids.role = (await make('/roles', { name: 'meadow' })).id;
  ids.user = (
    await make('/users', {
      connection: 'meadow',
      email: 'ada@meadow.test',
      password: 'a-Passw0rd-of-the-meadow!',
    })
  ).user_id;
  await make('/organizations/:organization/members', { members: [ids.user] });
});

const at = (path: string) =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? name));

type Reference = [
  route: string,
  field: string,
  value: unknown,
  status: 400 | 404,
  says: string,
  base?: () => object,
];

const permission = (more: object) => ({
  permissions: [{ permission_name: 'a', resource_server_identifier: 'urn:meadow', ...more }],
});
const invitation = () => ({
  client_id: ids.client,
  inviter: { name: 'Ada' },
  invitee: { email: 'grace@meadow.test' },
});
const aTicket = () => ({ user_id: ids.user });
const ofUser = (more: object) => ({
  user_id: String(ids.user).replace('auth0|', ''),
  provider: 'auth0',
  ...more,
});
const invited = () => ({
  recipients: ['grace@meadow.test'],
  connection: 'meadow',
  client_id: ids.client,
});
const secondary = () => ({ provider: 'auth0' });

const NO_CLIENT = 'The client does not exist';
const NO_CONNECTION = 'The connection does not exist';
const NO_ORGANIZATION = 'The organization does not exist';
const NO_USER = 'The user does not exist';
const NO_API = 'The resource server does not exist';

const REFERENCES: Reference[] = [
  [
    'PATCH /tenants/settings',
    'default_audience',
    'urn:gone',
    400,
    "'there is no API with the identifier urn:gone' on property default_audience",
  ],
  [
    'PATCH /tenants/settings',
    'default_directory',
    'gone',
    400,
    "'there is no database connection named gone' on property default_directory",
  ],
  [
    'PATCH /tenants/settings',
    'default_directory',
    'codes',
    400,
    "'there is no database connection named codes' on property default_directory",
  ],
  ...(
    [
      ['roles', ROLE, 'role'],
      ['organizations', ORGANIZATION, 'organization'],
      ['clients', CLIENT, 'application'],
    ] as const
  ).map(
    ([field, id, noun]): Reference => [
      'PUT /guardian/policies/rules',
      field,
      [id],
      400,
      `'there is no ${noun} with the id ${id}' on property ${field}`,
    ],
  ),
  ...['POST /clients', 'PATCH /clients/:client'].map(
    (route): Reference => [
      route,
      'default_organization.organization_id',
      ORGANIZATION,
      400,
      `'there is no organization with the id ${ORGANIZATION}' on property default_organization.organization_id`,
      () => ({ name: 'Field', default_organization: { flows: ['client_credentials'] } }),
    ],
  ),
  [
    'PATCH /clients/:client',
    'client_authentication_methods.private_key_jwt.credentials.*.id',
    'cred_0000000000000000',
    404,
    'Credential does not exist',
  ],
  [
    'POST /connections',
    'enabled_clients',
    [CLIENT],
    404,
    NO_CLIENT,
    () => ({ name: 'field', strategy: 'auth0' }),
  ],
  ['PATCH /connections/:store', 'enabled_clients', [CLIENT], 404, NO_CLIENT],
  [
    'PATCH /connections/:store/clients',
    '*.client_id',
    CLIENT,
    404,
    NO_CLIENT,
    () => [{ status: true }],
  ],
  ['POST /client-grants', 'client_id', CLIENT, 404, NO_CLIENT, () => ({ audience: 'urn:meadow' })],
  ['POST /client-grants', 'audience', 'urn:gone', 404, NO_API, () => ({ client_id: ids.client })],
  [
    'POST /organizations',
    'enabled_connections.*.connection_id',
    CONNECTION,
    404,
    'No connection found by that id',
    () => ({ name: 'field' }),
  ],
  ...['enabled_connections', 'connections'].map(
    (name): Reference => [
      `POST /organizations/:organization/${name}`,
      'connection_id',
      CONNECTION,
      404,
      'No connection found by that id',
    ],
  ),
  [
    'POST /organizations/:organization/client-grants',
    'grant_id',
    'cgr_0000000000000000',
    404,
    'The grant does not exist.',
  ],
  ['POST /organizations/:organization/members', 'members', [USER], 404, NO_USER],
  [
    'POST /organizations/:organization/members/:user/roles',
    'roles',
    [ROLE],
    404,
    'The role does not exist.',
  ],
  [
    'POST /organizations/:organization/invitations',
    'client_id',
    CLIENT,
    400,
    'The specified client_id does not exist.',
    invitation,
  ],
  [
    'POST /organizations/:organization/invitations',
    'connection_id',
    CONNECTION,
    400,
    'The specified connection does not exist.',
    invitation,
  ],
  [
    'POST /organizations/:organization/invitations',
    'roles',
    [ROLE],
    400,
    `One or more of the specified roles do not exist: ${ROLE}`,
    invitation,
  ],
  [
    'POST /users',
    'connection',
    'gone',
    400,
    'The connection does not exist.',
    () => ({ email: 'grace@meadow.test', password: 'a-Passw0rd-of-the-meadow!' }),
  ],
  [
    'PATCH /users/:user',
    'connection',
    'gone',
    400,
    'Connection does not exist.',
    () => ({ password: 'x' }),
  ],
  ['PATCH /users/:user', 'client_id', CLIENT, 400, NO_CLIENT, () => ({ nickname: 'Ada' })],
  ['POST /users/:user/roles', 'roles', [ROLE], 404, 'The role does not exist.'],
  ...['roles/:role', 'users/:user'].flatMap((holder): Reference[] => [
    [
      `POST /${holder}/permissions`,
      'permissions.*.resource_server_identifier',
      'urn:gone',
      404,
      NO_API,
      () => permission({}),
    ],
    [
      `POST /${holder}/permissions`,
      'permissions.*.permission_name',
      'gone',
      400,
      'gone',
      () => permission({}),
    ],
  ]),
  ['POST /roles/:role/users', 'users', [USER], 404, 'One or more of the users do not exist.'],
  [
    'POST /users/:user/identities',
    'user_id',
    USER,
    400,
    'Linking to an inexistent identity requires a connection.',
    secondary,
  ],
  [
    'POST /users/:user/identities',
    'connection_id',
    CONNECTION,
    400,
    'The provider/connection is not configured.',
    () => ({ ...secondary(), user_id: USER }),
  ],
  ['POST /tickets/password-change', 'user_id', USER, 404, NO_USER],
  [
    'POST /tickets/password-change',
    'connection_id',
    CONNECTION,
    400,
    `The connection with id ${CONNECTION} does not exist.`,
    () => ({ email: 'ada@meadow.test' }),
  ],
  ['POST /tickets/email-verification', 'user_id', USER, 404, NO_USER],
  ...['password-change', 'email-verification'].flatMap((kind): Reference[] => [
    [`POST /tickets/${kind}`, 'client_id', CLIENT, 400, NO_CLIENT, aTicket],
    [`POST /tickets/${kind}`, 'organization_id', ORGANIZATION, 400, NO_ORGANIZATION, aTicket],
    [
      `POST /tickets/${kind}`,
      'identity.user_id',
      'gone',
      400,
      'The user exists, but does not contain the given identity.',
      () => ({ ...aTicket(), identity: ofUser({}) }),
    ],
    [
      `POST /tickets/${kind}`,
      'identity.connection_id',
      CONNECTION,
      400,
      'Identity connection does not exist.',
      () => ({ ...aTicket(), identity: ofUser({}) }),
    ],
  ]),
  ['POST /jobs/verification-email', 'user_id', USER, 404, NO_USER],
  ['POST /jobs/verification-email', 'client_id', CLIENT, 400, NO_CLIENT, aTicket],
  ['POST /jobs/verification-email', 'organization_id', ORGANIZATION, 400, NO_ORGANIZATION, aTicket],
  [
    'POST /jobs/verification-email',
    'identity.user_id',
    'gone',
    400,
    'The user exists, but does not contain the given identity.',
    () => ({ ...aTicket(), identity: ofUser({}) }),
  ],
  [
    'POST /jobs/verification-email',
    'identity.connection_id',
    CONNECTION,
    400,
    'Identity connection does not exist.',
    () => ({ ...aTicket(), identity: ofUser({}) }),
  ],
  ['POST /jobs/users-exports', 'connection_id', CONNECTION, 400, NO_CONNECTION],
  ...['/invitations', '/jobs/password-change-tickets'].flatMap((path): Reference[] => [
    [
      `POST ${path}`,
      'connection_id',
      CONNECTION,
      400,
      NO_CONNECTION,
      () => ({ recipients: ['grace@meadow.test'] }),
    ],
    [
      `POST ${path}`,
      'connection',
      'gone',
      400,
      NO_CONNECTION,
      () => ({ recipients: ['grace@meadow.test'] }),
    ],
    [
      `POST ${path}`,
      'job_id',
      'job_0000000000000000',
      400,
      'The job does not exist or is not an import of users.',
    ],
    [`POST ${path}`, 'client_id', CLIENT, 400, NO_CLIENT, invited],
  ]),
  ['POST /invitations', 'roles', [ROLE], 400, `The role ${ROLE} does not exist.`, invited],
  [
    'POST /invitations',
    'organization_id',
    ORGANIZATION,
    400,
    `The organization ${ORGANIZATION} does not exist.`,
    invited,
  ],
  [
    'POST /invitations',
    'member_roles',
    [ROLE],
    400,
    `The role ${ROLE} does not exist.`,
    () => ({ ...invited(), organization_id: ids.organization }),
  ],
  ...['/invitations', '/organizations/:organization/invitations'].flatMap((path): Reference[] => {
    const base = path === '/invitations' ? invited : invitation;
    const of = (more: object) => () => ({ ...base(), ...permission(more) });
    return [
      [
        `POST ${path}`,
        'permissions.*.resource_server_identifier',
        'urn:gone',
        400,
        'The API urn:gone does not exist.',
        of({}),
      ],
      [
        `POST ${path}`,
        'permissions.*.permission_name',
        'gone',
        400,
        'The API urn:meadow has no permission gone.',
        of({}),
      ],
    ];
  }),
  ['POST /guardian/enrollments/ticket', 'user_id', USER, 404, NO_USER],
  [
    'POST /users/:user/revoke-access',
    'session_id',
    'session-that-is-gone',
    404,
    'The session does not exist.',
  ],
  ['POST /refresh-tokens/revoke', 'user_id', USER, 404, NO_USER],
  ['POST /refresh-tokens/revoke', 'client_id', CLIENT, 400, 'Client not found.'],
  [
    'PATCH /custom-domains/default',
    'domain',
    'gone.meadow.test',
    400,
    'The default domain must be a verified custom domain or the canonical domain.',
  ],
];

test.each(REFERENCES)('%s refuses %s = %j', async (route, field, value, status, says, base) => {
  const [method = '', path = ''] = route.split(' ');
  const answer = await api.call(method, at(path), put(base?.() ?? {}, field, value));
  expect([answer.status, answer.body?.message]).toEqual([status, expect.stringContaining(says)]);
});

/** Names of fields that refer to other objects. */
const REFERS =
  /(?:^|_)(?:ids?|audience|connection|directory|clients|roles|users|members|domain|organization|identifier)$|permission_name|link_with/;
/** Names that resemble references, with the reason why they are none. */
const NONE: Record<string, string> = {
  'POST /invitations existing_users': 'it says what happens to people who have an account',
  'POST /custom-domains domain': 'it is made here',
  'POST /users user_id': 'it is made here',
  'POST /resource-servers identifier': 'it is made here',
  'POST /jobs/users-imports external_id': 'it is the caller’s own',
  'POST /jobs/users-imports connection_id': 'a file comes with it: see test/imports',
  'POST /refresh-tokens/revoke ids': 'who has none has none afterwards',
  'POST /refresh-tokens/revoke audience': 'it is never taken',
  'POST /users/:id/identities link_with': 'it is a token: see test/users',
  'POST /users/:id/authentication-methods key_id': 'it is made here',
  'POST /users/:id/authentication-methods relying_party_identifier':
    'it is the domain of the server',
  'POST /custom-domains relying_party_identifier': 'it is the domain or its parent',
  'PATCH /custom-domains/:id relying_party_identifier': 'it is the domain or its parent',
  'POST /jobs/users-imports users': 'it is the file',
  'POST /client-grants allow_any_organization': 'it is yes or no',
  'PATCH /client-grants/:id allow_any_organization': 'it is yes or no',
};

test('every field with a reference is refused if its target does not exist', () => {
  const tried = REFERENCES.map(([route, field]) => `${routeOf(route)} ${field}`);
  const untried = api.routes
    .filter(({ method, body }) => body && ['POST', 'PUT', 'PATCH'].includes(method))
    .flatMap(({ method, url, body }) =>
      fieldsOf(body as Schema)
        .filter(({ schema }) => !schema['x-effect'])
        .map(({ path }) => ({ name: path.split('.').findLast((part) => part !== '*'), path }))
        .filter(({ name }) => REFERS.test(name ?? ''))
        .map(({ path }) => `${method} ${url} ${path}`),
    )
    .filter((candidate) => !tried.includes(candidate) && NONE[candidate] === undefined);
  expect(untried).toEqual([]);
});

function routeOf(name: string): string {
  const [method = '', path = ''] = name.split(' ');
  const route = api.routes.find(
    (candidate) =>
      candidate.method === method &&
      new RegExp(`^${candidate.url.replace(/:\w+/g, '[^/]+')}$`).test(path),
  );
  return `${method} ${route?.url}`;
}

describe('a setting that refers to another object', () => {
  const settings = async () => (await api.call('GET', '/tenants/settings')).body;

  test('disappears with the default audience', async () => {
    const made = await api.call('POST', '/resource-servers', { identifier: 'urn:default' });
    const set = await api.call('PATCH', '/tenants/settings', { default_audience: 'urn:default' });
    expect([set.status, set.body.default_audience]).toEqual([200, 'urn:default']);
    await api.call('DELETE', `/resource-servers/${made.body.id}`);
    expect(await settings()).not.toHaveProperty('default_audience');
  });

  test('disappears with the default directory', async () => {
    const made = await api.call('POST', '/connections', { name: 'default', strategy: 'auth0' });
    const set = await api.call('PATCH', '/tenants/settings', { default_directory: 'default' });
    expect([set.status, set.body.default_directory]).toEqual([200, 'default']);
    await api.call('DELETE', `/connections/${made.body.id}`);
    expect(await settings()).not.toHaveProperty('default_directory');
    // Another of the same name is another.
    await api.call('POST', '/connections', { name: 'default', strategy: 'auth0' });
    expect(await settings()).not.toHaveProperty('default_directory');
  });

  test('survives other deletions', async () => {
    const other = await api.call('POST', '/resource-servers', { identifier: 'urn:other' });
    await api.call('PATCH', '/tenants/settings', {
      default_audience: 'urn:meadow',
      default_directory: 'meadow',
    });
    await api.call('DELETE', `/resource-servers/${other.body.id}`);
    expect(await settings()).toMatchObject({
      default_audience: 'urn:meadow',
      default_directory: 'meadow',
    });
    await api.call('PATCH', '/tenants/settings', { default_audience: '', default_directory: '' });
  });

  test('disappears with the default organization of applications', async () => {
    const { id } = (await api.call('POST', '/organizations', { name: 'default' })).body;
    const chosen = { organization_id: id, flows: ['client_credentials'] };
    const { client_id, ...made } = (
      await api.call('POST', '/clients', { name: 'Default', default_organization: chosen })
    ).body;
    expect(made.default_organization).toEqual(chosen);
    await api.call('DELETE', `/organizations/${id}`);
    const now = (await api.call('GET', `/clients/${client_id}`)).body;
    expect(now).not.toHaveProperty('default_organization');
    // An earlier export with the reference can't be written back.
    const again = await api.call('PATCH', `/clients/${client_id}`, {
      default_organization: chosen,
    });
    expect(again.status).toBe(400);
  });

  test('is removed from objects of an earlier version', async () => {
    const MIGRATION = '0038-settings-that-refer-to-nothing.sql';
    const { db } = api.database;
    const { client_id } = (await api.call('POST', '/clients', { name: 'Stale' })).body;
    const chosen = JSON.stringify({ organization_id: ORGANIZATION, flows: [] });
    const stale = JSON.stringify({ defaultAudience: 'urn:gone', defaultDirectory: 'gone' });
    await sql`update clients set settings = jsonb_set(settings, '{extra,default_organization}', ${chosen}::jsonb)
      where id = ${client_id}`.execute(db);
    await sql`update settings set value = value || ${stale}::jsonb where key = 'tenant'`.execute(
      db,
    );
    expect(await settings()).toMatchObject({ default_audience: 'urn:gone' });
    await api.database.execute(`delete from migrations where name = '${MIGRATION}'`);
    expect(await api.database.migrate()).toEqual([MIGRATION]);
    expect(await settings()).not.toHaveProperty('default_audience');
    expect(await settings()).not.toHaveProperty('default_directory');
    const client = (await api.call('GET', `/clients/${client_id}`)).body;
    expect(client).not.toHaveProperty('default_organization');
  });
});
