import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';
import { ended, exportedFile, refusedRows, upload } from './import-jobs.ts';

// An export may rename its fields, and an import of the file recognizes them without a map.

type Field = { name: string; export_as?: string };

const PEOPLE = 1000;
const TEXTS = [
  ...['007', '1e5', 'true', 'null', '', ' ', '=1+1', '+49', '-x', '@y', '\tz', "'q", "''", '"'],
  ...['Zoë', '日本語', '2020-01-01', '2020-01-01T00:00:00.000Z', 'a,b;c|d', 'line\r\nbreak', '{}'],
];
const NAMES = TEXTS.filter((text) => text !== '');
const VALUES: unknown[] = [
  ...TEXTS,
  7,
  -0.5,
  1e21,
  true,
  null,
  {},
  [],
  ['', null, '=x'],
  { a: [1] },
];
const of = <T>(list: T[], i: number) => list[i % list.length];

/** Hostile names, none of which an import mistakes for another field. */
const RENAMED: Field[] = [
  { name: 'email', export_as: 'Kontakt' },
  { name: 'user_id', export_as: 'Nr.' },
  { name: 'given_name', export_as: '=Rufname()' },
  { name: 'family_name', export_as: 'Zu"name' },
  { name: 'name', export_as: 'sep=;' },
  { name: 'nickname', export_as: 'line\r\nbreak' },
  { name: 'phone_number', export_as: '+Nummer,;|' },
  { name: 'phone_verified', export_as: '\tproved' },
  { name: 'email_verified', export_as: '__proto__' },
  { name: 'picture', export_as: 'link' },
  { name: 'user_metadata.value', export_as: 'constructor' },
  { name: 'user_metadata.other', export_as: 'Größe 大' },
  { name: 'app_metadata.value', export_as: 'plan' },
  { name: 'app_metadata.nested["a.b"]', export_as: 'Plan' },
  { name: 'app_metadata.nested.list[1]', export_as: 'a.b' },
  { name: 'created_at', export_as: 'Made' },
  { name: 'identities[0].connection', export_as: 'store' },
  { name: 'blocked', export_as: "'blocked?" },
];

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const rows = Array.from({ length: PEOPLE }, (_, i) => ({
    email: `p${i}@names.test`,
    user_id: `names${i}`,
    email_verified: i % 2 === 0,
    ...(i % 3 > 0 && { given_name: of(NAMES, i), nickname: of(NAMES, i + 1) }),
    ...(i % 3 > 1 && { family_name: of(NAMES, i + 2), name: of(NAMES, i + 3) }),
    ...(i % 4 === 0 && { phone_number: `+49151${10_000_000 + i}`, phone_verified: i % 8 === 0 }),
    ...(i % 5 === 0 && { picture: `https://pictures.test/${i}?a=,;`, blocked: i % 2 === 0 }),
    ...(i % 7 > 0 && { user_metadata: { value: of(VALUES, i), ...(i % 2 && { other: i }) } }),
    ...(i % 7 > 1 && {
      app_metadata: {
        value: of(VALUES, i),
        nested: { 'a.b': of(VALUES, i), list: [0, of(VALUES, i)] },
      },
    }),
  }));
  const job = await imported(JSON.stringify(rows));
  expect(job.summary).toEqual({ failed: 0, inserted: PEOPLE, updated: 0, total: PEOPLE });
});

async function imported(file: string | Buffer, fields: Record<string, string> = {}) {
  const { status, body } = await upload(server, file, fields);
  expect([status, body.message]).toEqual([202, undefined]);
  return ended(server, body.id);
}

/** Returns all data of all users, `updated_at` included. */
async function fingerprint(): Promise<unknown> {
  const { rows } = await server.app.database.execute(
    "select md5(string_agg((to_jsonb(u) - 'import_job_id')::text, ',' order by id)) as sum from users u",
  );
  return rows[0]?.sum;
}

