import { sql } from 'kysely';
import { expect, it } from 'vitest';
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
