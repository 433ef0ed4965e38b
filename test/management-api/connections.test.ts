import { beforeAll, expect, it } from 'vitest';
import { BOOTSTRAP, type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

const create = async (body: object) =>
  (await api.call('POST', '/connections', { strategy: 'auth0', ...body })).body;
const clientId = async () => (await api.call('POST', '/clients', { name: 'c' })).body.client_id;

it('finds the default connection, enabled for the first client', async () => {
  const { body } = await api.call('GET', '/connections?name=Username-Password-Authentication');
  expect(body).toHaveLength(1);
  expect(body[0]).toMatchObject({
    strategy: 'auth0',
    enabled_clients: [BOOTSTRAP.id],
    realms: ['Username-Password-Authentication'],
    options: { passwordPolicy: 'good', password_history: { size: 5, enable: false } },
  });
});

it('creates a connection with the recorded defaults', async () => {
  const answer = await api.call('POST', '/connections', { name: 'staff', strategy: 'auth0' });
  expect(answer.status).toBe(201);
  expect(answer.body).toEqual({
    id: expect.stringMatching(/^con_[A-Za-z0-9]{16}$/),
    options: {
      mfa: { active: true, return_enroll_settings: true },
      passwordPolicy: 'good',
      strategy_version: 2,
      authentication_methods: {
        password: { enabled: true, api_behavior: 'required' },
        passkey: { enabled: false },
        email_otp: { enabled: false },
        phone_otp: { enabled: false },
      },
      passkey_options: {
        challenge_ui: 'both',
        progressive_enrollment_enabled: true,
        local_enrollment_enabled: true,
      },
      brute_force_protection: true,
    },
    strategy: 'auth0',
    name: 'staff',
    is_domain_connection: false,
    authentication: { active: true },
    connected_accounts: { active: false },
    enabled_clients: [],
    realms: ['staff'],
    // The one value that each can have.
    show_as_button: true,
    cross_app_access_requesting_app: { active: false },
  });
  expect(
    await api.call('POST', '/connections', { name: 'staff', strategy: 'auth0' }),
  ).toMatchObject({
    status: 409,
    body: { error: 'Conflict', message: 'A connection with the same name already exists' },
  });
});

it('replaces all options on a change', async () => {
  const { id } = await create({
    name: 'options',
    options: { disable_signup: true, precedence: ['username', 'email', 'phone_number'] },
  });
  const read = (await api.call('GET', `/connections/${id}`)).body;
  expect(read.options).toMatchObject({ disable_signup: true });
  const { status, body } = await api.call('PATCH', `/connections/${id}`, {
    options: { passwordPolicy: 'excellent' },
    show_as_button: true,
    metadata: { a: 'b', c: null },
  });
  expect(status).toBe(200);
  expect(body.options).toEqual({ passwordPolicy: 'excellent' });
  expect(body).toMatchObject({ metadata: { a: 'b' } });
  await api.call('PATCH', `/connections/${id}`, { display_name: 'Shown' });
  expect((await api.call('GET', `/connections/${id}`)).body).toMatchObject({
    display_name: 'Shown',
    options: { passwordPolicy: 'excellent' },
  });
});

it.each([
  [{ passwordPolicy: 'perfect' }, /No enum match for: perfect' on property options.passwordPolicy/],
  [
    { password_history: { enable: true, size: 25 } },
    /'Value 25 is greater than maximum 24' on property options.password_history.size/,
  ],
  [
    { disable_signup: 'yes' },
    /'Expected type boolean but found type string' on property options.disable_signup/,
  ],
  [
    { attributes: { email: { identifier: { active: true } } }, requires_username: true },
    /^Cannot set both options.attributes and options.requires_username$/,
  ],
  [
    { attributes: { email: {}, username: { identifier: { active: false } } } },
    /^attributes must contain one active identifier$/,
  ],
])('refuses the options %j', async (options, message) => {
  const answer = await api.call('POST', '/connections', {
    name: 'bad',
    strategy: 'auth0',
    options,
  });
  expect(answer).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } });
  expect(answer.body.message).toMatch(message);
});

