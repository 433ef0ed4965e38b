import { beforeAll, expect, test } from 'vitest';
import { type Answer, type ManagementFixture, startManagementApi } from './fixture.ts';

// Every parameter of every query has a visible effect, or is refused with 400 and its name.
let api: ManagementFixture;
const ids: Record<string, string> = {};
type Parameter = { name: string; required: boolean; schema: Record<string, unknown> };
type Operation = { method: string; url: string; parameters: Parameter[] };
let operations: Operation[] = [];
const made = (answer: Answer) => {
  if (answer.status > 299) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};
const make = async (path: string, body: object) => made(await api.call('POST', at(path), body));
const at = (path: string) =>
  path
    .replace(/[:{](\w+)\}?/g, (whole, name: string) =>
      ids[name] === undefined ? whole : encodeURIComponent(ids[name]),
    )
    .replace(/[{}]/g, '');
const get = (path: string) => api.call('GET', at(path));
const read = async (path: string) => {
  const { status, body } = await get(path);
  expect([path, status, body?.message]).toEqual([path, 200, undefined]);
  return body;
};

beforeAll(async () => {
  api = await startManagementApi();
  const { paths } = (await api.app.inject({ url: '/docs/json' })).json();
  operations = Object.entries<Record<string, { parameters?: (Parameter & { in: string })[] }>>(
    paths,
  )
    .filter(([path]) => path.startsWith('/api/v2'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [] }]) => ({
        method: method.toUpperCase(),
        url: path.slice('/api/v2'.length),
        parameters: parameters.filter((parameter) => parameter.in === 'query'),
      })),
    );
  const stores = [];
  for (const name of ['walk-a', 'walk-b', 'walk-c']) {
    stores.push(await make('/connections', { name, strategy: 'auth0' }));
  }
  ids.store = stores[0].id;
  const clients = [];
  for (const app_type of ['regular_web', 'spa', 'native']) {
    clients.push(await make('/clients', { name: `Walk ${app_type}`, app_type }));
  }
  ids.client = clients[0].client_id;
  const enabled = clients.map(({ client_id }) => ({ client_id, status: true }));
  for (const { id } of stores) {
    await api.call('PATCH', `/connections/${id}/clients`, enabled);
  }
  const permissions = [];
  for (const name of ['a', 'b', 'c']) {
    const identifier = `urn:walk:${name}`;
    await make('/resource-servers', { identifier, scopes: [{ value: 'x' }, { value: 'y' }] });
    await make('/client-grants', { client_id: ids.client, audience: identifier, scope: [] });
    permissions.push({ resource_server_identifier: identifier, permission_name: 'x' });
  }
  permissions.push({ resource_server_identifier: 'urn:walk:a', permission_name: 'y' });
  const users = [];
  for (const name of ['ada', 'bea', 'cyd']) {
    const user = {
      connection: 'walk-a',
      email: `${name}@walk.test`,
      password: 'a-Passw0rd-walks!',
    };
    users.push((await make('/users', user)).user_id);
  }
  ids.user = users[0];
  const roles = [];
  for (const name of ['walk-x', 'walk-y', 'walk-z'])
    roles.push((await make('/roles', { name })).id);
  ids.role = roles[0];
  await make('/roles/:role/users', { users });
  await make('/roles/:role/permissions', { permissions });
  await make('/users/:user/roles', { roles });
  await make('/users/:user/permissions', { permissions });
  for (const name of ['walk-o', 'walk-p', 'walk-q']) {
    const { id } = await make('/organizations', { name });
    await make(`/organizations/${id}/members`, { members: [ids.user] });
    ids.organization = id;
  }
  await make('/organizations/:organization/members', { members: users });
  await make('/organizations/:organization/members/:user/roles', { roles });
  for (const { id } of stores) {
    await make('/organizations/:organization/enabled_connections', { connection_id: id });
  }
  for (const name of ['a', 'b', 'c']) {
    await make('/custom-domains', { domain: `${name}.walk.test`, type: 'self_managed_certs' });
    const phone_number = `+4917012345${name.charCodeAt(0)}`;
    await make('/users/:user/authentication-methods', { type: 'phone', phone_number });
  }
  Object.assign(ids, { templateName: 'verify_email', language: 'en', name: 'otp' });
  Object.assign(ids, { prompt: 'login', screen: 'login', provider: 'google-authenticator' });
  for (const name of ['a', 'b', 'c']) {
    await make('/rules', { name, script: 'function (a, b, c) {}', enabled: name === 'b' });
    const script = 'module.exports = () => {};';
    await make('/hooks', {
      name,
      script,
      triggerId: 'pre-user-registration',
      enabled: name === 'b',
    });
    ids.actionId = (
      await make('/actions/actions', {
        name,
        supported_triggers: [{ id: 'post-login' }],
        deploy: name === 'b',
      })
    ).id;
  }
  ids.triggerId = 'post-login';
  const recipients = ['ada', 'bea', 'eve'].map((name) => ({ email: `${name}@walk.test` }));
  await make('/invitations', { client_id: ids.client, connection_id: ids.store, recipients });
});

