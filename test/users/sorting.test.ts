import { beforeAll, describe, expect, test } from 'vitest';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import { insertUser, recordLogin, updateUser } from '../../src/records/users/users.ts';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;
const DAY = 24 * 3600 * 1000;

// Ada logged in last, Bea before her, and Cyd never. Cyd alone has neither family name nor number.
beforeAll(async () => {
  api = await startManagementApi();
  const { db } = api.database;
  const now = new Date();
  const { id: connectionId } = await ensureDefaultConnection(db, now);
  const people = [
    { localId: 'ada', familyName: 'Zuse', phoneNumber: '+4911', daysAgo: 1 },
    { localId: 'bea', familyName: 'Berg', phoneNumber: '+4922', daysAgo: 2 },
    { localId: 'cyd', familyName: null, phoneNumber: null, daysAgo: null },
  ];
  for (const { localId, daysAgo, ...profile } of people) {
    await insertUser(db, {
      connectionId,
      localId,
      email: `${localId}@x.test`,
      ...profile,
      now,
    });
    if (daysAgo === null) continue;
    const at = new Date(now.getTime() - daysAgo * DAY);
    await recordLogin(db, { userId: `auth0|${localId}`, ip: '203.0.113.1', at });
    await updateUser(db, `auth0|${localId}`, { lastPasswordReset: at }, now);
  }
});

const ids = async (query: string) => {
  const { status, body } = await api.call('GET', `/users?fields=user_id${query}`);
  expect(status).toBe(200);
  return body.map((user: { user_id: string }) => user.user_id.replace('auth0|', ''));
};

describe.each(['', '&q=*', '&q=email:*@x.test'])('users are listed (%s)', (q) => {
  test.each([
    ['last_login:-1', ['ada', 'bea', 'cyd']],
    ['last_login:1', ['bea', 'ada', 'cyd']],
    ['last_password_reset:-1', ['ada', 'bea', 'cyd']],
    ['family_name:1', ['bea', 'ada', 'cyd']],
    ['family_name:-1', ['ada', 'bea', 'cyd']],
    ['phone_number:-1', ['bea', 'ada', 'cyd']],
    ['email:-1', ['cyd', 'bea', 'ada']],
  ])('by %s, with users without a value last', async (sort, expected) => {
    expect(await ids(`${q}&sort=${sort}`)).toEqual(expected);
  });
});

test.each([
  'user_metadata:1',
  'app_metadata:1',
  'password:1',
  'linked_to:1',
  'constructor:1',
])('users cannot be sorted by %s', async (sort) => {
  const { status, body } = await api.call('GET', `/users?sort=${sort}`);
  expect([status, body.errorCode]).toEqual([400, 'invalid_query_string']);
});

test('fields that are always absent may be requested', async () => {
  const { body } = await api.call(
    'GET',
    '/users/auth0%7Cada?fields=user_id,multifactor,multifactor_last_modified',
  );
  expect(body).toEqual({ user_id: 'auth0|ada' });
  const logs = await api.call('GET', '/logs?fields=log_id,location_info,security_context');
  expect([logs.status, logs.body]).toEqual([200, []]);
});
