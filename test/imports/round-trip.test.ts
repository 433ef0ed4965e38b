import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { BOOTSTRAP, eventually, startServer, type TestServer } from '../harness/harness.ts';
import { ended, exportedFile, refusedRows, upload, type WireJob } from './import-jobs.ts';

// Usher reads the files that it writes: every user is recognized, and nothing changes.

type User = Record<string, unknown> & { user_id: string };
type Field = { name: string; export_as?: string };

/** Texts that a spreadsheet, a CSV reader or a JSON reader may take for something else. */
const ODD = [
  ...[
    '=1+1',
    "'=1",
    "''=1",
    '-5',
    '+4915112345678',
    '@x',
    "'",
    "''",
    "'quoted'",
    '"',
    '""',
    "o'neil",
  ],
  ...[' blanks ', '\ttab', 'a\tb', 'line\nbreak', 'line\r\nbreak', 'carriage\rreturn', ' ', ''],
  ...['null', 'true', 'FALSE', '5', '05', '1e3', '-0', '0.50', '{"a":1}', '[1]', '{', '[', 'a,b;c'],
  ...[
    'Zoë',
    'е\u0301',
    '日本語',
    '👩‍👩‍👧',
    '\u202eright',
    '\ufeffmark',
    '\u00a0x\u00a0',
    '2020-01-01T00:00:00.000Z',
  ],
  ...['2020-01-01', "'2020-01-01T00:00:00.000Z", '1e+21', 'sep=;'],
];
const VALUES: unknown[] = [
  ...ODD,
  ...[0, 5, -5, 0.1, 1e21, 1e-7, 123456789012345680, true, false, null],
  ...[{}, [], { a: { b: [1, null, '=x', { c: ' ' }] } }, [[]], [1, '1', null], { 'a.b': 1, '': 2 }],
];

const nested = (levels: number): object => (levels === 0 ? {} : { deeper: nested(levels - 1) });

let server: TestServer;
const people = new Map<string, User>();

beforeAll(async () => {
  server = await startServer();
  const rows: object[] = VALUES.map((value, i) => ({
    email: `p${i}@round.test`,
    user_id: `round${i}`,
    email_verified: i % 2 === 0,
    app_metadata: { value, nested: { 'odd key': value, list: [value, { deep: value }] } },
    user_metadata: { value, other: i },
  }));
  const names = ODD.filter((text) => text !== '');
  rows.push(
    ...names.map((text, i) => ({
      email: `n${i}@round.test`,
      given_name: text,
      family_name: text,
      name: text,
      nickname: text,
      blocked: i % 3 === 0,
      phone_number: `+4915112340${String(i).padStart(2, '0')}`,
      phone_verified: i % 2 === 0,
      picture: 'https://pictures.test/a,b?=+',
    })),
    { email: "'quoted@round.test", given_name: "'x" },
    { email: '=formula@round.test', given_name: '=y' },
    { email: "o'neil+tag@round.test" },
  );
  const job = await imported(JSON.stringify(rows));
  expect((await refusedRows(server, job.id)).map((row) => [row.row_number, row.errors])).toEqual(
    [],
  );
  for (const made of [
    { phone_number: '+4915112999999' },
    { email: 'long-id@round.test', user_id: 'i'.repeat(255) },
    { email: 'id-in-id@round.test', user_id: 'auth0|again' },
    { email: 'picture@round.test', picture: 'ftp://pictures.test/a|b' },
    { email: 'deep@round.test', app_metadata: nested(98) },
  ]) {
    const connection = 'Username-Password-Authentication';
    const { status } = await server.api('POST', '/api/v2/users', { connection, ...made });
    expect(status).toBe(201);
  }
  for (const user of await everybody()) people.set(user.user_id, user);
  expect(people.size).toBe(rows.length + 5);
});

async function everybody(): Promise<User[]> {
  const found: User[] = [];
  for (let page = 0; ; page++) {
    const { body } = await server.api<User[]>('GET', `/api/v2/users?per_page=100&page=${page}`);
    found.push(...body);
    if (body.length < 100) return found;
  }
}

async function imported(file: string | Buffer, fields: Record<string, string> = {}) {
  const { status, body } = await upload(server, file as Buffer, fields);
  expect([status, body.message]).toEqual([202, undefined]);
  return ended(server, body.id);
}

async function exported(asked: object): Promise<Buffer> {
  return (await exportedFile(server, asked)).file;
}

/** Checks that every user in the file is recognized, the job says so, and no document changes, `updated_at` included. */
async function changesNothing(job: WireJob, total = people.size) {
  expect((await refusedRows(server, job.id)).map((row) => [row.row_number, row.errors])).toEqual(
    [],
  );
  expect(job.summary).toEqual({ failed: 0, inserted: 0, updated: total, total });
  const after = await everybody();
  expect(after).toHaveLength(people.size);
  for (const user of after) expect(user).toEqual(people.get(user.user_id));
  expect(job.rows_unchanged).toBe(total);
}

const METADATA = ['user_metadata.value', 'user_metadata.other', 'app_metadata.value'];
const PATHS = [
  ...METADATA,
  'app_metadata.nested["odd key"]',
  'app_metadata.nested.list[1].deep',
  'app_metadata.nested.list[0]',
  'app_metadata.nested.list.length',
  'app_metadata.nested',
];
const plain = (names: string[]): Field[] => names.map((name) => ({ name }));
const CHOICES: [string, Field[] | undefined][] = [
  ['the fields that everybody has', undefined],
  ['paths into metadata', plain(['email', 'user_id', ...PATHS])],
  ['nobody’s e-mail', plain(['user_id', 'given_name', ...METADATA])],
  [
    'everything that is read only',
    plain([
      ...['user_id', 'email', 'identities', 'identities[0].connection', 'identities[0].user_id'],
      ...['created_at', 'updated_at', 'last_login', 'last_ip', 'logins_count', 'multifactor'],
      ...['last_password_reset', 'blocked', 'username', 'phone_number', 'phone_verified'],
    ]),
  ],
];

