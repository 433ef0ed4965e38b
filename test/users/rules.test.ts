import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_CONNECTION } from '../../src/records/connections/connections.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;

beforeAll(async () => {
  api = await startManagementApi();
  for (const [name, options] of [
    ['with-usernames', { requires_username: true }],
    [
      'with-long-usernames',
      { requires_username: true, validation: { username: { min: 3, max: 40 } } },
    ],
  ] as const) {
    await api.call('POST', '/connections', {
      name,
      strategy: 'auth0',
      enabled_clients: ['bootstrap'],
      options,
    });
  }
  await api.call('POST', '/connections', { name: 'for-nobody', strategy: 'auth0' });
  await api.call('POST', '/connections', {
    name: 'provider',
    strategy: 'auth0',
    enabled_clients: ['bootstrap'],
  });
  // An earlier version stored it like this.
  await api.database.execute(`update connections set strategy = 'github' where name = 'provider'`);
});

const pathOf = (id: string) => `/users/${encodeURIComponent(id)}`;
const create = (more: object = {}) =>
  api.call('POST', '/users', {
    connection: DEFAULT_CONNECTION,
    email: aPerson().email,
    verify_email: false,
    ...more,
  });

async function idOf(more: object = {}): Promise<string> {
  const { status, body } = await create(more);
  expect(status).toBe(201);
  return body.user_id;
}

