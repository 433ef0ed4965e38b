import { generateKeyPairSync } from 'node:crypto';
import { AuthClient } from '@auth0/auth0-auth-js';
import { ManagementClient, ManagementError } from 'auth0';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOOTSTRAP, type TestServer } from '../harness/harness.ts';
import { createUser } from '../harness/registered.ts';
import { type Certificate, startTlsServer } from './https.ts';

let server: TestServer;
let certificate: Certificate;
let domain: string;
let management: ManagementClient;

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer());
  domain = new URL(server.url).host;
  management = new ManagementClient({
    domain,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
});
afterAll(() => certificate?.remove());

/** The error that the SDK throws. */
const errorOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ManagementError);
  return { statusCode: error.statusCode, body: error.body };
};

/** All items of a page and those after it. */
async function allOf<T>(pages: Promise<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await pages) items.push(item);
  return items;
}

const anApi = (identifier: string, ...scopes: string[]) =>
  management.resourceServers.create({
    identifier,
    name: identifier,
    scopes: scopes.map((value) => ({ value, description: `May ${value}` })),
  });
const pairs = (identifier: string, ...names: string[]) => ({
  permissions: names.map((permission_name) => ({
    resource_server_identifier: identifier,
    permission_name,
  })),
});

describe('roles', () => {
  test('are created, read, changed, listed in pages and deleted', async () => {
    const role = await management.roles.create({ name: 'Editor', description: 'Edits' });
    const id = role.id ?? '';
    expect(role).toMatchObject({ name: 'Editor', description: 'Edits' });
    expect(await management.roles.get(id)).toEqual(role);
    expect(await management.roles.update(id, { description: 'All' })).toMatchObject({
      description: 'All',
    });
    await Promise.all(
      ['a', 'b', 'c'].map((name) => management.roles.create({ name: `p ${name}` })),
    );
    const names = (await allOf(management.roles.list({ name_filter: 'P ', per_page: 2 }))).map(
      (each) => each.name,
    );
    expect(names.sort()).toEqual(['p a', 'p b', 'p c']);
    await management.roles.delete(id);
    expect(await errorOf(management.roles.get(id))).toEqual({
      statusCode: 404,
      body: { statusCode: 404, error: 'Not Found', message: 'The role does not exist.' },
    });
    expect(await errorOf(management.roles.create({ name: 'p a' }))).toMatchObject({
      statusCode: 409,
      body: { message: 'The role already exists.' },
    });
  });

  test('have permissions and members, from both sides', async () => {
    const identifier = 'https://orders.test/';
    await anApi(identifier, 'read', 'write', 'delete');
    const { id = '' } = await management.roles.create({ name: 'Clerk' });
    const [one, two] = [await createUser(server), await createUser(server)];
    await management.roles.permissions.add(id, pairs(identifier, 'read', 'write'));
    await management.roles.permissions.delete(id, pairs(identifier, 'write'));
    expect(await allOf(management.roles.permissions.list(id))).toEqual([
      {
        permission_name: 'read',
        description: 'May read',
        resource_server_name: identifier,
        resource_server_identifier: identifier,
      },
    ]);

    await management.roles.users.assign(id, { users: [one.userId] });
    await management.users.roles.assign(two.userId, { roles: [id] });
    const members = await allOf(management.roles.users.list(id, { take: 1 }));
    expect(members.map((member) => member.email).sort()).toEqual([one.email, two.email].sort());
    expect(await allOf(management.users.roles.list(two.userId))).toEqual([{ id, name: 'Clerk' }]);
    await management.users.roles.delete(two.userId, { roles: [id] });
    expect(await allOf(management.users.roles.list(two.userId))).toEqual([]);

    await management.users.permissions.create(one.userId, pairs(identifier, 'delete'));
    const had = await allOf(management.users.permissions.list(one.userId));
    expect(had).toMatchObject([
      {
        permission_name: 'delete',
        sources: [{ source_id: '', source_name: '', source_type: 'DIRECT' }],
      },
      {
        permission_name: 'read',
        sources: [{ source_id: id, source_name: 'Clerk', source_type: 'ROLE' }],
      },
    ]);
    await management.users.permissions.delete(one.userId, pairs(identifier, 'delete'));
    const at = { resource_server_identifier: identifier };
    const effective = await allOf(management.users.effectivePermissions.list(one.userId, at));
    expect(effective).toMatchObject([{ permission_name: 'read', sources: ['roles'] }]);
    const by = management.users.effectivePermissions.sources.roles.list(one.userId, {
      ...at,
      permission_name: 'read',
    });
    expect(await allOf(by)).toMatchObject([{ id, sources: ['direct'] }]);
    expect(await allOf(management.users.effectiveRoles.list(one.userId))).toMatchObject([{ id }]);

    const unknown = management.roles.permissions.add(id, pairs('urn:none', 'read'));
    expect((await errorOf(unknown)).statusCode).toBe(404);
    const nobody = management.roles.users.assign(id, { users: ['auth0|nobody'] });
    expect((await errorOf(nobody)).statusCode).toBe(404);
  });
});