describe.each(['csv', 'json'])('a re-import of an export as %s changes nothing', (format) => {
  test.each(CHOICES)('with %s', async (_, fields) => {
    const gzipped = await exported({ format, ...(fields && { fields }) });
    await changesNothing(await imported(gzipped, { upsert: 'true' }));
  });

  test('as a dry run', async () => {
    const file = gunzipSync(await exported({ format }));
    await changesNothing(await imported(file, { upsert: 'true', dry_run: 'true' }));
  });
});

test('a JSON export of whole metadata or parts of it changes nothing', async () => {
  const fields = plain([
    'user_metadata.value',
    'email',
    'user_id',
    'user_metadata',
    'app_metadata',
    ...PATHS,
  ]);
  await changesNothing(
    await imported(await exported({ format: 'json', fields }), { upsert: 'true' }),
  );
});

test('one changed cell changes one field of one user', async () => {
  const file = gunzipSync(
    await exported({ format: 'csv', fields: plain(['email', 'user_id', 'user_metadata.other']) }),
  ).toString();
  const edited = file.replace(/("'p7@round\.test","'auth0\|round7"),7/, '$1,"\'7"');
  expect(edited).not.toBe(file);
  const job = await imported(edited, { upsert: 'true' });
  expect(job).toMatchObject({ rows_unchanged: people.size - 1 });
  const before = people.get('auth0|round7');
  const { body: after } = await server.api<User>('GET', '/api/v2/users/auth0|round7');
  expect(after).toEqual({
    ...before,
    updated_at: expect.any(String),
    user_metadata: { ...(before?.user_metadata as object), other: '7' },
  });
  expect(after.updated_at).not.toBe(before?.updated_at);
  await imported(file, { upsert: 'true' });
  const { body: back } = await server.api<User>('GET', '/api/v2/users/auth0|round7');
  expect({ ...back, updated_at: before?.updated_at }).toEqual(before);
  people.set(back.user_id, back);
});

test('users of another connection are refused with the reason, and nobody here changes', async () => {
  const { body: store } = await server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: 'another-store',
    strategy: 'auth0',
    enabled_clients: [BOOTSTRAP.id],
  });
  const there = [{ email: 'p1@round.test', user_id: 'there', given_name: 'There' }];
  await imported(JSON.stringify(there), { connection_id: store.id });
  const file = await exported({ format: 'csv', connection_id: store.id });
  const job = await imported(file, { upsert: 'true' });
  expect((await refusedRows(server, job.id))[0]?.errors).toMatchObject([{ code: 'CONFLICT' }]);
  const { body } = await server.api<User>('GET', '/api/v2/users/auth0|round1');
  expect(body).toEqual(people.get('auth0|round1'));
  await server.api('DELETE', `/api/v2/connections/${store.id}`);
  await eventually(async () => ((await everybody()).length === people.size ? true : undefined));
  expect(await defaultConnectionId(server)).toBeTruthy();
});

describe("Usher's own reports identify their users again", () => {
  test.each(['csv', 'ndjson'])('in a report as %s', async (format) => {
    const rows = [
      { email: "'quoted@round.test" },
      { email: '=formula@round.test' },
      { email: 'x' },
    ];
    const first = await imported(JSON.stringify(rows));
    const { text } = await server.api('GET', `/api/v2/jobs/${first.id}/report?format=${format}`);
    const again = await imported(text, { upsert: 'true' });
    expect(again.summary).toEqual({ failed: 1, inserted: 0, updated: 2, total: 3 });
    expect(again).toMatchObject({ rows_unchanged: 2 });
    const { text: second } = await server.api(
      'GET',
      `/api/v2/jobs/${again.id}/report?format=${format}`,
    );
    const third = await imported(second, { upsert: 'true' });
    expect(third).toMatchObject({ rows_unchanged: 2 });
  });

  test.each(['csv', 'json'])('in links as %s', async (format) => {
    const { body } = await server.api<WireJob>('POST', '/api/v2/jobs/password-change-tickets', {
      recipients: [{ email: "'quoted@round.test" }, { email: '=formula@round.test' }],
      connection_id: await defaultConnectionId(server),
      format,
    });
    await ended(server, body.id);
    const { text } = await server.api('GET', `/api/v2/jobs/${body.id}/tickets`);
    expect(text).toContain('ticket');
    const job = await imported(text, { upsert: 'true' });
    expect(await refusedRows(server, job.id)).toEqual([]);
    expect(job).toMatchObject({ rows_unchanged: 2 });
  });

  test('in refused rows as JSON, after a secret was put back', async () => {
    const hash = '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K';
    const first = await imported(
      JSON.stringify([
        { email: 'p3@round.test' },
        { email: 'p4@round.test', password_hash: hash, user_metadata: { token: 'x' } },
      ]),
    );
    const { body } = await server.api<object[]>('GET', `/api/v2/jobs/${first.id}/errors`);
    const job = await imported(JSON.stringify(body), { upsert: 'true' });
    expect(job).toMatchObject({ rows_unchanged: 1, summary: { failed: 1, updated: 1 } });
    const [refused] = await refusedRows(server, job.id);
    expect(refused?.errors.map((error) => error.path)).toEqual(
      expect.arrayContaining(['password_hash', 'user_metadata.token']),
    );
  });
});
