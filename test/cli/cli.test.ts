import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { runUsher } from './run-usher.ts';

let server: TestServer;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), 'usher-cli-'));
  env = {
    USHER_URL: server.url,
    USHER_CLIENT_ID: BOOTSTRAP.id,
    USHER_CLIENT_SECRET: BOOTSTRAP.secret,
  };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const usher = (args: string[], input?: string) =>
  runUsher(args, { env, ...(input !== undefined && { input }) });

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('import', () => {
  test('creates users, invites them, and ends with 0 after the mails have left', async () => {
    const people = [{ email: 'ada@example.com' }, { email: 'alan@example.com' }];
    const file = fileOf('good.json', JSON.stringify(people));
    const ended = await usher(['import', file, '--invite', '--inviter', 'Grace', '--ttl', '2d']);
    expect(ended.stderr).toContain('Rows');
    expect(ended.stdout).toContain('2 users imported');
    expect(ended.stdout).toContain('2 people invited; 2 emails sent');
    expect(ended.code).toBe(0);
    const mail = await server.sink.waitForMail('ada@example.com');
    expect(linkIn(mail)).toContain(`${server.url}/u/invitation?ticket=`);
    const listed = await server.api<{ created_at: string; expires_at: string }[]>(
      'GET',
      '/api/v2/invitations?email=ada@example.com',
    );
    const [invitation] = listed.body;
    const seconds =
      (Date.parse(invitation?.expires_at ?? '') - Date.parse(invitation?.created_at ?? '')) / 1000;
    expect(seconds).toBe(2 * 86_400);
  });

  test('lists the refused rows with reasons, and ends with 3', async () => {
    const csv = 'email,shoe_size\nbarbara@example.com,\nnot an address,\n,44\n';
    const file = fileOf('mixed.csv.gz', gzipSync(csv));
    const errors = join(folder, 'refused.json');
    const report = join(folder, 'report.csv');
    const ended = await usher(['import', file, '--errors', errors, '--report', report]);
    expect(ended.stdout).toContain('1 user imported');
    expect(ended.stdout).toContain('2 rows refused');
    expect(ended.stdout).toMatch(/1 +FORMAT +email +row 3:/);
    expect(ended.stdout).toMatch(/1 +OBJECT_REQUIRED +email +row 4:/);
    expect(ended.stdout).toMatch(/1 +NOT_PASSED +shoe_size +row 4:/);
    expect(ended.code).toBe(3);
    const refused: { row_number: number }[] = JSON.parse(readFileSync(errors, 'utf8'));
    expect(refused.map((each) => each.row_number)).toEqual([3, 4]);
    expect(readFileSync(report, 'utf8').trim().split('\r\n')).toHaveLength(4);
  });

  test('writes refused rows as a table that can be imported after a correction, with the same map', async () => {
    const file = fileOf('mapped.csv', 'Mailbox,Size,Room\nnot an address,44,=1+1\n');
    const errors = join(folder, 'refused.csv');
    const map = ['--map', 'Mailbox=email', '--map', 'size=user_metadata.size', '--map', 'Room=-'];
    const first = await usher(['import', file, ...map, '--errors', errors]);
    expect(first.code).toBe(3);
    const refused = readFileSync(errors, 'utf8');
    expect(refused).toMatch(/^\uFEFFMailbox,Size,Room,row_number,error_codes,error_messages\r\n/);
    expect(refused).toContain("not an address,44,'=1+1,2,FORMAT,");
    const corrected = fileOf('corrected.csv', refused.replace('not an address', 'map@example.com'));
    const second = await usher(['import', corrected, ...map]);
    expect(second.stdout).toContain('1 user imported');
    expect(second.stderr + second.stdout).toContain('Ignored columns: row_number, error_codes');
  });

  test('writes one JSON value for machines, and nothing else', async () => {
    const file = fileOf('machine.ndjson', '{"email":"claude@example.com"}\n{"email":5}\n');
    const ended = await usher(['import', file, '--json']);
    const job = JSON.parse(ended.stdout);
    expect(job).toMatchObject({
      status: 'completed',
      summary: { inserted: 1, failed: 1 },
      reasons: [{ code: 'INVALID_TYPE', path: 'email', rows: 1, example: { row: 2 } }],
    });
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(3);
  });

  test('writes nothing in a dry run', async () => {
    const file = fileOf('dry.json', '[{"email":"dry@example.com"}]');
    const ended = await usher(['import', file, '--dry-run']);
    expect(ended.stdout).toContain('Nothing was written');
    expect(ended.stdout).toContain('1 user would be imported');
    expect(ended.code).toBe(0);
    const found = await server.api('GET', '/api/v2/users-by-email?email=dry@example.com');
    expect(found.body).toEqual([]);
  });

  test('ends with 1 if the file as a whole is unreadable', async () => {
    const ended = await usher(['import', fileOf('cut.json', '[{"email":"eve@exam')]);
    expect(ended.stderr).toContain('The import failed');
    expect(ended.code).toBe(1);
  });

  test('leaves the rest to the server with --no-wait, and jobs show follows it up', async () => {
    const file = fileOf('later.json', '[{"email":"later@example.com"},{"email":"later"}]');
    const stored = await usher(['import', file, '--no-wait', '--json']);
    const { id } = JSON.parse(stored.stdout);
    const shown = await usher(['jobs', 'show', id, '--follow']);
    expect(shown.stdout).toContain('completed');
    expect(shown.stdout).toContain('1 user imported');
    expect(shown.stdout).toMatch(/1 +FORMAT/);
    const report = await usher(['jobs', 'report', id, '--csv']);
    expect(report.stdout.split('\r\n')[1]).toMatch(/^1,inserted,later@example.com,auth0\|/);
  });

  test('explains how to fix a connection that no application uses', async () => {
    const { body: unused } = await server.api<{ id: string }>('POST', '/api/v2/connections', {
      name: 'unused',
      strategy: 'auth0',
    });
    const file = fileOf('unused.csv', 'email\nada@example.com\n');
    const ended = await usher(['import', file, '--dry-run', '-c', 'unused']);
    expect(ended.stderr).toContain('Connection must be enabled.');
    expect(ended.stderr).toContain('→ No application uses this connection yet.');
    expect(ended.code).toBe(1);
    await server.api('DELETE', `/api/v2/connections/${unused.id}`);
  });

  test('reports that the server refuses a file of that size', async () => {
    const strict = await startServer({ importMaxBytes: 512_000 });
    const rows = Array.from({ length: 40_000 }, (_, index) => ({ email: `p${index}@example.com` }));
    const path = fileOf('large.json', JSON.stringify([...rows, { email: 'x'.repeat(3_000_000) }]));
    const ended = await runUsher(['import', path], { env: { ...env, USHER_URL: strict.url } });
    expect(ended.stderr).toContain(
      '413 Payload content length greater than maximum allowed: 512000',
    );
    expect(ended.stderr).toContain('IMPORT_MAX_BYTES');
    expect(ended.code).toBe(1);
    await strict.close();
  });

  test('refuses a plan without --invite, before it sends anything', async () => {
    const file = fileOf('plan.json', '[]');
    const ended = await usher(['import', file, '--ttl', '2d']);
    expect(ended.stderr).toContain('no effect without --invite');
    expect(ended.code).toBe(2);
  });
});

