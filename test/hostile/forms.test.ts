import { beforeAll, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { ended, refusedRows, upload } from '../imports/import-jobs.ts';

// Public endpoints and foreign files, with more fields than the request allows.
let server: TestServer;
let clientId: string;
type User = Record<string, unknown> & { user_id: string };

beforeAll(async () => {
  server = await startServer();
  const made = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
    name: 'Meadow',
    app_type: 'spa',
  });
  clientId = made.body.client_id;
  const [store] = (await server.api<{ id: string }[]>('GET', '/api/v2/connections')).body;
  await server.api('PATCH', `/api/v2/connections/${store?.id}/clients`, [
    { client_id: clientId, status: true },
  ]);
});

const EVIL = {
  user_id: 'auth0|boss',
  app_metadata: { usher: { administrator: true }, plan: 'gold' },
  blocked: false,
  email_verified: true,
  phone_verified: true,
  verify_email: false,
  identities: [{ provider: 'google-oauth2', user_id: '1', connection: 'google-oauth2' }],
  roles: ['rol_boss'],
  permissions: ['read:everything'],
  organization: 'org_boss',
  connection_id: 'con_boss',
  created_at: '2000-01-01T00:00:00.000Z',
  logins_count: 99,
};

async function userOf(email: string): Promise<User> {
  const { body } = await server.api<User[]>(
    'GET',
    `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
  );
  const [user] = body;
  if (user === undefined) throw new Error(`There is no ${email}.`);
  return user;
}

async function expectPlain(email: string): Promise<void> {
  const user = await userOf(email);
  expect(user.user_id).not.toContain('boss');
  expect(user.email_verified).toBe(false);
  expect(user.app_metadata ?? {}).toEqual({});
  expect(user.identities).toHaveLength(1);
  expect(user.blocked).not.toBe(true);
  expect(user.logins_count ?? 0).toBeLessThan(5);
  expect(String(user.created_at) > '2020').toBe(true);
  const path = `/api/v2/users/${encodeURIComponent(user.user_id)}`;
  for (const what of ['roles', 'permissions', 'organizations']) {
    expect((await server.api('GET', `${path}/${what}`)).body, what).toEqual([]);
  }
}

test('a sign-up through the API creates an account and nothing else', async () => {
  for (const [email, more] of [
    ['flat@forms.test', EVIL],
    ['nested@forms.test', { user_metadata: { app_metadata: 'x', blocked: 'no', roles: 'boss' } }],
    ['both@forms.test', { ...EVIL, metadata: { plan: 'gold' } }],
  ] as const) {
    const answer = await fetch(`${server.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...more,
        client_id: clientId,
        connection: DEFAULT_CONNECTION,
        email,
        password: aPassword(),
      }),
    });
    // Refused or ignored: both are fine, being taken is not.
    expect([200, 400]).toContain(answer.status);
    if (answer.status === 200) await expectPlain(email);
  }
  await expectPlain('nested@forms.test');
});

test('an accepted invitation grants only its own contents, whatever else the form has', async () => {
  const email = 'guest@forms.test';
  const started = await server.api('POST', '/api/v2/invitations', {
    recipients: [email],
    app_metadata: { plan: 'silver' },
    client_id: clientId,
  });
  expect(started.status).toBe(202);
  const link = linkIn(await server.sink.waitForMail(email));
  const password = aPassword();
  const done = await plainBrowser().submit(link, {
    password,
    repeat: password,
    email: 'boss@forms.test',
    app_metadata: '{"plan":"gold"}',
    'app_metadata[plan]': 'gold',
    roles: 'rol_boss',
    user_id: 'auth0|boss',
    organization: 'org_boss',
    blocked: 'false',
  });
  expect(done.status).toBeLessThan(400);
  const user = await userOf(email);
  expect(user.app_metadata).toEqual({ plan: 'silver' });
  expect(user.user_id).not.toContain('boss');
  const { body } = await server.api<User[]>(
    'GET',
    '/api/v2/users-by-email?email=boss%40forms.test',
  );
  expect(body).toEqual([]);
});

test('a row of an import sets only documented fields', async () => {
  const { app_metadata: _reserved, blocked: _may, email_verified: _also, ...rest } = EVIL;
  const names = Object.keys(rest).filter((name) => name !== 'user_id' && name !== 'phone_verified');
  const rows = names.map((name) => ({
    email: `${name.replaceAll('_', '-')}@rows.test`,
    [name]: rest[name as keyof typeof rest],
  }));
  const job = await upload(server, rows);
  await ended(server, job.body.id);
  const refused = await refusedRows(server, job.body.id);
  const refusedEmails = new Set(refused.map((refusedRow) => refusedRow.user.email));
  for (const { email } of rows) {
    if (!refusedEmails.has(email)) await expectPlain(String(email));
  }
  expect(refused.length).toBeGreaterThan(0);
});

test('a row of an import changes only the user that it names', async () => {
  const victim = await server.api<User>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email: 'victim@rows.test',
    password: aPassword(),
  });
  const id = victim.body.user_id.replace('auth0|', '');
  const path = `/api/v2/users/${encodeURIComponent(victim.body.user_id)}`;
  // The victim's id under another address: neither a new address for them, nor a second owner of the id.
  const job = await upload(server, [{ user_id: id, email: 'thief@rows.test' }], { upsert: 'true' });
  await ended(server, job.body.id);
  expect((await server.api<User>('GET', path)).body.email).toBe('victim@rows.test');
});