/** Lists with at least three entries, by their name in the surrounding object, with a query that they need. */
const LISTS: [url: string, key: string, needs?: string][] = [
  ['/clients', 'clients'],
  ['/connections', 'connections'],
  ['/clients/:client/connections', 'connections'],
  ['/connections/:store/clients', 'clients'],
  ['/client-grants', 'client_grants'],
  ['/resource-servers', 'resource_servers'],
  ['/roles', 'roles'],
  ['/roles/:role/permissions', 'permissions'],
  ['/roles/:role/users', 'users'],
  ['/users/:user/roles', 'roles'],
  ['/users/:user/permissions', 'permissions'],
  ['/users/:user/effective-roles', 'roles'],
  ['/organizations', 'organizations'],
  ['/organizations/:organization/members', 'members'],
  ['/organizations/:organization/members/:user/roles', 'roles'],
  ['/organizations/:organization/members/:user/effective-roles', 'roles'],
  ['/organizations/:organization/enabled_connections', 'enabled_connections'],
  ['/organizations/:organization/connections', 'connections'],
  ['/users/:user/organizations', 'organizations'],
  ['/users/:user/authentication-methods', 'authenticators'],
  ['/custom-domains', 'custom_domains'],
  ['/users', 'users'],
  ['/users', 'users', 'q=email:*'],
  ['/invitations', 'invitations'],
  ['/rules', 'rules'],
  ['/hooks', 'hooks'],
];
const shapeOf = (url: string) => url.replace(/[:{]\w+\}?/g, '*');
const parametersOf = (url: string, method = 'GET') =>
  operations.find(
    (operation) => operation.method === method && shapeOf(operation.url) === shapeOf(url),
  )?.parameters ?? [];
const takes = (url: string, name: string) =>
  parametersOf(url).some((parameter) => parameter.name === name);
const items = (body: unknown, key: string): unknown[] =>
  Array.isArray(body) ? body : ((body as Record<string, unknown[]>)[key] ?? []);

