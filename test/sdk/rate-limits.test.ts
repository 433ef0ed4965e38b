import { ManagementClient } from 'auth0';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trustedCertificate } from '../harness/certificate.ts';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';

// Ten at once, then two each second; the SDK decides by the headers when to try again.
let server: TestServer;
let certificate: Awaited<ReturnType<typeof trustedCertificate>>;
beforeAll(async () => {
  certificate = await trustedCertificate();
  server = await startServer({ tls: certificate, rateLimitProfile: 'seed-free' });
});
afterAll(() => certificate?.remove());

function client(maxRetries?: number): ManagementClient {
  return new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
    ...(maxRetries !== undefined && { maxRetries }),
  });
}

test('the SDK waits the announced time, and every request succeeds in the end', async () => {
  const management = client();
  const began = performance.now();
  for (let request = 0; request < 16; request++) {
    expect((await management.roles.list()).data).toEqual([]);
  }
  // Six more than the burst, at two a second: it could not be faster.
  expect(performance.now() - began).toBeGreaterThan(2500);
});

test('without retries the SDK shows the 429 with its body and headers', async () => {
  await sql`update rate_limit_buckets set full_at = full_at + interval '3 seconds'
    where key = 'management'`.execute(server.app.deps.db);
  const error = await client(0)
    .roles.list()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    statusCode: 429,
    body: {
      statusCode: 429,
      error: 'Too Many Requests',
      message: 'Global limit has been reached',
      errorCode: 'too_many_requests',
    },
  });
});
