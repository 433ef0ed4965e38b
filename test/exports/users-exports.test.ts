import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  DEFAULT_CONNECTION,
  eventually,
  startServer,
  type TestServer,
} from '../harness/harness.ts';

type Job = {
  id: string;
  status: string;
  location?: string;
  percentage_done?: number;
  message?: string;
  [key: string]: unknown;
};

let server: TestServer;
let connectionId: string;
const PEOPLE = 2500;

beforeAll(async () => {
  server = await startServer();
  const { body } = await server.api<{ id: string }[]>(
    'GET',
    `/api/v2/connections?name=${DEFAULT_CONNECTION}`,
  );
  connectionId = body[0]?.id ?? '';
  const rows = Array.from({ length: PEOPLE }, (_, i) => ({
    email: `p${i}@export.test`,
    user_id: `p${String(i).padStart(5, '0')}`,
    given_name: i === 0 ? '=cmd|"/c calc"!A1' : `Given ${i}`,
    app_metadata: { plan: i % 2 === 0 ? 'gold' : 'free', nested: { level: i } },
    custom_password_hash: {
      algorithm: 'md5',
      hash: { value: '5f4dcc3b5aa765d61d8327deb882cf99', encoding: 'hex' },
    },
  }));
  const form = new FormData();
  form.set('connection_id', connectionId);
  form.set('users', new Blob([rows.map((row) => JSON.stringify(row)).join('\n')]));
  const job = await server.api<Job>('POST', '/api/v2/jobs/users-imports', form);
  await finished(job.body.id);
});

function finished(id: string): Promise<Job> {
  return eventually(async () => {
    const { body } = await server.api<Job>('GET', `/api/v2/jobs/${id}`);
    return body.status === 'completed' || body.status === 'failed' ? body : undefined;
  });
}

async function exported(asked: object): Promise<{ job: Job; text: string; headers: Headers }> {
  const begun = await server.api<Job>('POST', '/api/v2/jobs/users-exports', asked);
  expect([begun.status, begun.body.status]).toEqual([200, 'pending']);
  const job = await finished(begun.body.id);
  const file = await fetch(job.location ?? '');
  expect(file.status).toBe(200);
  const text = gunzipSync(Buffer.from(await file.arrayBuffer())).toString('utf8');
  return { job, text, headers: file.headers };
}

