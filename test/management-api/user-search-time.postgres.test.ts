import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import { insertUser } from '../../src/records/users/users.ts';
import { startManagementApi } from './fixture.ts';

it('a search that takes too long is stopped, and said to be too wide', async () => {
  const api = await startManagementApi();
  const { db } = api.database;
  const held = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  // Whoever holds the table makes any search wait, as a table too large to be read in time would.
  const holder = db.transaction().execute(async (tx) => {
    await sql`lock table users in access exclusive mode`.execute(tx);
    locked.resolve();
    await held.promise;
  });
  await locked.promise;
  const answer = await api.call('GET', '/users?q=name:a*&search_engine=v3');
  held.resolve();
  await holder;
  expect(answer.status).toBe(503);
  expect(answer.body).toEqual({
    statusCode: 503,
    error: 'Service Unavailable',
    message:
      'The query exceeded the timeout. Please try refining your search criteria. See https://auth0.com/docs/best-practices/search-best-practices.',
  });
  // The connections are as they were: no limit is left behind.
  const { rows } = await sql<{ limit: string }>`
    select current_setting('statement_timeout') as limit from generate_series(1, 1)`.execute(db);
  expect(rows).toEqual([{ limit: '0' }]);
  expect((await api.call('GET', '/users?q=name:a*')).status).toBe(200);
});

it('a search whose first plan takes too long goes on with another one, to the same answer', async () => {
  const api = await startManagementApi();
  const { db } = api.database;
  const now = new Date();
  const { id: connectionId } = await ensureDefaultConnection(db, now);
  const insert = (localId: string, domain: string) =>
    insertUser(db, { connectionId, localId, email: `${localId}@${domain}`, now });
  for (const name of ['ada', 'bea', 'cyd', 'dot']) await insert(name, 'x.test');
  for (const name of ['abe', 'bob', 'zed']) await insert(name, 'y.test');
  const path =
    '/users?q=email:*@x.test&sort=email:-1&per_page=2&page=1&fields=user_id&include_totals=true';
  const expected = [{ user_id: 'auth0|bea' }, { user_id: 'auth0|ada' }];
  expect((await api.call('GET', path)).body.users).toEqual(expected);
  const answer = await db.transaction().execute(async (tx) => {
    await sql`lock table users in access exclusive mode`.execute(tx);
    const searching = api.call('GET', path);
    // Longer than the first plan has, and shorter than the second one.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { searching };
  });
  const { status, body } = await answer.searching;
  expect(status).toBe(200);
  expect(body).toMatchObject({ users: expected, total: 4 });
});

it('a list in an order without an index ends in time as well', async () => {
  const api = await startManagementApi();
  const { db } = api.database;
  const held = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holder = db.transaction().execute(async (tx) => {
    await sql`lock table users in access exclusive mode`.execute(tx);
    locked.resolve();
    await held.promise;
  });
  await locked.promise;
  const { status, body } = await api.call('GET', '/users?sort=family_name:1');
  held.resolve();
  await holder;
  expect([status, body.message]).toEqual([
    503,
    expect.stringMatching(/^The query exceeded the timeout\./),
  ]);
});
