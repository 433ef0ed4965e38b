import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { findUserByEmail, insertUser } from '../../src/records/users/users.ts';
import { hostileFiles } from '../fixtures/hostile-files.ts';
import { defaultConnectionId } from '../harness/application.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import {
  countPeople,
  ended,
  refusedRows,
  upload,
  uploadStream,
  type WireJob,
} from './import-jobs.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const person = (email: string, more: object = {}) => ({ email, ...more });

async function imported(file: Parameters<typeof upload>[1], fields: Record<string, string> = {}) {
  const { status, body } = await upload(server, file, fields);
  expect(status).toBe(202);
  return ended(server, body.id);
}

async function userByEmail(email: string) {
  const { body } = await server.api<Record<string, unknown>[]>(
    'GET',
    `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
  );
  return body[0];
}

describe('a file of users', () => {
  test('answers 202 with the job in the recorded shape, and its valid rows are imported', async () => {
    const { status, body } = await upload(
      server,
      [person('One@Shape.test', { given_name: 'One' }), person('not an address')],
      { external_id: 'mine' },
    );
    expect(status).toBe(202);
    expect(body).toMatchObject({
      type: 'users_import',
      status: 'pending',
      connection_id: await defaultConnectionId(server),
      connection: 'Username-Password-Authentication',
      external_id: 'mine',
      id: expect.stringMatching(/^job_[A-Za-z0-9]{16}$/),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    const job = await ended(server, body.id);
    expect(job.status).toBe('completed');
    expect(job.summary).toEqual({ failed: 1, updated: 0, inserted: 1, total: 2 });
    expect(await userByEmail('one@shape.test')).toMatchObject({
      email: 'one@shape.test',
      given_name: 'One',
      email_verified: false,
      name: 'one@shape.test',
      nickname: 'one',
    });
    expect(await refusedRows(server, body.id)).toEqual([
      {
        row_number: 2,
        user: { email: 'not an address' },
        errors: [{ code: 'FORMAT', path: 'email', message: expect.any(String) }],
      },
    ]);
  });

  test('may be NDJSON or CSV, and each may be gzipped', async () => {
    const ndjson = '{"email":"n1@formats.test"}\n{"email":"n2@formats.test"}\n';
    const csv =
      'email,given_name,user_metadata.size,app_metadata.vip\n"c1@formats.test","Ann ""A""\nB",12,true\nc2@formats.test,,,\n';
    for (const file of [ndjson, csv]) {
      const plain = await imported(file);
      expect(plain.summary).toMatchObject({ inserted: 2, failed: 0 });
    }
    const zipped = await imported(gzipSync('email\nz1@formats.test\n'));
    expect(zipped.summary).toMatchObject({ inserted: 1, failed: 0 });
    expect(await userByEmail('c1@formats.test')).toMatchObject({
      given_name: 'Ann "A"\nB',
      user_metadata: { size: 12 },
      app_metadata: { vip: true },
    });
  });

  test('reports the second row for a user and keeps the first', async () => {
    const file = [
      person('twice@dup.test', { given_name: 'First' }),
      person('TWICE@dup.test', { given_name: 'Second' }),
    ];
    for (const upsert of ['false', 'true']) {
      const job = await imported(file, { upsert });
      expect(job.summary?.failed).toBe(1);
      expect(await userByEmail('twice@dup.test')).toMatchObject({ given_name: 'First' });
    }
  });

  test('without upsert refuses existing users in the recorded words', async () => {
    await imported([person('there@exists.test')]);
    const again = await imported([person('there@exists.test', { given_name: 'New' })]);
    expect(again.summary).toEqual({ failed: 1, updated: 0, inserted: 0, total: 1 });
    expect(await refusedRows(server, again.id)).toEqual([
      {
        row_number: 1,
        user: { email: 'there@exists.test', given_name: 'New' },
        errors: [
          {
            code: 'DUPLICATED_USER',
            message: 'The user already exist and upsert parameter is false',
          },
        ],
      },
    ]);
    expect((await userByEmail('there@exists.test'))?.given_name).toBeUndefined();
  });

  test('with upsert writes the writable fields, replaces metadata, and leaves other fields', async () => {
    await imported([
      person('up@upsert.test', {
        given_name: 'Old',
        family_name: 'Kept',
        blocked: false,
        email_verified: true,
        app_metadata: { a: 1, b: 2 },
      }),
    ]);
    const job = await imported(
      [person('up@upsert.test', { given_name: 'New', blocked: true, app_metadata: { c: 3 } })],
      { upsert: 'true' },
    );
    expect(job.summary).toEqual({ failed: 0, updated: 1, inserted: 0, total: 1 });
    expect(await userByEmail('up@upsert.test')).toMatchObject({
      given_name: 'New',
      family_name: 'Kept',
      blocked: false,
      email_verified: true,
      app_metadata: { c: 3 },
    });
  });

  test('refuses a taken user_id without losing the rows around it', async () => {
    await imported([person('a@ids.test', { user_id: 'legacy-1' })]);
    const job = await imported([
      person('b@ids.test'),
      person('c@ids.test', { user_id: 'legacy-1' }),
      person('d@ids.test'),
    ]);
    expect(job.summary).toEqual({ failed: 1, updated: 0, inserted: 2, total: 3 });
    expect((await userByEmail('a@ids.test'))?.user_id).toBe('auth0|legacy-1');
    expect(await userByEmail('c@ids.test')).toBeUndefined();
  });

  test('as a dry run gives the same report and writes nothing', async () => {
    await imported([person('known@dry.test')]);
    const file = [person('new@dry.test'), person('known@dry.test'), person('bad')];
    const dry = await imported(file, { dry_run: 'true' });
    expect(dry).toMatchObject({
      dry_run: true,
      summary: { failed: 2, updated: 0, inserted: 1, total: 3 },
    });
    expect(await userByEmail('new@dry.test')).toBeUndefined();
    const upsert = await imported(file, { dry_run: 'true', upsert: 'true' });
    expect(upsert.summary).toEqual({ failed: 1, updated: 1, inserted: 1, total: 3 });
  });

  test('is imported once under one idempotency key, and another file under it is refused', async () => {
    const first = await upload(server, [person('k1@idem.test')], { idempotency_key: 'key-1' });
    const again = await upload(server, [person('k1@idem.test')], { idempotency_key: 'key-1' });
    const other = await upload(server, [person('k2@idem.test')], { idempotency_key: 'key-1' });
    expect(again.body.id).toBe(first.body.id);
    expect(other.status).toBe(409);
    expect(other.body.errorCode).toBe('idempotency_key_reused');
    await ended(server, first.body.id);
    expect(await countPeople(server, '%@idem.test')).toBe(1);
  });

  test('has a report of all rows that a spreadsheet opens without running formulas', async () => {
    const job = await imported([person('=cmd@report.test'), person('+bad')]);
    const csv = await server.api<string>('GET', `/api/v2/jobs/${job.id}/report?format=csv`);
    expect(csv.text.split('\r\n')[1]).toMatch(
      /^1,inserted,'=cmd@report\.test,auth0\|[0-9a-f]{24},/,
    );
    expect(csv.text.split('\r\n')[2]).toMatch(/^2,failed,'\+bad,,/);
    const ndjson = await server.api<string>('GET', `/api/v2/jobs/${job.id}/report`);
    const rows = ndjson.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toMatchObject([
      { row_number: 1, status: 'inserted', email: '=cmd@report.test' },
      { row_number: 2, status: 'failed' },
    ]);
  });

  test('drops a hash that costs more than a login may, and its report says so', async () => {
    const hash = (cost: number) =>
      `$2b$${cost}$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K`;
    const file = [
      person('costly@notes.test', { password_hash: hash(15) }),
      person('fitting@notes.test', { password_hash: hash(14) }),
    ];
    const job = await imported(file);
    expect(job.summary).toEqual({ failed: 0, updated: 0, inserted: 2, total: 2 });
    const report = (format: string) =>
      server.api<string>('GET', `/api/v2/jobs/${job.id}/report?format=${format}`);
    const rows = (await report('ndjson')).text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows[0]).toMatchObject({
      status: 'inserted',
      notes: [{ code: 'HASH_LEFT_OUT', path: 'password_hash' }],
    });
    expect(rows[1].notes).toBeUndefined();
    const [, first] = (await report('csv')).text.split('\r\n');
    expect(first).toMatch(/was imported without a password/);
  });

  test('never reveals a hash again', async () => {
    const hash = '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K';
    const job = await imported([person('x', { password_hash: hash })]);
    const { text } = await server.api('GET', `/api/v2/jobs/${job.id}/errors`);
    expect(text).toContain('*****');
    expect(text).not.toContain('nFguVi9LsC');
  });
});

describe('a request that cannot become a job', () => {
  const cases: [string, (form: FormData) => void, number, string][] = [
    [
      'no file',
      (form) => form.delete('users'),
      400,
      "Must provide 'users' file as multipart part.",
    ],
    [
      'no connection',
      (form) => form.delete('connection_id'),
      400,
      "Must provide 'connection_id' as multipart part.",
    ],
    [
      'a connection id of another shape',
      (form) => form.set('connection_id', 'nope'),
      400,
      "Payload validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property connection_id.",
    ],
    [
      'an unknown connection',
      (form) => form.set('connection_id', 'con_0000000000000000'),
      400,
      'The connection does not exist.',
    ],
    [
      'an empty file',
      (form) => form.set('users', new Blob(['  \n']), 'u.json'),
      400,
      'Users file must not be empty.',
    ],
  ];
  test.each(
    cases,
  )('with %s is answered in the recorded words', async (_name, spoil, status, message) => {
    const form = new FormData();
    form.set('connection_id', await defaultConnectionId(server));
    form.set('users', new Blob(['[{"email":"z@refused.test"}]']), 'u.json');
    spoil(form);
    const answer = await server.api<{ message: string }>(
      'POST',
      '/api/v2/jobs/users-imports',
      form,
    );
    expect([answer.status, answer.body.message]).toEqual([status, message]);
  });

  test('leaves no rows behind', async () => {
    const { rows } = await server.app.database.execute(
      "select count(*)::int as n from jobs where status = 'uploading'",
    );
    expect(rows[0]?.n).toBe(0);
  });

  test('with a broken multipart body is a clear 400', async () => {
    const response = await fetch(`${server.url}/api/v2/jobs/users-imports`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await server.token()}`,
        'content-type': 'multipart/form-data; boundary=x',
      },
      body: '--x\r\ncontent-disposition: form-data; name="users"; filename="u"\r\n\r\n[{"email"',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      message: "Payload validation error: 'Invalid multipart payload format'.",
    });
  });

  test('with a file above IMPORT_MAX_BYTES=512000 is answered as Auth0 does', async () => {
    const small = await startServer({ importMaxBytes: 512_000 });
    const rows = Array.from({ length: 20_000 }, (_, i) => person(`p${i}@much-too-large.test`));
    const { status, body } = await upload(small, rows);
    expect(status).toBe(413);
    expect(body.message).toBe('Payload content length greater than maximum allowed: 512000');
    expect(await countPeople(small, '%@much-too-large.test')).toBe(0);
    await small.close();
  });

  test('over the limit of jobs is asked to wait', async () => {
    // No worker runs here, so the first two jobs stay pending.
    const busy = await startServer({ role: 'web', importMaxJobs: 2 });
    await upload(busy, [person('a@busy.test')]);
    await upload(busy, [person('b@busy.test')]);
    const { status, body } = await upload(busy, [person('c@busy.test')]);
    expect(status).toBe(429);
    expect(body).toEqual({
      statusCode: 429,
      error: 'Too Many Requests',
      message:
        'There are 2 active import users jobs, please wait until some of them are finished and try again',
    });
    await busy.close();
  });
});