describe('an export of users', () => {
  test('has one JSON object per line and each user once, without secrets', async () => {
    const { job, text, headers } = await exported({ connection_id: connectionId, format: 'json' });
    expect(job).toMatchObject({
      type: 'users_export',
      status: 'completed',
      format: 'json',
      connection_id: connectionId,
      connection: DEFAULT_CONNECTION,
      percentage_done: 100,
    });
    expect(headers.get('content-disposition')).toContain(`${job.id}.json.gz`);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(PEOPLE);
    const users = lines.map((line) => JSON.parse(line));
    expect(new Set(users.map((user) => user.user_id)).size).toBe(PEOPLE);
    expect(users[0]).toMatchObject({
      user_id: 'auth0|p00000',
      email: 'p0@export.test',
      email_verified: false,
      identities: [{ connection: DEFAULT_CONNECTION, provider: 'auth0', user_id: 'p00000' }],
    });
    expect(text).not.toContain('5f4dcc3b5aa765d61d8327deb882cf99');
    expect(text).not.toContain('app_metadata');
  });

  test('as CSV has the requested fields, and no cell is a formula', async () => {
    const { text } = await exported({
      format: 'csv',
      limit: 2,
      fields: [
        { name: 'user_id', export_as: '=id' },
        { name: 'given_name' },
        { name: 'app_metadata.nested.level', export_as: 'level' },
        { name: 'identities[0].connection', export_as: 'store' },
        { name: 'email_verified' },
        { name: 'created_at' },
        { name: 'family_name' },
        { name: '__proto__.constructor', export_as: 'own' },
      ],
    });
    const [heading, first, second, ...rest] = text.split('\r\n');
    expect(heading).toBe(
      `"'=id","given_name","level","store","email_verified","created_at","family_name","own"`,
    );
    expect(first).toMatch(
      new RegExp(
        `^"'auth0\\|p00000","'=cmd\\|""/c calc""!A1",0,"'${DEFAULT_CONNECTION}",false,\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z,,$`,
      ),
    );
    expect(second).toMatch(/^"'auth0\|p00001","'Given 1",1,/);
    expect(rest).toEqual(['']);
  });

  test('without users has only a heading', async () => {
    const empty = await server.api<{ id: string }>('POST', '/api/v2/connections', {
      name: 'nobody-here',
      strategy: 'auth0',
    });
    const { text } = await exported({ connection_id: empty.body.id, format: 'csv' });
    expect(text).toMatch(/^"user_id","email",[^\r\n]*"connection"\r\n$/);
  });

  test('repeats its request in the job', async () => {
    const fields = [{ name: 'email' }, { name: 'user_metadata.x', export_as: 'x' }];
    const { body } = await server.api<Job>('POST', '/api/v2/jobs/users-exports', {
      connection_id: connectionId,
      format: 'csv',
      limit: 5,
      fields,
    });
    expect(body).toEqual({
      type: 'users_export',
      status: 'pending',
      connection_id: connectionId,
      connection: DEFAULT_CONNECTION,
      format: 'csv',
      limit: 5,
      fields,
      created_at: expect.any(String),
      id: expect.stringMatching(/^job_[A-Za-z0-9]{16}$/),
    });
    expect((await server.api('GET', `/api/v2/jobs/${body.id}/errors`)).status).toBe(204);
  });

  test('is readable only through its link, while the link lives', async () => {
    const { job } = await exported({ limit: 1 });
    const link = new URL(job.location ?? '');
    const until = Number(link.searchParams.get('until'));
    expect(until * 1000 - Date.now()).toBeLessThanOrEqual(60_000);
    const tries = [
      { until: String(until + 3600) },
      { until: String(Math.floor(Date.now() / 1000) - 1) },
      { proof: 'AAAA' },
      { proof: '' },
    ].map((change) => {
      const forged = new URL(link);
      for (const [name, value] of Object.entries(change)) forged.searchParams.set(name, value);
      return forged;
    });
    const other = new URL(link);
    other.pathname = '/exports/job_0000000000000000';
    for (const forged of [...tries, other]) {
      expect((await fetch(forged)).status).toBe(403);
    }
  });

  test('is deleted after a day', async () => {
    const { job } = await exported({ limit: 1 });
    await server.app.database.execute(
      `update jobs set finished_at = finished_at - interval '25 hours' where id = $1`,
      [job.id],
    );
    expect((await fetch(job.location ?? '')).status).toBe(403);
    const later = await server.api<Job>('GET', `/api/v2/jobs/${job.id}`);
    expect(later.body.status).toBe('completed');
    expect(later.body).not.toHaveProperty('location');
  });

  test.each([
    [{ connection_id: 'con_0000000000000000' }, 'The connection does not exist.'],
    [
      { format: 'csv', fields: [{ name: 'app_metadata' }] },
      'A CSV file cannot contain the whole app_metadata. Name a path, such as app_metadata.plan.',
    ],
    [
      { format: 'csv', fields: Array.from({ length: 31 }, (_, i) => ({ name: `f${i}` })) },
      "Payload validation error: 'Array is too long (31), maximum 30' on property fields.",
    ],
    [
      { limit: 0 },
      "Payload validation error: 'Value 0 is less than minimum 1' on property limit (Maximum number of users in the file).",
    ],
    [
      { password: true },
      "Payload validation error: 'Additional properties not allowed: password'.",
    ],
  ])('%j is refused', async (asked, message) => {
    const { status, body } = await server.api<Job>('POST', '/api/v2/jobs/users-exports', asked);
    expect([status, body.message]).toEqual([400, message]);
  });
});
