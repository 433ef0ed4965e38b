import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Db } from '../../src/platform/db/db.ts';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import { insertUser } from '../../src/records/users/users.ts';
import { startManagementApi } from './fixture.ts';

/** Locks the table, so that any search waits as with a huge table. @returns releases the lock */
async function holdUsers(db: Db): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holder = db.transaction().execute(async (tx) => {
    await sql`lock table users in access exclusive mode`.execute(tx);
    locked.resolve();
    await held.promise;
  });
  await locked.promise;
  return async () => {
    held.resolve();
    await holder;
  };
}

it('a search that takes too long is stopped and reported as too wide', async () => {
  const api = await startManagementApi();
  const { db } = api.database;
  const release = await holdUsers(db);
  const answer = await api.call('GET', '/users?q=name:a*&search_engine=v3');
  await release();
  expect(answer.status).toBe(503);
  expect(answer.body).toEqual({
    statusCode: 503,
    error: 'Service Unavailable',
    message:
      'The query exceeded the timeout. Please try refining your search criteria. See https://auth0.com/docs/best-practices/search-best-practices.',
  });
  expect((await api.call('GET', '/users?q=name:a*')).status).toBe(200);
  // The connections are unchanged: every statement has the same limit, and no cost setting remains.
  const { rows } = await sql`
    select name from pg_settings where source = 'session'
      and name in ('statement_timeout', 'jit', 'seq_page_cost', 'random_page_cost')
      and (name, setting) <> ('statement_timeout', '60000')`.execute(db);
  expect(rows).toEqual([]);
});

it.each([
  ['', (users: unknown[]) => users],
  [
    '&include_totals=true',
    (users: unknown[]) => ({ start: 2, limit: 2, length: 2, users, total: 4 }),
  ],
])('a search whose first plan takes too long continues with another one, with the same result %s', async (more, answerOf) => {
  const api = await startManagementApi();
  const { db } = api.database;
  const now = new Date();
  const { id: connectionId } = await ensureDefaultConnection(db, now);
  const insert = (localId: string, domain: string) =>
    insertUser(db, { connectionId, localId, email: `${localId}@${domain}`, now });
  for (const name of ['ada', 'bea', 'cyd', 'dot']) await insert(name, 'x.test');
  for (const name of ['abe', 'bob', 'zed']) await insert(name, 'y.test');
  const path = `/users?q=email:*@x.test&sort=email:-1&per_page=2&page=1&fields=user_id${more}`;
  const expected = answerOf([{ user_id: 'auth0|bea' }, { user_id: 'auth0|ada' }]);
  expect((await api.call('GET', path)).body).toEqual(expected);
  const answer = await db.transaction().execute(async (tx) => {
    await sql`lock table users in access exclusive mode`.execute(tx);
    const searching = api.call('GET', path);
    // Longer than the first plan has, and shorter than the second one.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { searching };
  });
  const { status, body } = await answer.searching;
  expect(status).toBe(200);
  expect(body).toEqual(expected);
});

it('a list in an order without an index ends in time as well', async () => {
  const api = await startManagementApi();
  const { db } = api.database;
  const release = await holdUsers(db);
  const { status, body } = await api.call('GET', '/users?sort=family_name:1');
  await release();
  expect([status, body.message]).toEqual([
    503,
    expect.stringMatching(/^The query exceeded the timeout\./),
  ]);
});
