import { expect, test } from 'vitest';
import { startServer } from '../harness/harness.ts';

test('a HEAD request for a job’s links does not use them up', async () => {
  const server = await startServer();
  await server.api('POST', '/api/v2/users', {
    connection: 'Username-Password-Authentication',
    email: 'ada@example.test',
    verify_email: false,
  });
  const { body: job } = await server.api<{ id: string }>(
    'POST',
    '/api/v2/jobs/password-change-tickets',
    { recipients: ['ada@example.test'] },
  );
  const path = `/api/v2/jobs/${job.id}/tickets`;
  await expect
    .poll(async () => (await server.api('HEAD', path)).status, { timeout: 20_000 })
    .toBe(200);
  const links = await server.api('GET', path);
  expect(links.status).toBe(200);
  expect(links.text).toContain('/u/reset-verify?ticket=');
  expect((await server.api('GET', path)).status).toBe(410);
  await server.close();
});