test.each(
  LISTS,
)('%s: every way to split the result has its effect', async (url, key, needs = '') => {
  const list = (query: string) => read(`${url}?${[needs, query].filter(Boolean).join('&')}`);
  if (takes(url, 'per_page')) await inPages();
  if (takes(url, 'take')) await fromMarks();
  if (takes(url, 'fields')) await byFields();

  async function inPages() {
    const all = items(await list('per_page=100'), key);
    expect(all.length).toBeGreaterThanOrEqual(3);
    const pages = [];
    for (let page = 0; page < all.length; page++) {
      pages.push(...items(await list(`per_page=1&page=${page}`), key));
    }
    expect(pages).toEqual(all);
    expect(items(await list(`per_page=1&page=${all.length}`), key)).toEqual([]);
    expect(items(await list('per_page=0'), key)).toEqual([]);
    expect(items(await list('include_totals=false'), key)).toEqual(all);
    const totals = await list('per_page=1&page=1&include_totals=true');
    const wanted = { start: 1, limit: 1, total: all.length, [key]: [all[1]] };
    expect(totals).toEqual(url === '/users' ? { ...wanted, length: 1 } : wanted);
  }

  async function fromMarks() {
    const all = (await list('take=100'))[key];
    expect(all.length).toBeGreaterThanOrEqual(3);
    const found: unknown[] = [];
    for (let next = '', left = all.length; left > 0; left--) {
      // Pages have no effect then, as clients that always send them expect.
      const pages = takes(url, 'per_page') ? '&per_page=3&include_totals=true&page=0' : '';
      const page = await list(`take=1${next && `&from=${next}`}${pages}`);
      expect(page).toEqual({ [key]: [expect.anything()], ...(left > 1 && { next: page.next }) });
      found.push(...page[key]);
      next = page.next;
    }
    expect(found).toEqual(all);
  }

  async function byFields() {
    const all = items(await list(''), key) as Record<string, unknown>[];
    const [name = '', other = ''] = Object.keys(all[0] ?? {});
    const only = all.map((each) => ({ [name]: each[name], [other]: each[other] }));
    const rest = all.map(({ [name]: _, [other]: __, ...more }) => more);
    expect(items(await list(`fields=${name},${other}`), key)).toEqual(only);
    expect(items(await list(`fields=${name},${other}&include_fields=true`), key)).toEqual(only);
    expect(items(await list(`fields=${name},${other}&include_fields=false`), key)).toEqual(rest);
    expect(items(await list('fields='), key)).toEqual(all);
  }
});

