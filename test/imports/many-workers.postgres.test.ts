import { expect, test } from 'vitest';
import { importUsersHandlers } from '../../src/flows/import-users/import-users.ts';
import { sendInvitationsHandlers } from '../../src/flows/send-invitations/send-invitations.ts';
import { atOnce } from '../harness/factories.ts';
import { startServer } from '../harness/harness.ts';
import { ended, upload } from './import-jobs.ts';

const ROWS = 4500;

test('sixteen workers do each segment of a job once, and one of them ends the job', async () => {
  // This node answers requests only: no other worker takes part.
  const server = await startServer({ role: 'web', databasePoolSize: 16 });
  const deps = { ...server.app.deps, lanes: 1 };
  const endings = async () =>
    (await server.api<unknown[]>('GET', '/api/v2/logs?q=type:sui')).body.length;

  const people = Array.from({ length: ROWS }, (_, i) => ({ email: `p${i}@workers.test` }));
  const { body: imported } = await upload(server, people);
  await workedOnAtOnce(importUsersHandlers(deps), { jobId: imported.id, lane: 0 });
  expect(await ended(server, imported.id, 1)).toMatchObject({
    status: 'completed',
    summary: { inserted: ROWS, updated: 0, failed: 0, total: ROWS },
  });
  await expect.poll(endings).toBe(1);

  // As after a crash between the last segment and the end of the job.
  await server.app.database.execute(
    "update jobs set status = 'processing', finished_at = null where id = $1",
    [imported.id],
  );
  await workedOnAtOnce(importUsersHandlers(deps), { jobId: imported.id, lane: 0 });
  await expect.poll(endings).toBe(2);

  const { body: invited } = await server.api<{ id: string }>('POST', '/api/v2/invitations', {
    job_id: imported.id,
  });
  await workedOnAtOnce(sendInvitationsHandlers(deps), { jobId: invited.id });
  expect(await ended(server, invited.id, 1)).toMatchObject({
    status: 'completed',
    invitations: { invited: ROWS, already_invited: 0 },
  });
  expect(await endings()).toBe(2);
}, 60_000);

function workedOnAtOnce(
  handlers: ReturnType<typeof importUsersHandlers>,
  data: { jobId: string; lane?: number },
): Promise<unknown> {
  return atOnce(16, async () => {
    for (const { handler } of handlers) await handler(data, new AbortController().signal);
  });
}
