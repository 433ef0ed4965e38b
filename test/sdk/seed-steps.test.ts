import { ManagementClient } from 'auth0';
import nodemailer from 'nodemailer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { trustedCertificate } from '../harness/certificate.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import {
  BOOTSTRAP,
  DEFAULT_CONNECTION,
  eventually,
  startServer,
  type TestServer,
} from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';

// The six steps of seeds/000, with the official SDK and nothing of ours.
let server: TestServer;
let certificate: Awaited<ReturnType<typeof trustedCertificate>>;
let management: ManagementClient;

beforeAll(async () => {
  certificate = await trustedCertificate();
  server = await startServer({ tls: certificate });
  management = new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
});

afterAll(() => certificate?.remove());

test('twenty users are imported, found, given links, mailed, and set their passwords', async () => {
  const people = Array.from({ length: 20 }, () => aPerson());
  const connectionId = await defaultConnectionId(server);

  // 1. Batch register users with /api/v2/jobs/users-imports
  const started = await management.jobs.usersImports.create({
    connection_id: connectionId,
    users: new File([JSON.stringify(people)], 'users.json', { type: 'application/json' }),
    external_id: 'seed-000',
  });
  expect(started).toMatchObject({
    type: 'users_import',
    status: 'pending',
    connection_id: connectionId,
    external_id: 'seed-000',
  });

  // 2. Detect job completion with /api/v2/jobs/{id}
  const job = await eventually(async () => {
    const now = await management.jobs.get(started.id);
    return now.status === 'completed' || now.status === 'failed' ? now : undefined;
  });
  expect(job).toMatchObject({
    status: 'completed',
    summary: { total: 20, inserted: 20, updated: 0, failed: 0 },
  });

  const transport = nodemailer.createTransport(server.sink.url);
  for (const { email } of people) {
    // 3. Get user_id with /api/v2/users-by-email
    const found = await management.users.listUsersByEmail({ email });
    expect(found).toHaveLength(1);
    const [user] = found;
    expect(user).toMatchObject({ email, email_verified: false });
    expect(user?.identities?.[0]).toMatchObject({
      connection: DEFAULT_CONNECTION,
      provider: 'auth0',
    });

    // 4. Get a password setting link with /api/v2/tickets/password-change
    const { ticket } = await management.tickets.changePassword({
      user_id: user?.user_id,
      result_url: 'https://app.example.test/welcome',
      ttl_sec: 3600,
      mark_email_as_verified: true,
      includeEmailInRedirect: true,
    });
    expect(ticket).toMatch(/^https:\/\/localhost:\d+\/u\/reset-verify\?ticket=[\w-]+#$/);

    // 5. Include the link in the text of an e-mail and send it
    await transport.sendMail({
      from: 'hello@app.example.test',
      to: email,
      subject: 'Set your password',
      text: `Welcome! Set your password here:\n\n${ticket}type=invite\n`,
    });
  }
  transport.close();

  // 6. Each user presses the link and sets the password
  for (const { email } of people) {
    const link = linkIn(await server.sink.waitForMail(email));
    const browser = plainBrowser();
    const password = aPassword();
    const done = await browser.submit(link, { password, repeat: password });
    expect([302, 303], done.page).toContain(done.status);
    const target = new URL(done.headers.get('location') ?? '');
    expect(`${target.origin}${target.pathname}`).toBe('https://app.example.test/welcome');
    expect(Object.fromEntries(target.searchParams)).toMatchObject({
      email,
      success: 'true',
      message: 'You can now login to the application with the new password.',
    });
    const [user] = await management.users.listUsersByEmail({ email });
    expect(user).toMatchObject({ email_verified: true });
    expect(user?.last_password_reset).toBeTruthy();
  }
});

test('an invalid row is reported, and the others are imported', async () => {
  const [good, known] = [aPerson(), aPerson()];
  const connectionId = await defaultConnectionId(server);
  await management.users.create({
    email: known.email,
    password: aPassword(),
    connection: DEFAULT_CONNECTION,
  });
  const started = await management.jobs.usersImports.create({
    connection_id: connectionId,
    users: new File([JSON.stringify([good, known])], 'users.json', { type: 'application/json' }),
  });
  const job = await eventually(async () => {
    const now = await management.jobs.get(started.id);
    return now.status === 'completed' ? now : undefined;
  });
  expect(job.summary).toMatchObject({ total: 2, inserted: 1, failed: 1 });
  expect(await management.jobs.errors.get(started.id)).toMatchObject([
    {
      user: { email: known.email },
      errors: [
        {
          code: 'DUPLICATED_USER',
          message: 'The user already exist and upsert parameter is false',
        },
      ],
    },
  ]);
});

test('an unknown job is refused with the error that the SDK derives from a 404', async () => {
  await expect(management.jobs.get('job_0123456789abcdef')).rejects.toMatchObject({
    statusCode: 404,
  });
});
