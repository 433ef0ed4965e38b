import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { plainPath, type Shapes } from '../conformance/shape.ts';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

// Valid bodies with one extra read-only property.
let api: ManagementFixture;
const { operations }: Shapes = JSON.parse(
  readFileSync(join(import.meta.dirname, '../conformance/shapes.json'), 'utf8'),
);
const STORE = 'Username-Password-Authentication';

/** A value for any property that would have an effect if it were accepted. */
const EVIL: Record<string, unknown> = {
  id: 'evil',
  _id: 'evil',
  tenant: 'evil',
  __tenant: 'evil',
  global: true,
  owners: ['evil'],
  is_system: true,
  is_default: true,
  created_at: '2000-01-01T00:00:00.000Z',
  updated_at: '2000-01-01T00:00:00.000Z',
  deleted_at: '2000-01-01T00:00:00.000Z',
  secret_hash: 'evil',
  settings: { isSystem: true },
  usher: { administrator: true },
  constructor: { prototype: { polluted: true } },
  toString: 'evil',
};

type Resource = { create: string; body(): Record<string, unknown>; one(made: never): string };
let serial = 0;
const name = () => `thing-${++serial}`;

/** Resources that can be created alone. The others are below. */
const RESOURCES: Record<string, Resource> = {
  role: {
    create: '/roles',
    body: () => ({ name: name() }),
    one: ({ id }: { id: string }) => `/roles/${id}`,
  },
  organization: {
    create: '/organizations',
    body: () => ({ name: name() }),
    one: ({ id }: { id: string }) => `/organizations/${id}`,
  },
  client: {
    create: '/clients',
    body: () => ({ name: name() }),
    one: ({ client_id }: { client_id: string }) => `/clients/${client_id}`,
  },
  API: {
    create: '/resource-servers',
    body: () => ({ identifier: `https://${name()}.test` }),
    one: ({ id }: { id: string }) => `/resource-servers/${id}`,
  },
  connection: {
    create: '/connections',
    body: () => ({ name: name(), strategy: 'auth0' }),
    one: ({ id }: { id: string }) => `/connections/${id}`,
  },
};

beforeAll(async () => {
  api = await startManagementApi();
});

/** Read-only properties in the answers of this resource. */
function readOnlyOf(method: string, path: string): string[] {
  const route = api.routes.find(
    (candidate) => candidate.method === method && plainPath(candidate.url) === path,
  );
  const taken = Object.keys((route?.body as { properties?: object } | undefined)?.properties ?? {});
  const shown = operations
    .filter((operation) => operation.path === path || operation.path === `${path}/{}`)
    .flatMap((operation) => Object.values(operation.answers))
    .flatMap((answer) => Object.keys(answer?.properties ?? {}));
  return [...new Set([...shown, ...Object.keys(EVIL)])].filter(
    (candidate) => !taken.includes(candidate),
  );
}

const withMore = (body: object, property: string) =>
  // Text, because an object literal would not have its own property of this name.
  JSON.stringify({ ...body, [property]: EVIL[property] ?? 'evil' });

describe.each(Object.entries(RESOURCES))('a %s', (_name, resource) => {
  const { create, body, one } = resource;

  test('is not created with a read-only property', async () => {
    const properties = readOnlyOf('POST', create);
    expect(properties.length).toBeGreaterThan(5);
    for (const property of properties) {
      const { status, body: answer } = await api.call('POST', create, withMore(body(), property));
      expect(status, property).toBe(400);
      expect(answer.message, property).toMatch(/not allowed|forbidden property/i);
    }
  });

  test('is not changed by a read-only property', async () => {
    const made = await api.call('POST', create, body());
    expect(made.status, JSON.stringify(made.body)).toBeLessThan(300);
    const path = one(made.body as never);
    const before = (await api.call('GET', path)).body;
    for (const property of readOnlyOf('PATCH', `${create}/{}`)) {
      for (const change of [{}, { description: 'and more' }]) {
        const { status } = await api.call('PATCH', path, withMore(change, property));
        expect(status, property).toBe(400);
      }
    }
    expect((await api.call('GET', path)).body).toEqual(before);
  });
});

