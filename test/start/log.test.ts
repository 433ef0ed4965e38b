import { expect, test } from 'vitest';
import { sharedDatabase, startUsher } from '../console/usher-process.ts';
import { freePort } from '../harness/free-port.ts';

/** Returns the output of a server that serves a page, a refused request and a bad one. */
async function printedBy(env: Record<string, string>): Promise<string[]> {
  const usher = await startUsher(await sharedDatabase(), {
    port: await freePort(),
    env: { LOG_LEVEL: 'info', USHER_BOOTSTRAP_CLIENT_ID: 'first', ...env },
  });
  await fetch(`${usher.url}/u/invitation?ticket=a-secret-ticket`);
  await fetch(`${usher.url}/oauth/token`, { method: 'POST' });
  await fetch(`${usher.url}/dbconnections/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.test', password: 'a-secret-password' }),
  });
  await usher.stop();
  const printed = usher.printed();
  expect(printed).not.toMatch(/a-secret/);
  return printed.split('\n').filter((line) => /ticket|oauth|dbconnections|readyz/.test(line));
}

const BOOTSTRAP = { USHER_BOOTSTRAP_CLIENT_SECRET: 'a-secret-of-the-client' };

test('the development log has one short line per request for people', async () => {
  const lines = await printedBy(BOOTSTRAP);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) {
    expect(line).toMatch(/^\d\d:\d\d:\d\d \d{3} (?:GET|POST) \/\S+ \d+ ms(?: [\w-]{36})?$/);
  }
});

test('the production log is JSON for programs', async () => {
  const lines = await printedBy({
    ...BOOTSTRAP,
    NODE_ENV: 'production',
    SMTP_URL: 'smtp://127.0.0.1:9',
  });
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({ msg: 'request', method: expect.any(String) });
  }
});