it('accepts the password rules, and the longer list of common passwords', async () => {
  const known = {
    password_options: {
      complexity: { min_length: 12, character_types: ['special'], sequential_characters: 'block' },
      dictionary: { active: true, default: 'en_100k' },
      history: { active: true, size: 3 },
    },
  };
  const made = await api.call('POST', '/connections', {
    name: 'strict',
    strategy: 'auth0',
    options: known,
  });
  expect(made.status).toBe(201);
});

it('enables and disables clients', async () => {
  const [one, two] = [await clientId(), await clientId()];
  const { id } = await create({ name: 'shared', enabled_clients: [one] });
  const patch = await api.call('PATCH', `/connections/${id}/clients`, [
    { client_id: two, status: true },
    { client_id: one, status: false },
  ]);
  expect(patch).toMatchObject({ status: 204, body: undefined });
  expect((await api.call('GET', `/connections/${id}/clients`)).body).toEqual({
    clients: [{ client_id: two }],
  });
  expect((await api.call('GET', `/connections/${id}`)).body.enabled_clients).toEqual([two]);
  await api.call('PATCH', `/connections/${id}`, { enabled_clients: [one, two] });
  const page = await api.call('GET', `/connections/${id}/clients?take=1`);
  expect(page.body.clients).toHaveLength(1);
  const rest = await api.call('GET', `/connections/${id}/clients?from=${page.body.next}`);
  expect(rest.body.clients).toHaveLength(1);
  expect(rest.body).not.toHaveProperty('next');
  const mine = await api.call('GET', `/clients/${one}/connections`);
  expect(mine.body.connections.map((connection: { id: string }) => connection.id)).toEqual([id]);
});

it('changes nothing if one of the clients does not exist', async () => {
  const each = await clientId();
  const { id } = await create({ name: 'careful', enabled_clients: [each] });
  const answer = await api.call('PATCH', `/connections/${id}/clients`, [
    { client_id: each, status: false },
    { client_id: 'nobody', status: true },
  ]);
  expect(answer).toMatchObject({ status: 404, body: { message: 'The client does not exist' } });
  expect((await api.call('GET', `/connections/${id}`)).body.enabled_clients).toEqual([each]);
  const made = await api.call('POST', '/connections', {
    name: 'never',
    strategy: 'auth0',
    enabled_clients: ['nobody'],
  });
  expect(made.status).toBe(404);
  expect((await api.call('GET', '/connections?name=never')).body).toEqual([]);
});

it('deletes with 202, and answers 204 after that', async () => {
  const { id } = await create({ name: 'short' });
  const first = await api.call('DELETE', `/connections/${id}`);
  expect(first.status).toBe(202);
  expect(first.body).toEqual({ deleted_at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) });
  expect(await api.call('DELETE', `/connections/${id}`)).toMatchObject({ status: 204 });
  for (const [method, body] of [['GET'], ['PATCH', { display_name: 'x' }]] as const) {
    expect((await api.call(method, `/connections/${id}`, body)).body).toEqual({
      statusCode: 404,
      error: 'Not Found',
      message: 'The connection does not exist',
      errorCode: 'inexistent_connection',
    });
  }
});

it('refuses unsupported strategies and invalid names', async () => {
  const bad = await api.call('POST', '/connections', { name: '-x-', strategy: 'auth0' });
  expect(bad.body.message).toBe(
    "Payload validation error: 'String does not match pattern ^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$' on property name (Name of the connection. It cannot be changed).",
  );
  const renamed = await api.call('PATCH', '/connections/x', { name: 'other' });
  expect(renamed.body.message).toBe(
    "Payload validation error: 'Additional properties not allowed: name'.",
  );
});

it('names the existing fields after a request for another', async () => {
  const answer = await api.call('GET', '/connections?fields=users');
  expect(answer).toMatchObject({ status: 400, body: { errorCode: 'invalid_query_string' } });
  expect(answer.body.message).toContain(
    "'String 'users' does not match pattern. Must be a comma separated list of the following values: id,name,",
  );
  const some = await api.call(
    'GET',
    '/connections?fields=id,name&strategy=auth0&include_totals=true',
  );
  expect(some.body).toMatchObject({ start: 0, limit: 100 });
  for (const connection of some.body.connections)
    expect(Object.keys(connection).sort()).toEqual(['id', 'name']);
});
