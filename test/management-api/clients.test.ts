import { beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../src/platform/crypto/crypto.ts';
import { findClient } from '../../src/records/clients/clients.ts';
import { BOOTSTRAP, type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

const create = async (body: object) => (await api.call('POST', '/clients', body)).body;

it('creates a client with the defaults clients expect', async () => {
  const answer = await api.call('POST', '/clients', { name: 'x', description: 'y' });
  expect(answer.status).toBe(201);
  expect(answer.body).toMatchObject({
    name: 'x',
    description: 'y',
    client_id: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    client_secret: expect.stringMatching(/^[A-Za-z0-9]{64}$/),
    is_first_party: true,
    is_token_endpoint_ip_header_trusted: false,
    oidc_conformant: true,
    jwt_configuration: { secret_encoded: false, lifetime_in_seconds: 36000 },
    sso_disabled: false,
    cross_origin_authentication: false,
    grant_types: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
    custom_login_page_on: true,
    refresh_token: {
      rotation_type: 'non-rotating',
      expiration_type: 'non-expiring',
      leeway: 0,
      token_lifetime: 2592000,
      infinite_token_lifetime: true,
      infinite_idle_token_lifetime: true,
      idle_token_lifetime: 1296000,
    },
  });
});

it('shows the secret once, and keeps only its hash', async () => {
  const { client_id, client_secret } = await create({ name: 'secretive' });
  const read = await api.call('GET', `/clients/${client_id}`);
  expect(read.status).toBe(200);
  expect(read.body).not.toHaveProperty('client_secret');
  const list = await api.call('GET', '/clients?fields=client_id,client_secret');
  expect(JSON.stringify(list.body)).not.toContain('client_secret');
  const patched = await api.call('PATCH', `/clients/${client_id}`, { name: 'still' });
  expect(patched.body).not.toHaveProperty('client_secret');
  const { rows } = await api.database.execute('select * from clients');
  expect(JSON.stringify(rows)).not.toContain(client_secret);
  expect((await findClient(api.database.db, client_id))?.secretHash).toEqual(sha256(client_secret));
});

it('rotates the secret on request', async () => {
  const { client_id, client_secret } = await create({ name: 'rotating' });
  const rotated = await api.call('POST', `/clients/${client_id}/rotate-secret`);
  expect(rotated.status).toBe(200);
  expect(rotated.body).toMatchObject({ client_id, name: 'rotating' });
  expect(rotated.body.client_secret).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(rotated.body.client_secret).not.toBe(client_secret);
  const kept = (await findClient(api.database.db, client_id))?.secretHash;
  expect(kept).toEqual(sha256(rotated.body.client_secret));
  expect(await api.call('POST', '/clients/nobody/rotate-secret')).toMatchObject({
    status: 404,
    body: { message: 'The client does not exist', errorCode: 'inexistent_client' },
  });
});

it('keeps every written field', async () => {
  const body = {
    name: 'Shop',
    app_type: 'spa',
    callbacks: ['https://shop.test/callback', 'com.shop.app://callback'],
    allowed_logout_urls: ['https://shop.test'],
    web_origins: ['https://*.shop.test'],
    initiate_login_uri: 'https://shop.test/login',
    client_metadata: { plan: 'gold' },
    organization_usage: 'allow',
    jwt_configuration: { lifetime_in_seconds: 60, alg: 'RS256' },
  };
  const created = await create(body);
  const { client_id } = created;
  const read = (await api.call('GET', `/clients/${client_id}`)).body;
  const { jwt_configuration, ...plain } = body;
  expect(read).toMatchObject(plain);
  expect(read.jwt_configuration).toEqual({ ...jwt_configuration, secret_encoded: false });
  expect(read.token_endpoint_auth_method).toBe('none');
  expect(read.refresh_token.rotation_type).toBe('rotating');
});

it('merges metadata, removes keys that are null and replaces lists', async () => {
  const { client_id } = await create({
    name: 'm',
    client_metadata: { a: '1', b: '2' },
    callbacks: ['https://a.test', 'https://b.test'],
  });
  const { status, body } = await api.call('PATCH', `/clients/${client_id}`, {
    client_metadata: { b: null, c: '3' },
    callbacks: ['https://c.test'],
  });
  expect(status).toBe(200);
  expect(body.client_metadata).toEqual({ a: '1', c: '3' });
  expect(body.callbacks).toEqual(['https://c.test']);
  const eleven = Object.fromEntries([...'defghijklmn'].map((key) => [key, 'x']));
  expect(
    (await api.call('PATCH', `/clients/${client_id}`, { client_metadata: eleven })).status,
  ).toBe(400);
});

it('loses no metadata in simultaneous writes', async () => {
  const { client_id } = await create({ name: 'busy' });
  const keys = ['a', 'b', 'c', 'd'];
  const answers = await Promise.all(
    keys.map((key) =>
      api.call('PATCH', `/clients/${client_id}`, { client_metadata: { [key]: key } }),
    ),
  );
  const read = (await api.call('GET', `/clients/${client_id}`)).body;
  const written = keys.filter((_, index) => answers[index]?.status === 200);
  expect(Object.keys(read.client_metadata).sort()).toEqual(written);
  expect(written.length).toBeGreaterThan(0);
});

it('lists with totals, by type, by checkpoint and with chosen fields', async () => {
  await create({ name: 'machine', app_type: 'non_interactive' });
  const bare = await api.call('GET', '/clients');
  expect(Array.isArray(bare.body)).toBe(true);
  const totals = await api.call('GET', '/clients?include_totals=true&per_page=2&page=1');
  expect(totals.body).toMatchObject({ start: 2, limit: 2, total: bare.body.length });
  expect(totals.body.clients).toHaveLength(2);
  const machines = await api.call(
    'GET',
    '/clients?app_type=non_interactive,native&fields=app_type',
  );
  expect(machines.body.length).toBeGreaterThan(1);
  for (const each of machines.body) expect(each).toEqual({ app_type: 'non_interactive' });
  expect((await api.call('GET', '/clients?is_global=true')).body).toMatchObject([{ global: true }]);
  expect((await api.call('GET', '/clients?is_first_party=false')).body).toEqual([]);

  const seen: string[] = [];
  let from = '';
  do {
    const page = await api.call('GET', `/clients?take=2${from && `&from=${from}`}`);
    seen.push(...page.body.clients.map((client: { client_id: string }) => client.client_id));
    from = page.body.next ?? '';
  } while (from !== '');
  expect(new Set(seen).size).toBe(bare.body.length);
  expect(seen).toHaveLength(bare.body.length);
  expect((await api.call('GET', '/clients?from=!!')).status).toBe(400);
});

it('omits fields on request', async () => {
  const read = await api.call(
    'GET',
    `/clients/${BOOTSTRAP.id}?fields=name,callbacks&include_fields=false`,
  );
  expect(read.body).not.toHaveProperty('name');
  expect(read.body.client_id).toBe(BOOTSTRAP.id);
});

it('deletes, and answers 204 again after that', async () => {
  const { client_id } = await create({ name: 'gone' });
  expect((await api.call('DELETE', `/clients/${client_id}`)).status).toBe(204);
  expect((await api.call('DELETE', `/clients/${client_id}`)).status).toBe(204);
  expect(await api.call('GET', `/clients/${client_id}`)).toMatchObject({
    status: 404,
    body: {
      statusCode: 404,
      error: 'Not Found',
      message: 'The client does not exist',
      errorCode: 'inexistent_client',
    },
  });
});

it.each([
  [{}, "'Missing required property: name'."],
  [{ name: 'x', scopes: [] }, "'Additional properties not allowed: scopes'."],
  [
    { name: 1 },
    "'Expected type string but found type integer' on property name (Name of this client (min length: 1 character, does not allow `<` or `>`)).",
  ],
  [
    { name: '<b>' },
    "'String does not match pattern ^[^<>]+$' on property name (Name of this client (min length: 1 character, does not allow `<` or `>`)).",
  ],
  [
    { name: 'x', description: 'y'.repeat(141) },
    "'String is too long (141 chars), maximum 140' on property description (Free text description of this client (max length: 140 characters)).",
  ],
  [
    { name: 'x', app_type: 'robot' },
    "'No enum match for: robot' on property app_type (The type of application this client represents).",
  ],
  [
    { name: 'x', initiate_login_uri: 'http://shop.test' },
    "'Object didn't pass validation for format absolute-https-uri-with-placeholders-or-empty: http://shop.test' on property initiate_login_uri (Initiate login uri, must be https).",
  ],
  [
    { name: 'x', refresh_token: { rotation_type: 'rotating' } },
    "'Missing required property: expiration_type' on property refresh_token (Refresh token configuration).",
  ],
  [
    { name: 'x', callbacks: ['https://a.test', 'javascript:alert(1)'] },
    "'Object didn't pass validation for format callback-url: javascript:alert(1)' on property callbacks[1].",
  ],
  [[], "'Expected type object but found type array'."],
])('answers %j in the words clients know', async (body, message) => {
  expect(await api.call('POST', '/clients', body)).toMatchObject({
    status: 400,
    body: {
      statusCode: 400,
      error: 'Bad Request',
      message: `Payload validation error: ${message}`,
      errorCode: 'invalid_body',
    },
  });
});

it('shortens a wrong value in its message', async () => {
  const long = 'x'.repeat(100_000);
  for (const body of [
    { name: 'x', app_type: long },
    { name: 'x', [long]: 1 },
    { name: 'x', logo_uri: long },
  ]) {
    const answer = await api.call('POST', '/clients', body);
    expect(answer.status).toBe(400);
    expect(answer.body.message.length).toBeLessThan(400);
  }
});

it('names the error of a query', async () => {
  expect((await api.call('GET', '/clients?per_page=101')).body).toMatchObject({
    message:
      "Query validation error: 'Value 101 is greater than maximum 100' on property per_page (Results per page. Default: 50. Maximum: 100).",
    errorCode: 'invalid_query_string',
  });
  expect((await api.call('GET', '/clients?nonsense=1')).body.message).toBe(
    "Query validation error: 'Additional properties not allowed: nonsense'.",
  );
});

it('accepts a login address on the loopback host for development', async () => {
  for (const uri of [
    'http://localhost:3000/login',
    'http://127.0.0.1:8080/',
    'https://a.test',
    '',
  ]) {
    const { status } = await api.call('POST', '/clients', { name: 'x', initiate_login_uri: uri });
    expect(status, uri).toBe(201);
  }
  for (const uri of ['http://localhost.evil.test', 'http://10.0.0.1', 'javascript:x', 'https://']) {
    const { status } = await api.call('POST', '/clients', { name: 'x', initiate_login_uri: uri });
    expect(status, uri).toBe(400);
  }
});

it('accepts a form like JSON', async () => {
  const form = (body: string) =>
    api.call('POST', '/clients', body, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const answer = await form('name=Form&is_first_party=true&callbacks=https%3A%2F%2Fa.test');
  expect(answer.status).toBe(201);
  expect(answer.body).toMatchObject({
    name: 'Form',
    is_first_party: true,
    callbacks: ['https://a.test'],
  });
  expect((await form('name=Form&other=1')).status).toBe(400);
});

it('lets only callers who may act as the client set its secret', async () => {
  const { client_id } = await create({ name: 'powerful' });
  const before = (await findClient(api.database.db, client_id))?.secretHash;
  const set = async (scope: string, body: object) =>
    api.call('PATCH', `/clients/${client_id}`, body, { token: await api.token({ scope }) });
  const mine = { client_secret: 'a-secret-of-my-own-making' };

  expect(await set('update:clients', mine)).toMatchObject({
    status: 403,
    body: { errorCode: 'insufficient_scope' },
  });
  expect((await findClient(api.database.db, client_id))?.secretHash).toEqual(before);
  expect((await set('update:clients', { name: 'renamed' })).status).toBe(200);
  expect((await set('update:client_keys', mine)).status).toBe(200);
  expect((await findClient(api.database.db, client_id))?.secretHash).toEqual(
    sha256(mine.client_secret),
  );
});