async function unchangedBy(file: string | Buffer, total = PEOPLE) {
  const before = await fingerprint();
  const job = await imported(file, { upsert: 'true' });
  expect((await refusedRows(server, job.id)).map((row) => row.errors)).toEqual([]);
  expect(job.summary).toEqual({ failed: 0, inserted: 0, updated: total, total });
  expect(job.rows_unchanged).toBe(total);
  expect(await fingerprint()).toEqual(before);
  return job;
}

const tableOf = (gzipped: Buffer): string[][] => parse(gunzipSync(gzipped).toString());
const csvOf = (rows: string[][], delimiter: string) =>
  rows
    .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter))
    .join('\r\n');

describe.each(['csv', 'json'])('an export as %s', (format) => {
  test('with renamed fields is recognized, and the job names its export', async () => {
    const { id, file } = await exportedFile(server, { format, fields: RENAMED });
    const job = await unchangedBy(file);
    expect(job.recognized_export).toBe(id);
    expect(job.recognized_columns).toEqual(
      expect.arrayContaining([
        { column: 'Kontakt', field: 'email' },
        { column: 'constructor', field: 'user_metadata.value' },
        { column: 'Plan', field: 'app_metadata.nested["a.b"]' },
      ]),
    );
    expect(job.ignored_columns?.toSorted()).toEqual(['Made', 'store']);
  });

  test('with spreadsheet headings is recognized by these or by its export', async () => {
    const { id, file } = await exportedFile(server, {
      format,
      fields: [
        { name: 'email', export_as: 'E-Mail' },
        { name: 'given_name', export_as: 'Vorname' },
        { name: 'user_metadata.other' },
      ],
    });
    expect((await unchangedBy(file)).recognized_export).toBe(format === 'json' ? id : undefined);
  });

  test('of all fields, and of the default fields, changes nothing', async () => {
    const { file } = await exportedFile(server, { format, fields: [] });
    expect(await unchangedBy(file)).not.toHaveProperty('recognized_export');
  });

  test('with the same names for other fields of another export is not guessed', async () => {
    const ask = (name: string) =>
      exportedFile(server, {
        format,
        limit: 5,
        fields: [{ name: 'email' }, { name, export_as: `Disputed ${format}` }],
      });
    const { file } = await ask('given_name');
    await ask('family_name');
    const before = await fingerprint();
    const job = await imported(file, { upsert: 'true' });
    expect(job).not.toHaveProperty('recognized_export');
    expect(job.rows_unchanged ?? 0).toBe(5 - (job.summary?.failed ?? 0));
    expect(await fingerprint()).toEqual(before);
  });
});