describe('invite', () => {
  test('invites addresses, and lists refused recipients', async () => {
    const ended = await usher(['invite', 'grace@example.com', 'nobody']);
    expect(ended.stdout).toContain('1 person invited; 1 email sent');
    expect(ended.stdout).toContain('1 recipient refused');
    expect(ended.code).toBe(3);
  });

  test('reads a list from standard input', async () => {
    const input = '# the old list\nhedy@example.com\n{"email":"ivan@example.com","name":"Ivan"}\n';
    const ended = await usher(['invite', '--file', '-', '--json'], input);
    expect(JSON.parse(ended.stdout)).toMatchObject({ invitations: { invited: 2 } });
    const found = await server.api('GET', '/api/v2/users-by-email?email=ivan@example.com');
    expect(found.body).toMatchObject([{ name: 'Ivan' }]);
  });

  test('prints links instead of mailing them with --links', async () => {
    const before = server.sink.mails.length;
    const ended = await usher(['invite', 'links@example.com', '--links']);
    const line = JSON.parse(ended.stdout.trim());
    expect(line).toMatchObject({ email: 'links@example.com', status: 'invited' });
    const page = await fetch(line.link);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('links@example.com');
    expect(server.sink.mails).toHaveLength(before);
  });

  test('asks for one source if there is none or there are two', async () => {
    expect((await usher(['invite'])).code).toBe(2);
    expect((await usher(['invite', 'a@example.com', '--all'])).code).toBe(2);
  });

  test('says what an acceptance gives, and who may accept', async () => {
    const { body: role } = await server.api<{ id: string }>('POST', '/api/v2/roles', {
      name: 'editor',
    });
    const identifier = 'urn:orders@home';
    const scopes = [{ value: 'read:orders' }];
    await server.api('POST', '/api/v2/resource-servers', { identifier, scopes });
    const wish = ['--email-policy', 'any_verified', '--existing-users', 'grant', '--no-renewal'];
    const gives = ['--role', role.id, '--permission', `read:orders@${identifier}`];
    const schema = { type: 'object', properties: { team: { type: 'string' } } };
    const asks = ['--profile-schema', JSON.stringify(schema)];
    const whom = ['invite', 'given@example.com', '--no-client', '--create-user', 'on_accept'];
    const ended = await usher([...whom, ...gives, ...wish, ...asks]);
    expect(ended.code, ended.stderr).toBe(0);
    const path = '/api/v2/invitations?email=given@example.com';
    const { body } = await server.api<object[]>('GET', path);
    expect(body[0]).toMatchObject({
      roles: [role.id],
      permissions: [{ resource_server_identifier: identifier, permission_name: 'read:orders' }],
      email_policy: 'any_verified',
      existing_users: 'grant',
      create_user: 'on_accept',
      renewable: false,
      profile_schema: schema,
    });
    const wrong = await usher([...whom, '--permission', 'read:orders']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('read:orders@https')]);
  });
});