describe('a new user', () => {
  test.each([
    [{ connection: 'nowhere' }, 'The connection does not exist.'],
    [{ connection: 'for-nobody' }, 'Connection is disabled.'],
    [
      { connection: 'provider' },
      'Connection does not support user creation through the API. It must either be a database or passwordless connection.',
    ],
    [{ username: 'ada' }, 'Cannot set username for connection without requires_username.'],
    [
      { identities: [] },
      "Payload validation error: 'Additional properties not allowed: identities'.",
    ],
    [
      { created_at: 'x' },
      "Payload validation error: 'Additional properties not allowed: created_at'.",
    ],
    [
      { logins_count: 5 },
      "Payload validation error: 'Additional properties not allowed: logins_count'.",
    ],
    [{ user_id: 'a b' }, /'String does not match pattern \^\\S\*\$' on property user_id/],
    [
      { phone_number: '0171' },
      /'String does not match pattern \^\\\+\[0-9\]\{1,15\}\$' on property phone_number/,
    ],
    [{ given_name: '' }, /'String is too short \(0 chars\), minimum 1' on property given_name/],
    [
      { given_name: 'x'.repeat(151) },
      /'String is too long \(151 chars\), maximum 150' on property given_name/,
    ],
    [{ name: 'x'.repeat(301) }, /maximum 300' on property name/],
    [{ email: `${'x'.repeat(65)}@x.test` }, /format email/],
    [{ picture: 'me.png' }, /on property picture/],
    [{ given_name: null }, /'Expected type string but found type null' on property given_name/],
    [{ app_metadata: { identities: [] } }, /identities' on property app_metadata/],
    [{ app_metadata: { blocked: true } }, /blocked' on property app_metadata/],
    [{ user_metadata: { 'a.b': 1 } }, /Keys cannot contain \. or \$/],
  ])('with the values %j is refused', async (more, message) => {
    const { status, body } = await create(more);
    expect([status, body.message]).toEqual([
      400,
      typeof message === 'string' ? message : expect.stringMatching(message),
    ]);
  });

  test.each([
    ['with-usernames', 'a'.repeat(15), 201],
    ['with-usernames', 'a'.repeat(16), 400],
    ['with-usernames', "a_+-.!#$'^`~@", 201],
    ['with-usernames', 'a b', 400],
    ['with-usernames', 'a@b.test', 400],
    ['with-usernames', '+4917155', 400],
    ['with-long-usernames', 'ab', 400],
    ['with-long-usernames', 'a'.repeat(40), 201],
  ])('in %s with the username %s answers %i', async (connection, username, expected) => {
    expect((await create({ connection, username })).status).toBe(expected);
  });
});

describe('a change of a user', () => {
  test.each([
    [
      { password: 'Tulip-77-Canal', email: 'x@x.test' },
      'Cannot update password and email simultaneously',
    ],
    [
      { password: 'Tulip-77-Canal', email_verified: true },
      'Cannot update password and email_verified simultaneously',
    ],
    [{ username: 'x', email: 'x@x.test' }, 'Cannot update username and email simultaneously'],
    [
      { username: 'x', email_verified: true },
      'Cannot update username and email_verified simultaneously',
    ],
    [
      { username: 'x', password: 'Tulip-77-Canal' },
      'Cannot update username and password simultaneously',
    ],
    [
      { user_id: 'auth0|me' },
      "Payload validation error: 'Additional properties not allowed: user_id'.",
    ],
    [
      { identities: [] },
      "Payload validation error: 'Additional properties not allowed: identities'.",
    ],
    [
      { created_at: '2020-01-01' },
      "Payload validation error: 'Additional properties not allowed: created_at'.",
    ],
    [
      { logins_count: 0 },
      "Payload validation error: 'Additional properties not allowed: logins_count'.",
    ],
    [{ last_password_reset: null }, /not allowed: last_password_reset/],
    [{ app_metadata: { user_id: 'x' } }, /user_id' on property app_metadata/],
    [{ email: null }, 'A user must keep an email, a username or a phone_number.'],
    [{ connection: 'nowhere' }, 'Connection does not exist.'],
    [{ connection: 'with-usernames' }, 'Connection is not supported for this operation.'],
  ])('to the values %j is refused', async (body, message) => {
    const id = await idOf();
    const before = (await api.call('GET', pathOf(id))).body;
    const answer = await api.call('PATCH', pathOf(id), body);
    expect([answer.status, answer.body.message]).toEqual([
      400,
      typeof message === 'string' ? message : expect.stringMatching(message),
    ]);
    expect((await api.call('GET', pathOf(id))).body).toEqual(before);
  });

  test('with unknown fields is refused, and null counts as nothing', async () => {
    const id = await idOf({
      given_name: 'Ada',
      picture: 'https://x.test/a.png',
      phone_number: '+491',
    });
    const unknown = await api.call('PATCH', pathOf(id), { shoe_size: 38, given_name: 'Eda' });
    expect([unknown.status, unknown.body.message]).toEqual([
      400,
      "Payload validation error: 'Additional properties not allowed: shoe_size'.",
    ]);
    const { status, body } = await api.call('PATCH', pathOf(id), {
      given_name: null,
      picture: null,
      phone_number: null,
    });
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('given_name');
    expect(body).not.toHaveProperty('phone_number');
    expect(body.picture).toContain('/u/pictures/');
  });

  test('to a new address or number makes it unverified by default', async () => {
    const id = await idOf({ email_verified: true, phone_number: '+4930', phone_verified: true });
    const patch = async (body: object) => (await api.call('PATCH', pathOf(id), body)).body;
    expect(await patch({ email: aPerson().email, phone_number: '+4931' })).toMatchObject({
      email_verified: false,
      phone_verified: false,
    });
    expect(
      await patch({
        email: aPerson().email,
        email_verified: true,
        phone_number: '+4932',
        phone_verified: true,
      }),
    ).toMatchObject({ email_verified: true, phone_verified: true });
  });

  test('needs an enabled connection', async () => {
    const made = await api.call('POST', '/connections', {
      name: 'soon-closed',
      strategy: 'auth0',
      enabled_clients: ['bootstrap'],
    });
    const id = await idOf({ connection: 'soon-closed', password: aPassword() });
    await api.call('PATCH', `/connections/${made.body.id}`, { enabled_clients: [] });
    for (const body of [{ email: aPerson().email }, { password: aPassword() }]) {
      const answer = await api.call('PATCH', pathOf(id), body);
      expect([answer.status, answer.body.message]).toEqual([
        400,
        'Cannot change email or password for users in a disabled connection.',
      ]);
    }
    expect((await api.call('PATCH', pathOf(id), { nickname: 'x' })).status).toBe(200);
  });

  test('in app_metadata alone has a scope of its own', async () => {
    const id = await idOf();
    const token = await api.token({ scope: 'update:users_app_metadata' });
    const patch = (body: object) => api.call('PATCH', pathOf(id), body, { token });
    expect((await patch({ app_metadata: { plan: 'gold' } })).body.app_metadata).toEqual({
      plan: 'gold',
    });
    for (const body of [{ blocked: true }, { app_metadata: {}, user_metadata: {} }]) {
      const { status, body: refused } = await patch(body);
      expect([status, refused.message]).toEqual([
        403,
        'Insufficient scope, expected any of: update:users',
      ]);
    }
  });

  test('with a self-service scope is refused for a machine client', async () => {
    const id = await idOf();
    const token = await api.token({
      scope:
        'read:current_user update:current_user_metadata update:current_user_identities delete:current_user',
    });
    const calls = [
      ['GET', pathOf(id), undefined],
      ['PATCH', pathOf(id), { user_metadata: { a: 1 } }],
      ['DELETE', pathOf(id), undefined],
      ['POST', `${pathOf(id)}/identities`, { link_with: 'x' }],
      ['DELETE', `${pathOf(id)}/identities/auth0/x`, undefined],
    ] as const;
    for (const [method, path, body] of calls) {
      const answer = await api.call(method, path, body, { token });
      expect([answer.status, answer.body.message]).toEqual([
        403,
        'User to be acted on does not match subject in bearer token.',
      ]);
    }
    expect((await api.call('GET', pathOf(id))).status).toBe(200);
  });
});