describe('a file that was edited since its export', () => {
  test('with fewer columns in another order changes only the edited values', async () => {
    const { id, file } = await exportedFile(server, { format: 'csv', fields: RENAMED });
    const keep = ['plan', 'Größe 大', 'Kontakt'];
    const [heading = [], ...people] = tableOf(file);
    const rows = [heading, ...people].map((row) =>
      keep.map((name) => row[heading.indexOf(name)] ?? ''),
    );
    const edited = rows.map((row) => (row[2] === "'p9@names.test" ? ['gold', '5', row[2]] : row));
    expect(edited).not.toEqual(rows);
    const job = await imported(csvOf(edited, ';'), { upsert: 'true' });
    expect(job).toMatchObject({ recognized_export: id, rows_unchanged: PEOPLE - 1 });
    const { body } = await server.api('GET', '/api/v2/users/auth0|names9');
    expect(body).toMatchObject({
      user_metadata: { value: of(VALUES, 9), other: 5 },
      app_metadata: { value: 'gold', nested: { list: [0, of(VALUES, 9)] } },
    });
  });

  test.each([
    ['the address', (cells: string[]) => ['p1@edited.test', ...cells.slice(1)]],
    ['a name', ([email = '', , ...cells]: string[]) => [email, 'Ada', ...cells]],
    ['everything', () => ['p1@edited.test', 'Ada', 'B', 'auth0|edited1']],
  ])('without the apostrophe in front of %s has none in its data', async (_, edit) => {
    const people = [0, 1, 2].map((i) => ({
      email: `p${i}@edited.test`,
      user_id: `edited${i}`,
      given_name: 'Ada',
      family_name: 'B',
    }));
    await imported(JSON.stringify(people), { upsert: 'true' });
    const fields = ['email', 'given_name', 'family_name', 'user_id'].map((name) => ({ name }));
    const { file } = await exportedFile(server, { format: 'csv', fields });
    const [heading = [], ...rows] = tableOf(file);
    const ours = rows.filter(([email]) => email?.endsWith('@edited.test'));
    expect(ours).toHaveLength(3);
    const edited = ours.map((row) => (row[0] === "'p1@edited.test" ? edit(row) : row));
    await unchangedBy(csvOf([heading, ...edited], ','), 3);
  });

  test('recognizes its refused rows, too', async () => {
    const fields = [
      { name: 'email', export_as: 'Anschrift' },
      { name: 'given_name', export_as: 'Gerufen' },
    ];
    const { id, file } = await exportedFile(server, { format: 'csv', limit: 3, fields });
    const [heading = [], [, name = ''] = []] = tableOf(file);
    const first = await imported(csvOf([heading, ['nobody', name]], ','), { upsert: 'true' });
    expect(first).toMatchObject({ recognized_export: id, summary: { failed: 1 } });
    const { text } = await server.api('GET', `/api/v2/jobs/${first.id}/errors?format=csv`);
    const corrected = text.replace('nobody', 'p0@names.test');
    expect(await imported(corrected, { upsert: 'true' })).toMatchObject({
      recognized_export: id,
      summary: { failed: 0, updated: 1 },
    });
  });

  test('with an unknown column is not recognized', async () => {
    await exportedFile(server, {
      format: 'csv',
      limit: 1,
      fields: [{ name: 'email' }, { name: 'given_name', export_as: 'Hausname' }],
    });
    const job = await imported('email,Hausname,Room\np1@names.test,X,12\n', { upsert: 'true' });
    expect(job).not.toHaveProperty('recognized_export');
    const [refused] = await refusedRows(server, job.id);
    expect(refused?.errors.map((error) => error.path)).toEqual(['Hausname', 'Room']);
  });

  test('follows an explicit map before the names of its export', async () => {
    const fields = [{ name: 'email' }, { name: 'given_name', export_as: 'Called' }];
    await exportedFile(server, { format: 'csv', limit: 1, fields });
    const map = 'Called=user_metadata.called';
    const job = await imported('email,Called\nmapped@names.test,Ada\n', { map });
    expect(job).not.toHaveProperty('recognized_export');
    const { body } = await server.api('GET', '/api/v2/users-by-email?email=mapped@names.test');
    expect(body).toMatchObject([{ user_metadata: { called: 'Ada' } }]);
  });
});

test("an import ignores the field names of a read-only client's export", async () => {
  const token = await server.token(['read:users']);
  const fields = [{ name: 'email' }, { name: 'app_metadata.role', export_as: 'Department' }];
  await exportedFile(server, { format: 'csv', limit: 1, fields }, { token });
  const job = await imported('email,Department\np1@names.test,Sales\n', { upsert: 'true' });
  expect(job).not.toHaveProperty('recognized_export');
  expect(job.summary).toMatchObject({ failed: 1 });
  await exportedFile(server, { format: 'csv', limit: 1, fields });
  const other = await imported('email,Department\np1@names.test,Sales\n', { upsert: 'true' });
  expect(other.recognized_columns).toEqual([{ column: 'Department', field: 'app_metadata.role' }]);
});

test('the same file with the same idempotency key is the same import, even after another export', async () => {
  const file = 'email,Later\nlater@names.test,Ada\n';
  const first = await imported(file, { idempotency_key: 'later' });
  const fields = [{ name: 'email' }, { name: 'given_name', export_as: 'Later' }];
  await exportedFile(server, { format: 'csv', limit: 1, fields });
  expect((await imported(file, { idempotency_key: 'later' })).id).toBe(first.id);
});