describe('an upsert', () => {
  test('takes the first of two rows for one user, by the address and by the id', async () => {
    await imported([person('twice@upsert.test', { user_id: 'twice' })]);
    const file = [
      { user_id: 'twice', name: 'By id' },
      person('twice@upsert.test', { name: 'By mail' }),
    ];
    for (const dryRun of ['true', 'false']) {
      const job = await imported(file, { upsert: 'true', dry_run: dryRun });
      expect(job.summary).toMatchObject({ inserted: 0, updated: 1, failed: 1 });
      const [refused] = await refusedRows(server, job.id);
      expect(refused).toMatchObject({ row_number: 2, errors: [{ code: 'DUPLICATED_USER' }] });
    }
    expect(await userByEmail('twice@upsert.test')).toMatchObject({ name: 'By id' });
  });

  test('verifies the address of a signed-up user, as an operator does elsewhere', async () => {
    const { db } = server.app.deps;
    const connectionId = await defaultConnectionId(server);
    const email = 'proved@upsert.test';
    await insertUser(db, { connectionId, email, isUnproven: true, now: new Date() });
    await imported([person(email, { name: 'Somebody' })], { upsert: 'true' });
    expect(await findUserByEmail(db, { connectionId, email })).toMatchObject({ isUnproven: true });
    await imported([person(email, { email_verified: true })], { upsert: 'true' });
    expect(await findUserByEmail(db, { connectionId, email })).toMatchObject({
      emailVerified: true,
      isUnproven: false,
    });
  });
});

describe('a hostile file', () => {
  test.each(hostileFiles.map((file) => [file.name, file] as const))('%s', async (_name, file) => {
    const before = process.memoryUsage().rss;
    const made = file.make();
    const { status, body } = Buffer.isBuffer(made)
      ? await upload(server, made, { upsert: 'true' })
      : await uploadStream(server, made);
    const { valid, rejected, end, distinct = valid } = file.expect;
    if (end === 'EMPTY') {
      expect(status).toBe(400);
      return;
    }
    expect(status).toBe(202);
    const job: WireJob = await ended(server, body.id);
    expect(job.status).toBe(end === 'complete' ? 'completed' : 'failed');
    if (end !== 'complete') expect(job.status_details).toMatch(/\w+ \w+/);
    const { inserted = 0, updated = 0, failed = 0 } = job.summary ?? {};
    expect(inserted + updated).toBe(distinct);
    expect(failed).toBe(rejected.length + valid - distinct);
    const codes = (await refusedRows(server, body.id)).flatMap((row) =>
      row.errors.map((error) => error.code),
    );
    expect(codes.filter((code) => code !== 'DUPLICATED_USER')).toEqual(
      rejected.filter((code) => code !== 'DUPLICATED_USER'),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
  });
});
