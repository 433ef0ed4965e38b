import { beforeAll, expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { countPeople, ended, upload, type WireJob } from './import-jobs.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

// Sixteen files with the same five thousand users in different orders, so that rows of one file meet rows of all others.
const PEOPLE = 5000;
const shuffled = (seed: number) =>
  Array.from({ length: PEOPLE }, (_, i) => ({
    email: `p${(i * 7919 + seed * 613) % PEOPLE}@overlap.test`,
  }));

test.each([
  'false',
  'true',
])('sixteen simultaneous imports of the same users create each user once (upsert=%s)', async (upsert) => {
  await server.app.database.execute(
    "delete from user_identifiers where identifier like '%@overlap.test'; delete from users where email like '%@overlap.test'",
  );
  const jobs = await atOnce(16, async (n) => {
    const { status, body } = await upload(server, shuffled(n), {
      upsert,
      send_invitations: 'true',
    });
    expect(status).toBe(202);
    return body.id;
  });
  const results: WireJob[] = [];
  for (const id of jobs) results.push(await ended(server, id, 120));
  const sum = (name: 'inserted' | 'updated' | 'failed') =>
    results.reduce((total, job) => total + (job.summary?.[name] ?? 0), 0);
  expect(results.map((job) => job.status)).toEqual(results.map(() => 'completed'));
  expect(await countPeople(server, '%@overlap.test')).toBe(PEOPLE);
  expect(sum('inserted')).toBe(PEOPLE);
  expect(sum('inserted') + sum('updated') + sum('failed')).toBe(16 * PEOPLE);
  if (upsert === 'false') expect(sum('updated')).toBe(0);
  const { rows } = await server.app.database.execute(
    "select count(*)::int as n, count(distinct user_id)::int as people from invitations where email like '%@overlap.test'",
  );
  expect(rows[0]).toEqual({ n: PEOPLE, people: PEOPLE });
}, 180_000);
