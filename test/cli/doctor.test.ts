import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOOTSTRAP, eventually, startServer, type TestServer } from '../harness/harness.ts';
import { runUsher } from './run-usher.ts';

type Finding = { what: string; state: string; found: string; advice?: string };

const folder = mkdtempSync(join(tmpdir(), 'usher-doctor-'));
let server: TestServer;
beforeAll(async () => {
  // No server listens there, so mails wait.
  server = await startServer({ smtpUrl: 'smtp://127.0.0.1:9' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the doctor's results, by check. */
async function examine(env: Record<string, string>) {
  const ended = await runUsher(['doctor', '--json'], { env, cwd: folder });
  const { findings }: { findings: Finding[] } = JSON.parse(ended.stdout);
  const of = (what: string) => findings.find((finding) => finding.what === what);
  return { code: ended.code, findings, of };
}

const access = {
  USHER_CLIENT_ID: BOOTSTRAP.id,
  USHER_CLIENT_SECRET: BOOTSTRAP.secret,
};

test('usher doctor writes nothing and creates no folder and no secret', async () => {
  const dataDir = join(folder, 'not-yet/data');
  const { of } = await examine({ DATA_DIR: dataDir });
  expect(of('Data folder')).toMatchObject({ state: 'good' });
  expect(existsSync(join(folder, 'not-yet'))).toBe(false);
});

test('usher doctor checks the server at USHER_URL as an administrator would', async () => {
  const { of } = await examine({ ...access, USHER_URL: server.url });
  expect(of('Server')).toMatchObject({ state: 'good', found: `${server.url} answers` });
  expect(of('Issuer')).toMatchObject({ state: 'good', found: `${server.url}/` });
  expect(of('API client')).toMatchObject({ state: 'good' });
});

test('usher doctor names applications without connections, and connections without applications', async () => {
  const connection = await server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: 'Lonely',
    strategy: 'auth0',
  });
  expect(connection.status, connection.text).toBe(201);
  const made = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
    name: 'Meadow',
    app_type: 'regular_web',
    callbacks: ['http://localhost:4000/callback'],
  });
  const { code, of } = await examine({ ...access, USHER_URL: server.url });
  expect(code).toBe(1);
  expect(of('Applications')).toMatchObject({
    state: 'bad',
    found: expect.stringContaining(`Meadow (${made.body.client_id})`),
  });
  expect(of('Connections')).toMatchObject({
    state: 'warning',
    found: expect.stringContaining('Lonely'),
  });
  // The command is complete, so that the reader can copy it.
  const { client_id } = made.body;
  const advice = of('Connections')?.advice ?? '';
  const [, url = '', headers = '', body = ''] =
    /curl -X PATCH (\S+) -H "Authorization: Bearer \$\(usher token\)" -H '(.+?)' -d '(.+)'$/.exec(
      advice,
    ) ?? [];
  expect(url).toBe(`${server.url}/api/v2/connections/${connection.body.id}/clients`);
  expect(headers).toBe('Content-Type: application/json');
  expect(JSON.parse(body)).toEqual([{ client_id, status: true }]);
  expect(of('Applications')?.advice).toContain(`"client_id":"${client_id}"`);
  const done = await server.api('PATCH', new URL(url).pathname, JSON.parse(body));
  expect(done.status, done.text).toBe(204);
  expect((await examine({ ...access, USHER_URL: server.url })).of('Connections')).toMatchObject({
    state: 'good',
  });
});

test('usher doctor reports success only after every check has passed', async () => {
  const verdict = async (env: Record<string, string>) => {
    const { stdout } = await runUsher(['doctor'], { env, cwd: folder });
    return { last: stdout.trim().split('\n').at(-1), marks: stdout.match(/^[✓!✗–]/gm) ?? [] };
  };
  const sees = await verdict({ SMTP_URL: 'smtp://127.0.0.1:9', USHER_URL: server.url });
  expect(sees.marks).toContain('!');
  expect(sees.last).not.toContain('All checks passed');
  expect(sees.last).toMatch(/^\d+ problems?, \d+ warnings?\.$/);
  const blind = await verdict({ USHER_URL: server.url });
  expect(blind.marks).toContain('–');
  expect(blind.last).not.toContain('All checks passed');
});

test('usher doctor says why mails wait', async () => {
  const sent = await server.api('POST', '/api/v2/invitations', {
    recipients: ['ada@example.test'],
  });
  expect(sent.status, sent.text).toBe(202);
  await eventually(
    async () => {
      const { body } = await server.api<{ held: object | null }>('GET', '/api/v2/emails/outbox');
      return body.held ?? undefined;
    },
    { seconds: 60 },
  );
  const { of } = await examine({ ...access, USHER_URL: server.url });
  expect(of('Outbox')).toMatchObject({
    state: 'bad',
    found: expect.stringMatching(/^1 email has waited since \S+Z: The mail server/),
  });
});

test('usher doctor finds tasks in the database that no worker takes', async () => {
  if (server.config.databaseUrl === undefined) return;
  const env = {
    DATABASE_URL: server.config.databaseUrl,
    USHER_URL: server.url,
    DATA_DIR: join(folder, 'not-yet'),
    USHER_SECRET: 'a-secret-for-tests-only-0123456789abcdef',
  };
  expect((await examine(env)).of('Tasks')).toMatchObject({ state: 'good' });
});

test("usher doctor checks the sender's domain, and gives no warning without a name server", async () => {
  const smtp = { SMTP_URL: 'smtp://127.0.0.1:9', DNS_SERVERS: '127.0.0.1:9' };
  const offline = await examine({ ...smtp, MAIL_FROM: 'Acme <hello@acme.com>' });
  expect(offline.of('Sender')).toMatchObject({
    state: 'skipped',
    found: expect.stringContaining('no name server answers'),
  });
  expect((await examine(smtp)).of('Sender')).toMatchObject({ state: 'warning' });
  const production = await examine({ ...smtp, NODE_ENV: 'production' });
  expect(production.of('Sender')).toMatchObject({ state: 'bad' });
});

test('usher doctor warns about a readable data folder and a lost secret', async () => {
  const dataDir = join(folder, 'open');
  await mkdir(dataDir);
  await chmod(dataDir, 0o755);
  expect((await examine({ DATA_DIR: dataDir })).of('Data folder')).toMatchObject({
    state: 'warning',
  });
  await writeFile(join(dataDir, 'secret'), 'short\n');
  const { of, code } = await examine({ DATA_DIR: dataDir });
  expect(of('Data folder')).toMatchObject({
    state: 'bad',
    found: expect.stringContaining('contains no valid secret'),
  });
  expect(code).toBe(1);
});