test('resource servers are created, found by id and identifier, changed, listed and deleted', async () => {
  const made = await management.resourceServers.create({
    identifier: 'urn:stock',
    name: 'Stock',
    signing_alg: 'RS256',
    token_lifetime: 600,
    enforce_policies: true,
    token_dialect: 'rfc9068_profile_authz',
    subject_type_authorization: { user: { policy: 'require_client_grant' } },
    scopes: [{ value: 'count' }],
  });
  const id = made.id ?? '';
  expect(made).toMatchObject({
    is_system: false,
    token_lifetime: 600,
    token_lifetime_for_web: 600,
    subject_type_authorization: {
      user: { policy: 'require_client_grant' },
      client: { policy: 'require_client_grant' },
    },
  });
  for (const key of [id, 'urn:stock']) {
    expect(await management.resourceServers.get(key)).toEqual(made);
  }
  const changed = await management.resourceServers.update(id, { allow_offline_access: true });
  expect(changed).toMatchObject({ allow_offline_access: true, enforce_policies: true });
  const own = `${server.url}/api/v2/`;
  const listed = await allOf(
    management.resourceServers.list({ identifiers: ['urn:stock', own], per_page: 1 }),
  );
  expect(listed.map((resourceServer) => resourceServer.identifier).sort()).toEqual(
    [own, 'urn:stock'].sort(),
  );
  const system = listed.find((resourceServer) => resourceServer.is_system)?.id ?? '';
  const { resourceServers } = management;
  for (const call of [
    () => resourceServers.update(system, { name: 'x' }),
    () => resourceServers.delete(system),
    () =>
      resourceServers.create({
        identifier: 'urn:x',
        signing_alg: 'HS256',
        signing_secret: 'short',
      }),
    () => resourceServers.create({ identifier: 'urn:x', token_lifetime: 9_999_999 }),
  ]) {
    expect((await errorOf(call())).statusCode).toBe(400);
  }
  expect((await errorOf(anApi('urn:stock'))).statusCode).toBe(409);
  const { client_id = '' } = await management.clients.create({ name: 'counts' });
  const grant = { client_id, audience: 'urn:stock', scope: [] };
  await management.clientGrants.create(grant);
  await management.resourceServers.delete(id);
  await management.resourceServers.delete(id);
  expect((await errorOf(management.resourceServers.get(id))).body).toMatchObject({
    errorCode: 'inexistent_resource_server',
  });
  // Another object with the same name inherits nothing.
  await anApi('urn:stock');
  expect(await allOf(management.clientGrants.list({ client_id }))).toEqual([]);
});

test('client grants are created, listed, changed and deleted, and all scopes are all', async () => {
  const audience = 'urn:grants';
  const { id: apiId = '' } = await anApi(audience, 'a', 'b');
  const client = await management.clients.create({ name: 'g', app_type: 'non_interactive' });
  const { client_id = '', client_secret = '' } = client;
  const grant = { client_id, audience, scope: ['a'] };
  const made = await management.clientGrants.create(grant);
  const id = made.id ?? '';
  expect(made).toMatchObject({ ...grant, subject_type: 'client' });
  expect((await errorOf(management.clientGrants.create(grant))).statusCode).toBe(409);
  const forPeople = await management.clientGrants.create({ ...grant, subject_type: 'user' });
  expect(await management.clientGrants.get(id)).toEqual(made);
  const listed = await allOf(management.clientGrants.list({ client_id, take: 1 }));
  expect(listed.map((clientGrantResponseContent) => clientGrantResponseContent.id).sort()).toEqual(
    [id, forPeople.id].sort(),
  );
  const ofUsers = await allOf(management.clientGrants.list({ client_id, subject_type: 'user' }));
  expect(ofUsers).toEqual([forPeople]);
  expect(await management.clientGrants.update(id, { allow_all_scopes: true })).toMatchObject({
    allow_all_scopes: true,
  });
  await management.resourceServers.update(apiId, {
    scopes: ['a', 'b', 'c'].map((value) => ({ value })),
  });
  const authentication = new AuthClient({
    domain,
    clientId: client_id,
    clientSecret: client_secret,
  });
  const { accessToken } = await authentication.getTokenByClientCredentials({ audience });
  expect(decodeJwt(accessToken).scope).toBe('a b c');
  await management.clientGrants.delete(id);
  expect((await errorOf(management.clientGrants.get(id))).body).toMatchObject({
    message: 'The grant does not exist.',
    errorCode: 'inexistent_client_grant',
  });
  const gone = management.clientGrants.create({ ...grant, scope: ['fly'] });
  expect((await errorOf(gone)).statusCode).toBe(400);
});

