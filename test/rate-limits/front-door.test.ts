import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { BOOTSTRAP, eventually, startServer, type TestServer } from '../harness/harness.ts';

// The slowest profile: two at once, and two each second.
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ rateLimitProfile: 'auth0-free' });
});

/** Acts as if the API was idle for a long time. A node that saw an empty bucket asks again when a token is due. */
async function refill(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 600));
  await sql`delete from rate_limit_buckets`.execute(server.app.deps.db);
}

/** Acts as if all buckets stay empty for a long time. */
async function empty(key: string): Promise<void> {
  await sql`update rate_limit_buckets set full_at = full_at + interval '20 seconds'
    where key like ${key}`.execute(server.app.deps.db);
}

async function flood<T>(request: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 12 }, request));
}

test('the management API reports the remaining requests, and refuses the excess in the known words', async () => {
  await refill();
  const first = await server.api('GET', '/api/v2/clients');
  expect(first.status).toBe(200);
  expect(first.headers.get('x-ratelimit-limit')).toBe('2');
  expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
  const reset = Number(first.headers.get('x-ratelimit-reset'));
  expect(Math.abs(reset - Date.now() / 1000)).toBeLessThan(5);
  expect(first.headers.get('retry-after')).toBeNull();

  const answers = await flood(() => server.api('GET', '/api/v2/clients'));
  const refused = answers.find((answer) => answer.status === 429);
  expect(refused?.body).toEqual({
    statusCode: 429,
    error: 'Too Many Requests',
    message: 'Global limit has been reached',
    errorCode: 'too_many_requests',
  });
  expect(refused?.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(refused?.headers.get('retry-after')).toBe('1');
});

test('a caller without a valid token uses nothing up and sees no limits', async () => {
  await refill();
  for (const token of [null, 'nonsense', `${await server.token()}x`]) {
    const answers = await flood(() => server.api('GET', '/api/v2/clients', undefined, { token }));
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('x-ratelimit-limit')).toBeNull();
    }
  }
  const after = await server.api('GET', '/api/v2/clients');
  expect(after.headers.get('x-ratelimit-remaining')).toBe('1');
});

test('a caller without the scope uses up requests', async () => {
  await refill();
  const token = await server.token(['read:roles']);
  const answer = await server.api('GET', '/api/v2/clients', undefined, { token });
  expect(answer.status).toBe(403);
  expect(answer.headers.get('x-ratelimit-remaining')).toBe('1');
});

test('an endpoint with its own limit names the headers to read', async () => {
  await refill();
  await server.api('GET', '/api/v2/email-templates/welcome_email');
  await empty('management:email-templates-read');
  await sql`delete from rate_limit_buckets where key = 'management'`.execute(server.app.deps.db);
  const refused = await server.api('GET', '/api/v2/email-templates/welcome_email');
  expect(refused).toMatchObject({
    status: 429,
    body: {
      statusCode: 429,
      error: 'Too Many Requests',
      message:
        'Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.',
      errorCode: 'too_many_requests',
    },
  });
  expect(refused.headers.get('x-ratelimit-limit')).toBe('10');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1);
  await sql`delete from rate_limit_buckets where key = 'management'`.execute(server.app.deps.db);
  expect((await server.api('GET', '/api/v2/clients')).status).toBe(200);
});

test('the Authentication API counts by address, and refuses in the form of OAuth', async () => {
  await refill();
  const ask = () =>
    fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: BOOTSTRAP.id,
        client_secret: BOOTSTRAP.secret,
        audience: `${server.url}/api/v2/`,
      }),
    });
  const good = await ask();
  expect(good.status).toBe(200);
  expect(good.headers.get('x-ratelimit-limit')).toBe('30');
  expect(good.headers.get('x-ratelimit-remaining')).toBe('29');
  await empty('authentication%');
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(await refused.json()).toEqual({
    error: 'too_many_requests',
    error_description: 'Too many requests. Check the X-RateLimit-* headers.',
  });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(
    (await fetch(`${server.url}/.well-known/jwks.json`)).headers.get('x-ratelimit-limit'),
  ).toBe('300');
});

test('changes of a password are limited for each e-mail address', async () => {
  await refill();
  const ask = (email: string) =>
    fetch(`${server.url}/dbconnections/change_password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ connection: 'Username-Password-Authentication', email }),
    });
  expect((await ask('jo@example.test')).headers.get('x-ratelimit-remaining')).toBe('9');
  expect((await ask('Jo@example.test')).headers.get('x-ratelimit-remaining')).toBe('8');
  expect((await ask('ann@example.test')).headers.get('x-ratelimit-remaining')).toBe('9');
});

test("the tenant's log has one entry for a reached limit", async () => {
  await refill();
  await flood(() => server.api('GET', '/api/v2/clients'));
  const entries = await eventually(async () => {
    const { rows } = await sql<{ type: string }>`
      select type from logs where type = 'api_limit' and client_id = ${BOOTSTRAP.id}
        and description = 'Global limit has been reached'`.execute(server.app.deps.db);
    return rows.length > 0 ? rows : undefined;
  });
  expect(entries).toHaveLength(1);
});
