import { expect, test } from 'vitest';
import { freePort } from '../harness/free-port.ts';
import { startServer } from '../harness/harness.ts';

test('security keys cannot be enabled at an address where browsers use none', async () => {
  const port = await freePort();
  const server = await startServer({ port, publicUrl: `http://127.0.0.1:${port}` });
  const path = '/api/v2/guardian/factors/webauthn-platform';
  const refused = await server.api('PUT', path, { enabled: true });
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('PUBLIC_URL')]);
  expect((await server.api('PUT', path, { enabled: false })).status).toBe(200);
});
