import { beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';
import { ended, upload } from '../imports/import-jobs.ts';

type Listed = { jobs: { id: string; type: string; status: string }[]; next?: string };

let server: TestServer;
const ids: string[] = [];
beforeAll(async () => {
  server = await startServer();
  for (let i = 0; i < 5; i++) {
    const { body } = await upload(server, [{ email: `p${i}@jobs.test` }]);
    await ended(server, body.id);
    ids.unshift(body.id);
  }
});

const list = (query: string) => server.api<Listed>('GET', `/api/v2/jobs${query}`);

test('jobs are listed newest first in pages, each once', async () => {
  const seen: string[] = [];
  let from = '';
  do {
    const { body } = await list(`?take=2${from && `&from=${from}`}`);
    seen.push(...body.jobs.map((job) => job.id));
    from = body.next ?? '';
  } while (from !== '');
  expect(seen).toEqual(ids);
});

test('jobs of one moment are listed once each', async () => {
  await server.app.database.execute("update jobs set created_at = '2026-01-01T00:00:00Z'");
  const { body: first } = await list('?take=3');
  const { body: second } = await list(`?take=3&from=${first.next}`);
  const seen = [...first.jobs, ...second.jobs].map((job) => job.id);
  expect(seen.toSorted()).toEqual(ids.toSorted());
  expect(second.next).toBeUndefined();
});

test('a listed job equals the job itself', async () => {
  const { body } = await list('?take=1');
  const { body: alone } = await server.api('GET', `/api/v2/jobs/${body.jobs[0]?.id}`);
  expect(body.jobs[0]).toEqual(alone);
});

test('a client that may not read users finds no link to an export', async () => {
  const asked = { format: 'json', fields: [{ name: 'email' }] };
  const { body } = await server.api<{ id: string }>('POST', '/api/v2/jobs/users-exports', asked);
  await ended(server, body.id);
  const shownTo = async (scope: string) => {
    const token = await server.token([scope]);
    const path = `/api/v2/jobs/${body.id}`;
    return (await server.api<{ location?: string }>('GET', path, undefined, { token })).body;
  };
  expect((await shownTo('read:users')).location).toBeTypeOf('string');
  expect((await shownTo('create:users')).location).toBeUndefined();
  await server.app.database.execute('delete from jobs where id = $1', [body.id]);
});

test('unfinished uploads and filtered jobs are not listed', async () => {
  const { body } = await list('?type=users_export');
  expect(body).toEqual({ jobs: [] });
  const asked = { format: 'csv', fields: [{ name: 'email', export_as: 'Mail' }] };
  const { body: made } = await server.api<{ id: string }>(
    'POST',
    '/api/v2/jobs/users-exports',
    asked,
  );
  await ended(server, made.id);
  const { body: exports } = await list('?type=users_export&status=completed');
  expect(exports.jobs).toMatchObject([{ id: made.id, ...asked }]);
  await server.app.database.execute("update jobs set status = 'uploading' where id = $1", [
    made.id,
  ]);
  expect((await list('?type=users_export')).body).toEqual({ jobs: [] });
});

test.each([
  '?type=nonsense',
  '?status=uploading',
  '?take=101',
  `?from=${Buffer.from('1,job_0000000000000000').toString('base64url')}`,
])('%s is refused', async (query) => {
  expect((await list(query)).status).toBe(400);
});
