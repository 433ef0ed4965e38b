import { expect, test } from 'vitest';
import { startServer } from '../harness/harness.ts';

test('a worker-only node answers health checks and no other requests', async () => {
  const worker = await startServer({ role: 'worker' });
  const statusOf = async (path: string) => (await fetch(`${worker.url}${path}`)).status;
  expect(await statusOf('/readyz')).toBe(200);
  expect(await statusOf('/healthz')).toBe(200);
  expect(await statusOf('/u/login')).toBe(404);
  expect(await statusOf('/.well-known/openid-configuration')).toBe(404);
  expect(await statusOf('/api/v2/users')).toBe(404);
});