describe('invitations', () => {
  test('are listed, mailed again with the same link, and revoked', async () => {
    await usher(['invite', 'jean@example.com']);
    const first = linkIn(await server.sink.waitForMail('jean@example.com'));
    const count = server.sink.mails.length;

    const listed = await usher(['invitations', 'list', '--email', 'jean@example.com']);
    const query = ['invitations', 'list', '--email', 'jean@example.com', '--renewed'];
    expect((await usher(query)).stdout).toContain('No invitations found.');
    expect(listed.stdout).toMatch(/^uinv_\w+ {2}pending {2}jean@example\.com/);

    expect((await usher(['invitations', 'resend', 'jean@example.com'])).code).toBe(0);
    const again = await server.sink.waitForMail('jean@example.com', {
      where: () => server.sink.mails.length > count,
    });
    expect(linkIn(again)).toBe(first);

    expect((await usher(['invitations', 'revoke', 'jean@example.com'])).code).toBe(0);
    const revoked = await usher(['invitations', 'list', '--state', 'revoked', '--json']);
    expect(JSON.parse(revoked.stdout)).toMatchObject([{ email: 'jean@example.com' }]);
    expect((await usher(['invitations', 'revoke', 'jean@example.com'])).code).toBe(1);
  });
});

describe('usher token', () => {
  test('prints a token that the API accepts', async () => {
    const ended = await usher(['token', '--scope', 'read:users']);
    const users = await server.api('GET', '/api/v2/users', undefined, {
      token: ended.stdout.trim(),
    });
    expect(users.status).toBe(200);
    const made = await server.api('POST', '/api/v2/clients', {}, { token: ended.stdout.trim() });
    expect(made.status).toBe(403);
  });

  test('explains a wrong secret and what to do', async () => {
    const ended = await runUsher(['token'], { env: { ...env, USHER_CLIENT_SECRET: 'wrong' } });
    expect(ended.stderr).toContain('issued no access token');
    expect(ended.stderr).toContain(BOOTSTRAP.id);
    expect(ended.code).toBe(1);
  });

  test('lists the missing settings without a client', async () => {
    const ended = await runUsher(['token'], { env: { USHER_URL: server.url } });
    expect(ended.stderr).toContain('USHER_CLIENT_SECRET');
    expect(ended.code).toBe(2);
  });

  test('reports an unreachable server', async () => {
    const ended = await runUsher(['token'], { env: { ...env, USHER_URL: 'http://127.0.0.1:9' } });
    expect(ended.stderr).toContain('cannot be reached');
    expect(ended.stderr).not.toMatch(/PostgreSQL|DATABASE_URL|^\s+at /m);
    expect(ended.code).toBe(1);
  });
});

