import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, eventually } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';

let world: PasswordWorld;

beforeAll(async () => {
  world = await openPasswordWorld();
});

test('the log has no secret that passes an endpoint', async () => {
  const { server } = world;
  const secrets: Record<string, string> = {};
  let count = 0;
  /** Returns a searchable secret that would pass any password policy. */
  const secret = (what: string): string => {
    const value = `Zx9-secret${count++}-Harbour-Kq`;
    secrets[what] = value;
    return value;
  };
  const keep = (what: string, value: string | undefined): string => {
    if (value === undefined || value.length < 12) throw new Error(`There is no ${what}.`);
    secrets[what] = value;
    return value;
  };
  const post = async (path: string, body: Record<string, unknown>) => {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string>;
  };

  // The management API: users, applications, mail, connections, links.
  keep('bearer token', await server.token());
  const person = { email: aPerson().email, password: secret('created password') };
  const user = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    ...person,
  });
  const id = encodeURIComponent(user.body.user_id);
  person.password = secret('changed password');
  await server.api('PATCH', `/api/v2/users/${id}`, { password: person.password });
  await server.api('PATCH', `/api/v2/users/${id}`, { password: secret('refused'), email: 'no' });
  const client = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    { name: 'Secretive', client_metadata: { note: 'kept' } },
  );
  keep('client secret', client.body.client_secret);
  const rotated = await server.api<{ client_secret: string }>(
    'POST',
    `/api/v2/clients/${client.body.client_id}/rotate-secret`,
  );
  keep('rotated secret', rotated.body.client_secret);
  await server.api('POST', '/api/v2/emails/provider', {
    name: 'smtp',
    enabled: false,
    credentials: {
      smtp_host: 'mail.example.test',
      smtp_port: 587,
      smtp_user: 'someone',
      smtp_pass: secret('smtp password'),
    },
  });
  await server.api('POST', '/api/v2/connections', {
    name: 'elsewhere',
    strategy: 'auth0',
    // The request is refused, and the log has it as it was sent.
    options: {
      client_id: 'abc',
      client_secret: secret('connection secret'),
      configuration: { API: secret('configuration value') },
    },
  });
  const ticket = await server.api<{ ticket: string }>('POST', '/api/v2/tickets/password-change', {
    user_id: user.body.user_id,
  });
  keep('ticket', /ticket=([^#&]+)/.exec(ticket.body.ticket)?.[1]);
  await plainBrowser().submit(ticket.body.ticket, {
    password: secret('password by ticket'),
    repeat: secrets['password by ticket'] ?? '',
  });
  person.password = secrets['password by ticket'] ?? '';
  const form = new FormData();
  const row = { email: aPerson().email, password_hash: `$2b$10$${'a'.repeat(53)}` };
  form.set('users', new File([JSON.stringify([row])], 'users.json'));
  form.set('connection_id', world.connectionId);
  keep('imported hash', row.password_hash);
  const job = await server.api<{ id: string }>('POST', '/api/v2/jobs/users-imports', form);
  await eventually(async () => {
    const { body } = await server.api<{ status: string }>('GET', `/api/v2/jobs/${job.body.id}`);
    return body.status === 'completed' ? true : undefined;
  });
  const invited = await server.api('POST', '/api/v2/invitations', {
    connection_id: world.connectionId,
    recipients: [{ email: aPerson().email }],
  });
  expect(invited.status, invited.text).toBeLessThan(300);

  // The Authentication API.
  const wrong = secret('wrong password');
  await world.login(person.email, wrong);
  const signedIn = await world.login(person.email, person.password, {
    scope: 'openid offline_access',
  });
  expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200);
  keep('access token', signedIn.body.access_token);
  keep('ID token', signedIn.body.id_token);
  const refreshToken = keep('refresh token', signedIn.body.refresh_token);
  const { id: client_id, secret: client_secret } = world.client;
  keep('secret of the application', client_secret);
  const grant = { client_id, client_secret };
  const again = await post('/oauth/token', {
    ...grant,
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  });
  keep('second refresh token', again.refresh_token);
  await post('/oauth/token', {
    ...grant,
    grant_type: 'refresh_token',
    refresh_token: secret('no token'),
  });
  await post('/oauth/token', {
    ...grant,
    grant_type: 'authorization_code',
    code: secret('no code'),
  });
  await post('/oauth/token', {
    client_id,
    client_secret: secret('wrong secret'),
    grant_type: 'client_credentials',
    audience: `${server.url}/api/v2/`,
  });
  await post('/dbconnections/signup', {
    client_id,
    connection: DEFAULT_CONNECTION,
    email: aPerson().email,
    password: secret('password of a sign-up'),
  });
  await post('/dbconnections/change_password', {
    client_id,
    connection: DEFAULT_CONNECTION,
    email: person.email,
  });
  const mail = await server.sink.waitForMail(person.email, {
    where: ({ mail }) => /password/i.test(mail.subject ?? ''),
  });
  const link = linkIn(mail);
  keep('link of a mail', /ticket=([^#&]+)/.exec(link)?.[1]);
  await plainBrowser().submit(link, {
    password: secret('password by mail'),
    repeat: secrets['password by mail'] ?? '',
  });
  await fetch(`${server.url}/oidc/logout?id_token_hint=${signedIn.body.id_token}`);
  await fetch(
    `${server.url}/authorize?prompt=none&client_id=${client_id}&response_type=code&redirect_uri=https%3A%2F%2Fapp.example.test%2Fcallback&scope=openid&state=${secret('state')}`,
    { redirect: 'manual' },
  );

  await server.app.flushLog();
  const { rows } = await sql<{ type: string; line: string }>`
    select type, logs::text as line from logs`.execute(server.app.database.db);
  const types = new Set(rows.map((row) => row.type));
  for (const type of 'sapi fapi fp sepft sertft fertft feacft feccft ss scpr scp sui fsa'.split(
    ' ',
  )) {
    expect(types).toContain(type);
  }
  expect(Object.keys(secrets).length).toBeGreaterThan(20);
  for (const [what, value] of Object.entries(secrets)) {
    const found = rows.filter(({ line }) => line.includes(value)).map((row) => row.type);
    expect(found, what).toEqual([]);
  }
});