describe('a user', () => {
  const USER_READ_ONLY: Record<string, unknown> = {
    user_id: 'auth0|evil',
    _id: 'evil',
    id: 'evil',
    identities: [{ provider: 'google-oauth2', user_id: '1', connection: 'google-oauth2' }],
    created_at: '2000-01-01T00:00:00.000Z',
    updated_at: '2000-01-01T00:00:00.000Z',
    last_login: '2000-01-01T00:00:00.000Z',
    last_ip: '192.0.2.1',
    logins_count: 99,
    last_password_reset: '2000-01-01T00:00:00.000Z',
    multifactor: ['guardian'],
    multifactor_last_modified: '2000-01-01T00:00:00.000Z',
    provider: 'google-oauth2',
    linked_to: 'auth0|boss',
    roles: ['rol_boss'],
    permissions: ['read:everything'],
    organizations: ['org_boss'],
    password_hash: '$2b$10$evil',
    custom_password_hash: { algorithm: 'md5', hash: { value: 'x' } },
    administrator: true,
    usher: { administrator: true },
  };
  const person = () => ({
    connection: STORE,
    email: `${name()}@example.test`,
    password: 'Tulip-77!x',
  });

  async function aUser(): Promise<{ path: string; before: Record<string, unknown> }> {
    const made = await api.call('POST', '/users', person());
    expect(made.status).toBe(201);
    return { path: `/users/${encodeURIComponent(made.body.user_id)}`, before: made.body };
  }

  test('is not created with read-only properties', async () => {
    // An id of one's own is part of the wire here.
    const { user_id: _own, ...rest } = USER_READ_ONLY;
    for (const [property, value] of Object.entries(rest)) {
      const { status, body } = await api.call('POST', '/users', { ...person(), [property]: value });
      expect(status, property).toBe(400);
      expect(body.message, property).toMatch(/not allowed/i);
    }
  });

  test('is not changed by read-only properties, alone or beside an honest change', async () => {
    const { path, before } = await aUser();
    for (const [property, value] of Object.entries(USER_READ_ONLY)) {
      for (const honest of [{}, { nickname: 'honest' }]) {
        await api.call('PATCH', path, { ...honest, [property]: value });
      }
    }
    const { body: after } = await api.call('GET', path);
    const { nickname: _changed, updated_at: _now, ...same } = after;
    const { nickname: _was, updated_at: _then, ...expected } = before;
    expect(same).toEqual(expected);
    expect(after.updated_at >= String(before.updated_at)).toBe(true);
    expect((await api.call('GET', `${path}/roles`)).body).toEqual([]);
    expect((await api.call('GET', `${path}/permissions`)).body).toEqual([]);
    expect((await api.call('GET', '/users/auth0%7Cevil')).status).toBe(404);
  });

  test('has no key in app_metadata that overrides the profile or the server', async () => {
    const { path, before } = await aUser();
    const keys =
      '__tenant _id blocked clientID created_at email_verified email globalClientID global_client_id identities lastIP lastLogin loginsCount metadata multifactor_last_modified multifactor updated_at user_id usher'.split(
        ' ',
      );
    for (const key of keys) {
      const app_metadata = { fine: 1, [key]: 'evil' };
      expect((await api.call('PATCH', path, { app_metadata })).status, key).toBe(400);
      expect((await api.call('POST', '/users', { ...person(), app_metadata })).status, key).toBe(
        400,
      );
    }
    expect((await api.call('GET', path)).body.app_metadata).toEqual(before.app_metadata);
  });

  test('keeps names of JavaScript as data, without any effect on the server', async () => {
    const { path } = await aUser();
    const metadata = { constructor: 'x', toString: 'x', hasOwnProperty: 1 };
    const { status } = await api.call('PATCH', path, { user_metadata: metadata });
    expect(status).toBe(200);
    expect((await api.call('GET', path)).body.user_metadata).toEqual(metadata);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    for (const text of [
      '{"user_metadata":{"__proto__":{"polluted":"yes"}}}',
      '{"__proto__":{"blocked":true}}',
      '{"user_metadata":{"constructor":{"prototype":{"polluted":"yes"}}}}',
      '{"user_metadata":{"a":{"__proto__":{"polluted":"yes"}}}}',
    ]) {
      expect((await api.call('PATCH', path, text)).status).toBe(400);
    }
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});

describe('a body with extra properties', () => {
  test('grants access only to the named client, and the grant stays with its API', async () => {
    const client = (await api.call('POST', '/clients', { name: name() })).body.client_id;
    const other = (await api.call('POST', '/clients', { name: name() })).body.client_id;
    const audience = `https://${name()}.test`;
    await api.call('POST', '/resource-servers', { identifier: audience, scopes: [{ value: 'a' }] });
    const body = { client_id: client, audience, scope: [] };
    const grant = (await api.call('POST', '/client-grants', body)).body;
    for (const change of [
      { client_id: other },
      { audience: 'https://id.test/api/v2/' },
      { id: 'cgr_evil' },
      { scope: ['a'], client_id: other },
    ]) {
      const { status } = await api.call('PATCH', `/client-grants/${grant.id}`, change);
      expect(status, JSON.stringify(change)).toBe(400);
    }
    expect((await api.call('GET', `/client-grants/${grant.id}`)).body).toEqual(grant);
  });

  test('makes a ticket only for the connection and the address of its user', async () => {
    const { body: user } = await api.call('POST', '/users', {
      connection: STORE,
      email: `${name()}@example.test`,
      password: 'Tulip-77!x',
    });
    for (const more of [
      { id: 'evil' },
      { secret: 'evil' },
      { new_password: 'evil-Passw0rd' },
      { result_url: 'javascript:alert(1)' },
    ]) {
      const { status } = await api.call('POST', '/tickets/password-change', {
        user_id: user.user_id,
        ...more,
      });
      expect([201, 400], JSON.stringify(more)).toContain(status);
      if ('result_url' in more || 'id' in more) expect(status, JSON.stringify(more)).toBe(400);
    }
    expect((await api.call('GET', `/users/${encodeURIComponent(user.user_id)}`)).body).toEqual(
      user,
    );
  });

  test('does not change the management API itself', async () => {
    const list = (await api.call('GET', '/resource-servers')).body as {
      id: string;
      is_system: boolean;
    }[];
    const system = list.find((candidate) => candidate.is_system);
    const path = `/resource-servers/${system?.id}`;
    const before = (await api.call('GET', path)).body;
    for (const change of [
      { scopes: [] },
      { scopes: [{ value: 'evil:everything' }] },
      { signing_alg: 'HS256', signing_secret: 'a-secret-that-is-long-enough' },
      { is_system: false },
      { identifier: 'https://evil.test/' },
    ]) {
      const { status } = await api.call('PATCH', path, change);
      expect([400, 403], JSON.stringify(change)).toContain(status);
    }
    expect([400, 403]).toContain((await api.call('DELETE', path)).status);
    expect((await api.call('GET', path)).body).toEqual(before);
  });
});
