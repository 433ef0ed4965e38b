import { beforeAll, expect, it } from 'vitest';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;

const idOf = (number: number) => `auth0|u${String(number).padStart(5, '0')}`;
const between = (first: number, last: number) =>
  Array.from({ length: Math.abs(last - first) + 1 }, (_, index) =>
    idOf(first < last ? first + index : first - index),
  );

// 10,003 users, of whom 10,000 and 9,999 share a property, and one more who is an identity of the first.
beforeAll(async () => {
  api = await startManagementApi();
  const { id } = await ensureDefaultConnection(api.database.db, new Date());
  await api.database.execute(
    `insert into users (id, connection_id, email, name, given_name, family_name, created_at, linked_to, linked_at)
     select 'auth0|u' || lpad(i::text, 5, '0'), $1, 'u' || i || '@many.test', case when i % 3 > 0 then 'Name ' || i % 7 end,
       case when i > 3 then 'Ten' end, case when i > 4 then 'Nine' end,
       timestamptz '2026-01-01T00:00:00Z' - i * interval '1 minute',
       case when i = 10004 then 'auth0|u00001' end, case when i = 10004 then now() end
     from generate_series(1, 10004) as i`,
    [id],
  );
});

async function search(q: string, more: string) {
  const path = `/users?q=${encodeURIComponent(q)}&fields=user_id&include_totals=true${more}`;
  const { status, body } = await api.call('GET', path);
  expect(status, JSON.stringify(body)).toBe(200);
  return {
    total: body.total,
    ids: body.users.map((user: { user_id: string }) => user.user_id),
  };
}

it('the total ends at 10,000, and the pages are the same as without it', async () => {
  expect(await search('email:u*', '&per_page=3')).toEqual({ total: 10_000, ids: between(1, 3) });
  expect(await search('email:u*', '&per_page=3&page=2&sort=created_at:1')).toEqual({
    total: 10_000,
    ids: between(9997, 9995),
  });
});

it('the total is exact below 10,000', async () => {
  expect((await search('given_name:ten', '&per_page=2')).total).toBe(10_000);
  expect(await search('family_name:nine', '&per_page=3&page=1&sort=created_at:-1')).toEqual({
    total: 9_999,
    ids: between(8, 10),
  });
});

it('neither totals nor pages have identities that are linked to a user', async () => {
  expect(await search('email:u1000*', '')).toEqual({
    total: 5,
    ids: [idOf(1000), ...between(10_000, 10_003)],
  });
});

it.each([
  'created_at',
  'updated_at',
  'email',
  'name',
  'last_login',
  'logins_count',
  'user_id',
])('a page sorted by %s is the same with the total and without', async (field) => {
  for (const direction of ['1', '-1']) {
    for (const q of ['email:u9*', 'given_name:ten']) {
      const more = `&per_page=20&page=3&sort=${field}:${direction}`;
      const { body } = await api.call('GET', `/users?q=${q}&fields=user_id${more}`);
      const { ids } = await search(q, more);
      expect(ids, `${q} ${direction}`).toHaveLength(20);
      expect(ids).toEqual(body.map((user: { user_id: string }) => user.user_id));
    }
  }
});

it('a total that ended at 10,000 stays the same while its pages are read, and the pages are current', async () => {
  const q = 'given_name:ten AND email:*@many.test';
  expect((await search(q, '&per_page=2')).total).toBe(10_000);
  await api.database.execute(`update users set given_name = 'Other' where id <> 'auth0|u00007'`);
  expect(await search(q, '&per_page=2')).toEqual({ total: 10_000, ids: [idOf(7)] });
  expect(await search(`${q} AND family_name:nine`, '')).toEqual({ total: 1, ids: [idOf(7)] });
});