describe('clients', () => {
  test('are created, read, changed, listed and deleted', async () => {
    const made = await management.clients.create({
      name: 'Shop',
      app_type: 'spa',
      callbacks: ['https://shop.test/callback'],
      client_metadata: { plan: 'gold', gone: 'soon' },
    });
    const id = made.client_id ?? '';
    expect(made).toMatchObject({
      token_endpoint_auth_method: 'none',
      signing_keys: [{ cert: expect.stringContaining('BEGIN CERTIFICATE') }],
    });
    const { client_secret: _, ...readable } = made;
    expect(await management.clients.get(id)).toEqual(readable);
    const changed = await management.clients.update(id, {
      description: 'd',
      client_metadata: { gone: null },
      organization_usage: 'allow',
    });
    expect(changed).toMatchObject({
      client_metadata: { plan: 'gold' },
      organization_usage: 'allow',
    });
    expect(changed.client_metadata).not.toHaveProperty('gone');
    const listed = await allOf(management.clients.list({ per_page: 2, fields: 'client_id,name' }));
    expect(listed).toContainEqual({ client_id: id, name: 'Shop' });
    const byPage = await allOf(management.clients.list({ app_type: 'spa', per_page: 1 }));
    expect(byPage.map((client) => client.client_id)).toEqual([id]);
    await management.clients.delete(id);
    await management.clients.delete(id);
    expect((await errorOf(management.clients.get(id))).body).toMatchObject({
      message: 'The client does not exist',
      errorCode: 'inexistent_client',
    });
    expect(await errorOf(management.clients.create({ name: '<b>' }))).toMatchObject({
      statusCode: 400,
      body: { errorCode: 'invalid_body' },
    });
  });

  test('sign with their own keys and authenticate with them', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const made = await management.clients.create({ name: 'k', app_type: 'non_interactive' });
    const clientId = made.client_id ?? '';
    await anApi('urn:signed', 'read');
    await management.clientGrants.create({
      client_id: clientId,
      audience: 'urn:signed',
      scope: ['read'],
    });
    const { credentials } = management.clients;
    const key = await credentials.create(clientId, { credential_type: 'public_key', pem });
    const keyId = key.id ?? '';
    expect(await credentials.list(clientId)).toEqual([key]);
    const asked = (proof: { clientSecret?: string; clientAssertionSigningKey?: string }) =>
      new AuthClient({ domain, clientId, ...proof }).getTokenByClientCredentials({
        audience: 'urn:signed',
      });
    const signing = {
      clientAssertionSigningKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
    await expect(asked(signing)).rejects.toThrow();
    await management.clients.update(clientId, {
      token_endpoint_auth_method: null,
      client_authentication_methods: { private_key_jwt: { credentials: [{ id: keyId }] } },
    });
    const { accessToken } = await changedWithin(() => asked(signing));
    expect(decodeJwt(accessToken)).toMatchObject({ azp: clientId, scope: 'read' });
    await expect(asked({ clientSecret: made.client_secret ?? '' })).rejects.toThrow();
    // The management SDK signs, too.
    await management.clientGrants.create({
      client_id: clientId,
      audience: `${server.url}/api/v2/`,
      scope: ['read:roles'],
    });
    const { clientAssertionSigningKey } = signing;
    const signer = new ManagementClient({ domain, clientId, clientAssertionSigningKey });
    expect(await allOf(signer.roles.list())).not.toEqual([]);
    await credentials.update(clientId, keyId, { expires_at: '2001-01-01T00:00:00.000Z' });
    expect((await credentials.get(clientId, keyId)).expires_at).toBe('2001-01-01T00:00:00.000Z');
    await credentials.delete(clientId, keyId);
    expect((await errorOf(credentials.get(clientId, keyId))).statusCode).toBe(404);
    expect((await management.clients.get(clientId)).client_authentication_methods).toEqual({
      private_key_jwt: { credentials: [] },
    });
  });
});

/** A change of a client reaches the token endpoint within a second. */
async function changedWithin<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === 30) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