/** Filters and sort orders: the first query returns this many entries of the fixture. */
const FILTERS: [query: string, key: string, wanted: number | unknown[], field?: string][] = [
  ['/clients?app_type=spa', 'clients', ['Walk spa'], 'name'],
  ['/clients?app_type=spa,native', 'clients', ['Walk spa', 'Walk native'], 'name'],
  ['/clients?is_first_party=false', 'clients', []],
  ['/clients?is_global=true', 'clients', ['All Applications'], 'name'],
  ['/clients?is_global=true&is_first_party=false', 'clients', []],
  ['/clients?is_global=true&app_type=spa', 'clients', []],
  ['/clients?is_global=true&per_page=0', 'clients', []],
  ['/clients?external_client_id=x', 'clients', []],
  ['/clients?take=9&q=client_grant.allow_any_organization:true', 'clients', []],
  ['/connections?name=walk-b', 'connections', ['walk-b'], 'name'],
  ['/connections?strategy=sms', 'connections', []],
  ['/connections?strategy=sms&strategy=auth0&name=walk-b', 'connections', ['walk-b'], 'name'],
  ['/clients/:client/connections?strategy=sms', 'connections', []],
  ['/client-grants?audience=urn:walk:b', 'client_grants', ['urn:walk:b'], 'audience'],
  ['/client-grants?client_id=nobody', 'client_grants', []],
  ['/client-grants?allow_any_organization=true', 'client_grants', []],
  ['/client-grants?default_for=third_party_clients', 'client_grants', []],
  ['/client-grants?audience=urn:walk:b&subject_type=user', 'client_grants', []],
  ['/resource-servers?identifiers=urn:walk:c', 'resource_servers', ['urn:walk:c'], 'identifier'],
  ['/roles?name_filter=WALK-Y', 'roles', ['walk-y'], 'name'],
  ['/roles?type=organization&owner_id=org_x', 'roles', []],
  ['/organizations?sort=name:-1', 'organizations', ['walk-q', 'walk-p', 'walk-o'], 'name'],
  ['/organizations?sort=name', 'organizations', ['walk-o', 'walk-p', 'walk-q'], 'name'],
  ['/organizations/:organization/connections?is_enabled=false', 'connections', []],
  ['/organizations/:organization/client-grants?audience=x&client_id=y', 'client_grants', []],
  [
    '/custom-domains?sort=domain:-1',
    'custom_domains',
    ['c.walk.test', 'b.walk.test', 'a.walk.test'],
    'domain',
  ],
  ['/users?q=email:bea*', 'users', ['bea@walk.test'], 'email'],
  [
    '/users?q=email:*a@walk.test&sort=email:-1&search_engine=v3',
    'users',
    ['bea@walk.test', 'ada@walk.test'],
    'email',
  ],
  ['/users-by-email?email=cyd@walk.test', 'users', ['cyd@walk.test'], 'email'],
  ['/invitations?email=EVE@walk.test', 'invitations', ['eve@walk.test'], 'email'],
  ['/invitations?state=accepted', 'invitations', []],
  ['/invitations?client_id=nobody', 'invitations', []],
  ['/invitations?job_id=nothing', 'invitations', []],
  ['/invitations?email=', 'invitations', []],
  ['/grants?user_id=auth0|nobody', 'grants', []],
  ['/refresh-tokens?user_id=:user&client_id=:client', 'refresh_tokens', []],
  ['/users/:user/refresh-tokens?include_totals=true&per_page=2', 'tokens', []],
  ['/users/:user/sessions?include_totals=true', 'sessions', []],
  ['/actions/actions?page=2&per_page=7', 'per_page', 7],
  ['/actions/modules?page=2&per_page=7', 'page', 2],
  ['/actions/actions?per_page=1&page=1', 'actions', ['b'], 'name'],
  ['/actions/actions?actionName=c&triggerId=post-login', 'actions', ['c'], 'name'],
  ['/actions/actions?triggerId=event-stream', 'actions', []],
  ['/actions/actions?deployed=true&installed=false', 'actions', ['b'], 'name'],
  ['/actions/actions?installed=true', 'actions', []],
  ['/actions/actions/:actionId/versions?per_page=3&page=2', 'page', 2],
  ['/actions/triggers/post-login/bindings?per_page=3&page=2', 'per_page', 3],
  ['/rules?enabled=true', 'rules', ['b'], 'name'],
  ['/hooks?enabled=false&triggerId=pre-user-registration', 'hooks', ['a', 'c'], 'name'],
  ['/hooks?triggerId=post-change-password', 'hooks', []],
];

test.each(FILTERS)('GET %s applies its filters', async (path, key, wanted, field = '') => {
  const body = await read(path);
  if (typeof wanted === 'number') return expect(body[key]).toBe(wanted);
  const found = items(body, key).map((item) => (item as Record<string, unknown>)[field]);
  expect(found).toEqual(wanted);
});

test.each([
  ['/users?take=2&sort=email:1', 'sort'],
  ['/organizations?take=2&sort=name:1', 'sort'],
  ['/custom-domains?take=2&sort=domain:1', 'sort'],
  ['/users?connection=walk-a', 'connection'],
  ['/roles?owner_id=org_x', 'owner_id'],
  ['/roles?type=tenant&owner_id=org_x', 'owner_id'],
  ['/logs?q=type:s&search=a', 'search'],
  ['/clients?q=client_grant.allow_any_organization:true', 'q'],
  ['/stats/daily?to=20260230', 'to'],
  ['/stats/daily?from=20261301', 'from'],
  [`/invitations?from=${Buffer.from('1,inv_gone').toString('base64url')}`, 'from'],
])('GET %s is refused with the name of the wrong parameter', async (path, name) => {
  const { status, body } = await get(path);
  expect([status, body.errorCode]).toEqual([400, 'invalid_query_string']);
  expect(body.message).toMatch(new RegExp(`(property |')${name}\\b`));
});

test('a user whose id lacks only a NUL keeps their grants', async () => {
  const { status } = await api.call('DELETE', `${at('/grants?user_id=:user')}%00`);
  expect(status).toBe(400);
});