describe('misleading export names are refused', () => {
  const plain = (...names: string[]): Field[] => names.map((name) => ({ name }));
  test.each<[Field[], string]>([
    [
      [{ name: 'name', export_as: 'email' }],
      '"name" cannot have the name "email": an import of the file would take it for email. Give it another name.',
    ],
    [[{ name: 'nickname', export_as: 'First name' }], 'would take it for given_name.'],
    [[{ name: 'created_at', export_as: 'nickname' }], 'would take it for nickname.'],
    [[{ name: 'identities[0].user_id', export_as: 'user_id' }], 'would take it for user_id.'],
    [[{ name: 'given_name', export_as: 'user_metadata.name' }], 'would take it for user_metadata'],
    [[{ name: 'user_metadata.a', export_as: 'app_metadata.a' }], 'would take it for app_metadata'],
    [[{ name: 'name', export_as: 'custom_password_hash.hash.value' }], 'for custom_password_hash.'],
    [
      [
        { name: 'given_name', export_as: 'x' },
        { name: 'family_name', export_as: 'x' },
      ],
      'Two fields have the name "x" in the file. Rename one of them.',
    ],
    [
      [
        { name: 'given_name', export_as: 'x' },
        { name: 'name', export_as: ' x ' },
      ],
      'have the name "x"',
    ],
    [
      [{ name: 'email' }, { name: 'email', export_as: 'Contact' }],
      '"email" and "Contact" are the same field. Keep one of them.',
    ],
    [plain('user_metadata.a', 'user_metadata["a"]'), 'are the same field'],
    [[{ name: 'email', export_as: ' \t' }], 'The field "email" has no name in the file'],
  ])('%j', async (fields, message) => {
    for (const format of ['csv', 'json']) {
      const asked = { format, fields };
      const { status, body } = await server.api<{ message: string }>(
        'POST',
        '/api/v2/jobs/users-exports',
        asked,
      );
      expect([status, body.message]).toEqual([400, expect.stringContaining(message)]);
    }
  });

  test('including one CSV column twice, which JSON allows', async () => {
    const fields = [{ name: 'email' }, { name: 'email' }];
    const ask = (format: string) =>
      server.api('POST', '/api/v2/jobs/users-exports', { format, fields });
    expect((await ask('csv')).status).toBe(400);
    expect((await ask('json')).status).toBe(200);
  });

  test.each<Field[][]>([
    [[{ name: 'email', export_as: 'E-Mail' }]],
    [[{ name: 'user_metadata.a', export_as: "user_metadata['a']" }]],
    [[{ name: 'given_name', export_as: 'created_at' }]],
  ])('unless they are harmless: %j', async (fields) => {
    const { status } = await server.api('POST', '/api/v2/jobs/users-exports', { fields });
    expect(status).toBe(200);
  });
});

test('an export of all connections gives passwordless users no second account', async () => {
  await server.api('POST', '/api/v2/connections', {
    name: 'email',
    strategy: 'email',
    enabled_clients: [BOOTSTRAP.id],
    options: { disable_signup: true },
  });
  const { status, body: made } = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: 'email',
    email: 'codes@names.test',
    verify_email: false,
  });
  expect([status, made.user_id]).toEqual([201, expect.stringMatching(/^email\|/)]);
  const before = await fingerprint();
  const file = JSON.stringify({ user_id: made.user_id, email: 'codes@names.test' });
  for (const upsert of ['true', 'false']) {
    for (const dry_run of ['true', 'false']) {
      const job = await imported(file, { upsert, dry_run });
      expect((await refusedRows(server, job.id))[0]?.errors).toMatchObject([
        { code: 'CONFLICT', path: 'user_id' },
      ]);
    }
  }
  expect(await fingerprint()).toEqual(before);
  const job = await imported('{"email":"old@names.test","user_id":"google-oauth2|4711"}');
  expect(job.summary).toMatchObject({ inserted: 1 });
});
