import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { dismissAdministrator } from '../../src/flows/appoint-administrators/appoint-administrators.ts';
import { startRegisteredApp } from '../harness/application.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { appoint, arrive, CONSOLE, follow, signIn } from './administrator.ts';

const PASSWORD = 'Tulip-Canal-77-Barge';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
}, 120_000);

const statusOf = async (browser: ReturnType<typeof plainBrowser>) =>
  (await browser.open(`${server.url}/console`)).status;

test('a link creates an administrator once, and a newer link replaces it', async () => {
  const email = 'mira@example.com';
  const first = await appoint(server, email);
  const second = await appoint(server, email);
  expect((await plainBrowser().open(first)).status).toBe(410);
  const browser = await arrive(second, PASSWORD);
  expect(await statusOf(browser)).toBe(200);
  await expect(arrive(second, 'Another-Barge-99')).rejects.toThrow('has no form');
});

test('a new link replaces a lost password and ends its sessions', async () => {
  const email = 'lost@example.com';
  const before = await arrive(await appoint(server, email), PASSWORD);
  const after = await arrive(await appoint(server, email), 'Another-Barge-99-Lock');
  expect([await statusOf(before), await statusOf(after)]).toEqual([303, 200]);
  expect((await signIn(server, email, PASSWORD)).page).toContain('role="alert"');
  expect((await signIn(server, email, 'Another-Barge-99-Lock')).at).toBe(`${server.url}/console`);
});

test('a dismissed administrator loses access at once', async () => {
  const email = 'former@example.com';
  const browser = await arrive(await appoint(server, email), PASSWORD);
  expect(await statusOf(browser)).toBe(200);
  expect(await dismissAdministrator(server.app.deps, { email })).toBe(true);
  expect(await statusOf(browser)).toBe(303);
  expect((await signIn(server, email, PASSWORD)).page).toContain('role="alert"');
  expect(await dismissAdministrator(server.app.deps, { email })).toBe(false);
});

test('an ordinary account opens no console, and an administrator’s session opens no application', async () => {
  const email = 'both@example.com';
  const app = await startRegisteredApp(server);
  await server.api('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email,
    email_verified: true,
    password: 'Ordinary-Canal-12',
  });
  const administrator = await arrive(await appoint(server, email), PASSWORD);
  // The user signs in to the application with their own password.
  const ordinary = plainBrowser();
  const start = `${app.url}/login`;
  const form = await follow(ordinary, await ordinary.open(start), start);
  const fields = { username: email, password: 'Ordinary-Canal-12' };
  const done = await follow(ordinary, await ordinary.submit(form.at, fields), form.at);
  expect(done.at).toContain(app.url);
  // The console asks them for a password, and theirs is not one.
  const asked = await follow(ordinary, await ordinary.open(`${server.url}/console`), server.url);
  expect(asked.at).toContain('/u/login?state=');
  expect((await signIn(server, email, 'Ordinary-Canal-12', ordinary)).page).toContain(
    'role="alert"',
  );
  expect(await statusOf(ordinary)).toBe(303);

  const elsewhere = await follow(administrator, await administrator.open(start), start);
  expect(elsewhere.at).toContain('/u/login?state=');
});

test('an administrator accepts no invitation of the management API', async () => {
  const email = 'invited@example.com';
  await arrive(await appoint(server, email), PASSWORD);
  const invited = await server.api('POST', '/api/v2/invitations', {
    recipients: [email],
    client_id: null,
    create_user: 'on_accept',
    app_metadata: { planted: true },
  });
  expect(invited.status, invited.text).toBe(202);
  expect((await signIn(server, email, PASSWORD)).at).toBe(`${server.url}/console`);
  const { rows } = await sql`select app_metadata from users where email = ${email}`.execute(
    server.app.deps.db,
  );
  expect(rows).toEqual([{ app_metadata: null }]);
});

test('a server start removes additions to the console’s application', async () => {
  const { db } = server.app.deps;
  await appoint(server, 'tidy@example.com');
  await sql`update clients set settings = settings || '{"callbacks": ["https://evil.example/"]}', secret_hash = '\\x00'
    where id = ${CONSOLE}`.execute(db);
  await appoint(server, 'tidy@example.com');
  const { rows } = await sql`
    select settings->'callbacks' as callbacks, secret_hash from clients where id = ${CONSOLE}`.execute(
    db,
  );
  expect(rows).toEqual([{ callbacks: [`${server.url}/console/callback`], secret_hash: null }]);
});