/** Values that are illegal for every parameter of that name or type. */
function illegal({ name, schema }: Parameter): string[] {
  // Repeated even with the same value, so that the repetition alone is the error.
  const twice = schema.type === 'array' ? [] : [`${name}=1&${name}=2`];
  const values: string[] = [];
  if (schema.type === 'integer') {
    values.push('', '-1', 'abc', '1.5', '1e300', '1e17', 'NaN', 'null');
    if (name === 'take') values.push('0');
    if (schema.maximum === 100) values.push('101');
  }
  if (schema.type === 'boolean') values.push('', 'yes', '1', 'TRUE', 'null');
  if (schema.const === true) values.push('false');
  if (schema.enum) values.push('', 'nonsense');
  if (name === 'fields') values.push('nonsense', 'constructor', ',', 'a,b', 'id,nonsense');
  if (name === 'from' && !('pattern' in schema)) values.push('nonsense', '!!', 'MQ', 'MSxhAGI');
  if (name === 'sort')
    values.push('nonsense', 'nonsense:1', 'constructor:1', 'id:2', 'id:1:1', ':1');
  if (schema.type === 'string') values.push('a\0b');
  if (typeof schema.maxLength === 'number') values.push('x'.repeat(schema.maxLength + 1));
  if (typeof schema.minLength === 'number' && schema.minLength > 0) values.push('');
  return [...twice, ...values.map((value) => `${name}=${encodeURIComponent(value)}`)];
}

const legalFor: Record<string, string> = {
  resource_server_identifier: 'urn:walk:a',
  permission_name: 'x',
  identifier: 'ada@walk.test',
  email: 'ada@walk.test',
  user_id: 'auth0|nobody',
};
const requiredOf = (parameters: Parameter[], but?: string) =>
  parameters
    .filter((parameter) => parameter.required && parameter.name !== but)
    .map(({ name }) => `${name}=${encodeURIComponent(legalFor[name] ?? ids.role ?? '')}`);

test('no parameter accepts an illegal value or a duplicate', async () => {
  const wrong: string[] = [];
  for (const { method, url, parameters } of operations) {
    for (const parameter of parameters) {
      for (const query of illegal(parameter)) {
        const path = `${url}?${[...requiredOf(parameters, parameter.name), query].join('&')}`;
        const { status, body } = await api.call(method, at(known(path)));
        const isNamed = status === 400 && body.message.includes(parameter.name);
        if (!isNamed)
          wrong.push(`${method} ${path}: ${status} ${JSON.stringify(body)?.slice(0, 90)}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('an undeclared parameter is refused', async () => {
  const wrong: string[] = [];
  for (const { method, url, parameters } of operations) {
    const path = `${url}?${[...requiredOf(parameters), 'walked=1'].join('&')}`;
    const { status, body } = await api.call(method, at(known(path)));
    const isNamed =
      status === 400 && /Additional properties not allowed: walked/.test(body.message);
    if (!isNamed) wrong.push(`${method} ${url}: ${status} ${body?.message}`);
  }
  // Clients send parameters of their own with an upload.
  expect(wrong).toEqual([expect.stringContaining('POST /jobs/users-imports')]);
});

test('no declared parameter is without effect', () => {
  const idle = operations.flatMap(({ url, parameters }) =>
    parameters
      .filter((parameter) => /no effect|without effect/i.test(JSON.stringify(parameter)))
      .map(({ name }) => `${url} ${name}`),
  );
  expect(idle).toEqual([]);
});

/** Ids for the parameters of a path, so that only the query is wrong. */
function known(path: string): string {
  return path
    .replace(/^\/users\/\{\w+\}/, '/users/:user')
    .replace(/^\/roles\/\{\w+\}/, '/roles/:role')
    .replace(/^\/clients\/\{\w+\}/, '/clients/:client')
    .replace(/^\/connections\/\{\w+\}/, '/connections/:store')
    .replace(/^\/organizations\/\{id\}/, '/organizations/:organization')
    .replace('/members/{user_id}', '/members/:user');
}
