import { expect, test } from 'vitest';
import { startServer } from '../harness/harness.ts';

test('an object with a long id can be read and deleted by it', async () => {
  const server = await startServer();
  const identifier = `https://${'日本'.repeat(290)}.example`;
  const made = await server.api('POST', '/api/v2/resource-servers', { identifier });
  expect(made.status).toBe(201);
  const path = `/api/v2/resource-servers/${encodeURIComponent(identifier)}`;
  expect(await server.api('GET', path)).toMatchObject({ status: 200, body: { identifier } });
  expect((await server.api('DELETE', path)).status).toBe(204);
  expect((await server.api('GET', path)).status).toBe(404);
  await server.close();
});
