import { beforeAll, describe, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;

beforeAll(async () => {
  api = await startManagementApi();
});

const create = (body: object) => api.call('POST', '/connections', body);

test.each([
  [
    'auth0',
    { custom_password_hash: {} },
    'The action_id field value cannot be empty, null or undefined',
  ],
  [
    'auth0',
    { set_user_root_attributes: 'on_first_login' },
    'options.set_user_root_attributes can be set only for enterprise connections, social connections or custom database connections (using external users store)',
  ],
  [
    'auth0',
    {
      attributes: {
        phone_number: { identifier: { active: true }, signup: { status: 'optional' } },
      },
    },
    'attribute phone_number must also be required on signup',
  ],
  [
    'sms',
    { twilio_sid: 'AC1' },
    "Payload validation error: 'must be left out, because a connection of strategy sms has no such option' on property options.twilio_sid.",
  ],
  [
    'email',
    { totp: { length: 20 } },
    "Payload validation error: 'Value 20 is greater than maximum 12' on property options.totp.length.",
  ],
])('a connection of strategy %s with %j is refused', async (strategy, options, message) => {
  const { status, body } = await create({ name: 'refused', strategy, options });
  expect([status, body.message]).toEqual([400, message]);
});

test('a connection of an unknown strategy is refused', async () => {
  const { status, body } = await create({ name: 'refused', strategy: 'myspace' });
  expect([status, body.message]).toEqual([
    400,
    "Payload validation error: 'No enum match for: myspace' on property strategy (Strategy. `auth0` is a database of this server).",
  ]);
});

test('users can still be linked to a provider that an earlier version stored, and has no login', async () => {
  const { body: store } = await create({
    name: 'of-people',
    strategy: 'auth0',
    enabled_clients: ['bootstrap'],
  });
  const { body: kept } = await create({ name: 'twitter', strategy: 'auth0' });
  const { database } = api;
  await database.execute(`update connections set strategy = 'twitter' where id = $1`, [kept.id]);
  const user = await api.call('POST', '/users', {
    connection: store.name,
    email: 'a@linked.test',
    verify_email: false,
  });
  const path = `/users/${encodeURIComponent(user.body.user_id)}/identities`;
  const link = { provider: 'twitter', connection_id: kept.id, user_id: '4711' };
  expect((await api.call('POST', path, link)).body[1]).toEqual({
    connection: 'twitter',
    provider: 'twitter',
    user_id: '4711',
    isSocial: true,
    profileData: {},
  });
  const refused = await api.call('PATCH', `/connections/${kept.id}`, { options: {} });
  expect([refused.status, refused.body.message]).toEqual([
    400,
    expect.stringMatching(/must be auth0, email, sms, .*, because /),
  ]);
});

describe('names of connections', () => {
  test('are free again as soon as a connection is deleted', async () => {
    const first = await create({ name: 'again', strategy: 'auth0' });
    expect((await create({ name: 'again', strategy: 'auth0' })).status).toBe(409);
    const gone = await api.call('DELETE', `/connections/${first.body.id}`);
    expect([gone.status, gone.body]).toEqual([202, { deleted_at: expect.any(String) }]);
    expect((await api.call('DELETE', `/connections/${first.body.id}`)).status).toBe(204);
    expect((await api.call('GET', `/connections/${first.body.id}`)).status).toBe(404);
    expect((await create({ name: 'again', strategy: 'auth0' })).status).toBe(201);
    const listed = await api.call('GET', '/connections?name=again');
    expect(listed.body).toHaveLength(1);
  });

  test('and realms belong to one connection', async () => {
    await create({ name: 'realm-one', strategy: 'auth0', realms: ['shared-realm'] });
    const { status, body } = await create({
      name: 'realm-two',
      strategy: 'auth0',
      realms: ['shared-realm'],
    });
    expect([status, body.message]).toEqual([
      409,
      'There is already another connection with some realms from "realms" parameter',
    ]);
    expect((await api.call('GET', '/connections?name=realm-two')).body).toEqual([]);
  });
});

test('the status of a connection without a connector is 404', async () => {
  const { body } = await create({ name: 'no-connector', strategy: 'auth0' });
  const known = await api.call('GET', `/connections/${body.id}/status`);
  expect([known.status, known.body.message]).toEqual([404, 'not connected to any node']);
  const unknown = await api.call('GET', '/connections/con_0000000000000000/status');
  expect([unknown.status, unknown.body.message]).toEqual([404, 'Connection not found.']);
});