describe('doctor', () => {
  test('finds nothing wrong with a running server, and ends with 0', async () => {
    const examine = (more: Record<string, string>) =>
      runUsher(['doctor'], {
        env: {
          ...env,
          PUBLIC_URL: server.url,
          DATA_DIR: join(folder, 'data'),
          ...(server.config.databaseUrl !== undefined && {
            DATABASE_URL: server.config.databaseUrl,
          }),
          ...more,
        },
      });
    const ended = await examine({});
    expect(ended.stdout).toContain('✓ Issuer');
    expect(ended.stdout).toContain('✓ Email');
    expect(ended.stdout).toContain('✓ API client');
    expect(ended.stdout).toContain('All checks passed.');
    expect(ended.code).toBe(0);
    // A sender that no mail server knows: a warning, but no problem.
    const sends = await examine({ SMTP_URL: server.sink.url });
    expect(sends.stdout).toContain('✓ Email');
    expect(sends.stdout).toMatch(/^! Sender/m);
    expect(sends.stdout).toContain('No problems, 1 warning.');
    expect(sends.code).toBe(0);
  });

  test('finds what is wrong, explains what to do, and ends with 1', async () => {
    const ended = await runUsher(['doctor', '--json'], {
      env: {
        PUBLIC_URL: server.url.replace('localhost', '127.0.0.1'),
        DATA_DIR: join(fileOf('a-file', ''), 'below'),
        DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing',
        SMTP_URL: 'smtp://127.0.0.1:9',
        USHER_SECRET: 'x'.repeat(32),
      },
    });
    const { ok, findings } = JSON.parse(ended.stdout);
    expect(ok).toBe(false);
    const bad = findings.filter((finding: { state: string }) => finding.state === 'bad');
    expect(bad.map((each: { what: string }) => each.what)).toEqual([
      'Data folder',
      'Database',
      'Email',
      'Issuer',
    ]);
    for (const each of bad) expect(each.advice).not.toBe('');
    expect(ended.code).toBe(1);
  });

  test('lists every wrong setting at once', async () => {
    const ended = await runUsher(['doctor'], { env: { PORT: 'x', ROLE: 'king' } });
    expect(ended.stdout).toContain('PORT must be');
    expect(ended.stdout).toContain('ROLE must be');
    expect(ended.code).toBe(1);
  });
});

describe('help', () => {
  test.each([
    'usher',
    'usher import',
    'usher invite',
    'usher invitations',
    'usher jobs',
    'usher token',
    'usher doctor',
  ])('%s --help teaches by examples', async (command) => {
    const ended = await runUsher([...command.split(' ').slice(1), '--help']);
    expect(ended.stdout).toContain('$ usher');
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(0);
  });

  test('an unknown command ends with 2 and a suggestion', async () => {
    const ended = await runUsher(['imprt']);
    expect(ended.stderr).toContain('Did you mean import?');
    expect(ended.code).toBe(2);
  });
});

describe('mail', () => {
  test('shows a mail with sample data, and sends it to the caller', async () => {
    const shown = await usher(['mail', 'preview', 'user_invitation']);
    expect(shown.stdout).toContain('Subject: Grace Hopper invites you to');
    expect(shown.stdout).toContain('Accept the invitation');
    const file = fileOf('mail.liquid', '<p>{{ user.name | escape }}</p><a href="{{ url }}">Go</a>');
    const args = ['--to', 'operator@example.com', '--body', file, '--subject', 'A try'];
    const sent = await usher(['mail', 'test', 'user_invitation', ...args]);
    expect(sent.stdout).toContain('Sent to operator@example.com');
    expect(sent.code).toBe(0);
    const mail = await server.sink.waitForMail('operator@example.com');
    expect(mail.to).toEqual(['operator@example.com']);
    expect(linkIn(mail)).toContain(`${server.url}/u/invitation?ticket=sample`);
  });

  test('reports the error of a template', async () => {
    const file = fileOf('wrong.liquid', '{{ url | nosuchfilter }}');
    const ended = await usher(['mail', 'preview', 'user_invitation', '--body', file]);
    expect(ended.stderr).toContain('undefined filter: nosuchfilter');
    expect(ended.code).toBe(1);
  });
});
