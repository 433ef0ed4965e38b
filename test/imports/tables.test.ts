import { beforeAll, describe, expect, test } from 'vitest';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';
import { ended, refusedRows, upload } from './import-jobs.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

async function imported(file: string | object[], fields: Record<string, string> = {}) {
  const { status, body } = await upload(server, file, fields);
  expect(body.message).toBeUndefined();
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

async function errorsOf(jobId: string): Promise<string> {
  const response = await fetch(`${server.url}/api/v2/jobs/${jobId}/errors?format=csv`, {
    headers: { authorization: `Bearer ${await server.token()}` },
  });
  expect(response.headers.get('content-type')).toContain('text/csv');
  return response.text();
}

describe('a map', () => {
  const people = 'Mailbox;Rufname;Room;Plan\nada@map.test;Ada;B 12;pro\n';

  test.each([
    ['lines', 'Mailbox=email\nROOM=-\nPlan=app_metadata.plan'],
    ['JSON', '{"Mailbox":"email","Room":"-","plan":"app_metadata.plan"}'],
  ])("as %s names the fields of a table's columns", async (_, map) => {
    const job = await imported(people, { map, upsert: 'true' });
    expect(job.summary).toMatchObject({ failed: 0, total: 1 });
    expect(await userByEmail('ada@map.test')).toMatchObject({
      given_name: 'Ada',
      app_metadata: { plan: 'pro' },
    });
  });

  test('names the fields of JSON properties, whatever they are called', async () => {
    const file = [{ Mailbox: 'eve@map.test', constructor: 'x', Room: 'B 12', __proto: 1 }];
    const map = 'mailbox=email\nroom=-\nconstructor=user_metadata.maker\n__proto=-';
    const job = await imported(file, { map });
    expect(await refusedRows(server, job.id)).toEqual([]);
    expect(await userByEmail('eve@map.test')).toMatchObject({ user_metadata: { maker: 'x' } });
    const other = await imported([{ email: 'eva@map.test', constructor: 'x' }], { map });
    expect(other.summary).toMatchObject({ inserted: 1 });
    const unmapped = await imported([{ email: 'evi@map.test', constructor: 'x' }], {
      map: 'mailbox=email',
    });
    expect((await refusedRows(server, unmapped.id))[0]?.errors).toMatchObject([
      { code: 'NOT_PASSED', path: 'constructor' },
    ]);
  });

  test.each([
    ['an unknown field', 'Mailbox=mailadress', /unknown field mailadress/],
    ['a column that the file lacks', 'Mailbox=email\nFloor=-', /names Floor/],
    ['no field', 'Mailbox', /Column=field/],
    ['a column twice', 'Mailbox=email\nmail-box=email', /twice/],
    ['an odd value', '{"Mailbox":1}', /Column=field/],
    ['broken JSON', '{"Mailbox"', /Column=field/],
  ])('with %s is refused', async (_, map, message) => {
    const { status, body } = await upload(server, people, { map });
    expect([status, body.message]).toEqual([400, expect.stringMatching(message)]);
  });

  test('is part of the request that an idempotency key stands for', async () => {
    const first = { idempotency_key: 'with a map', map: 'Mailbox=email\nRoom=-\nPlan=-' };
    await imported(people, { ...first, upsert: 'true' });
    const other = await upload(server, people, {
      ...first,
      upsert: 'true',
      map: 'Mailbox=email\nRoom=name\nPlan=-',
    });
    expect([other.status, other.body.errorCode]).toEqual([409, 'idempotency_key_reused']);
  });
});

describe('refused rows as a table', () => {
  test('have the columns of the file and the reason, and can be imported after a correction', async () => {
    const file =
      'E-Mail,Vorname,email_verified,user_metadata.note,created_at,Room\r\n' +
      'fine@refused.test,Fine,true,,2020-01-01T00:00:00.000Z,1\r\n' +
      'not an address,"=1+1",maybe,"\'=a, ""b""\r\nc",2020-01-01T00:00:00.000Z,2\r\n' +
      'taken@refused.test,-5,false,5,,3\r\n';
    await imported([{ email: 'taken@refused.test' }]);
    const job = await imported(file, { map: 'Room=-' });
    expect(job.summary).toMatchObject({ inserted: 1, failed: 2 });
    expect(job).toMatchObject({ ignored_columns: ['created_at'] });
    const csv = await errorsOf(job.id);
    expect(csv.split('\r\n')[0]).toBe(
      'E-Mail,Vorname,email_verified,user_metadata.note,created_at,Room,row_number,error_codes,error_messages',
    );
    expect(csv).toContain('2020-01-01T00:00:00.000Z,2,3,FORMAT INVALID_TYPE,');
    expect(csv).toContain("Object didn't pass validation for format email");
    expect(csv).not.toMatch(/(^|,)"?[=+\-@]/m);

    const corrected = csv.replace('not an address', 'right@refused.test').replace('maybe', 'true');
    const again = await imported(corrected, { map: 'Room=-', upsert: 'true' });
    expect(again.summary).toEqual({ failed: 0, inserted: 1, updated: 1, total: 2 });
    expect(again).toMatchObject({
      ignored_columns: ['created_at', 'row_number', 'error_codes', 'error_messages'],
    });
    expect(await userByEmail('right@refused.test')).toMatchObject({
      given_name: '=1+1',
      email_verified: true,
      user_metadata: { note: '=a, "b"\r\nc' },
    });
    expect(await userByEmail('taken@refused.test')).toMatchObject({
      given_name: '-5',
      user_metadata: { note: 5 },
    });
  });

  test("keep the spreadsheet's format: its delimiter and a byte order mark", async () => {
    const file = 'sep=;\r\nVorname;E-Mail;user_metadata.note\r\nJürgen;keine;"a;b, c"\r\n';
    const job = await imported(file);
    const response = await fetch(`${server.url}/api/v2/jobs/${job.id}/errors?format=csv`, {
      headers: { authorization: `Bearer ${await server.token()}` },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(bytes.toString()).toContain(
      'Vorname;E-Mail;user_metadata.note;row_number;error_codes;error_messages\r\nJürgen;keine;"a;b, c";3;FORMAT;',
    );
    const corrected = bytes.toString().replace('keine', 'juergen@refused.test');
    const again = await imported(corrected);
    expect(again.summary).toMatchObject({ failed: 0, inserted: 1 });
    expect(await userByEmail('juergen@refused.test')).toMatchObject({
      given_name: 'Jürgen',
      user_metadata: { note: 'a;b, c' },
    });
  });

  test('of a JSON file have the properties of the rows', async () => {
    const job = await imported([
      { email: 'x', user_metadata: { a: { b: [1, null, '2'] } }, password_hash: '$2b$10$TheHash' },
      { email: 'y@refused.test', family_name: 'null', name: '5' },
      { email: 'y@refused.test', family_name: ' null ', name: '5' },
    ]);
    const csv = await errorsOf(job.id);
    expect(csv.split('\r\n')[0]).toBe(
      'email,user_metadata,password_hash,family_name,name,row_number,error_codes,error_messages',
    );
    expect(csv).not.toContain('TheHash');
    expect(csv).toContain('not in this file: password_hash');
    const again = await imported(csv.replace('\nx,', '\nx@refused.test,'), { upsert: 'true' });
    expect(again.summary).toEqual({ failed: 0, inserted: 1, updated: 1, total: 2 });
    expect(await userByEmail('x@refused.test')).toMatchObject({
      user_metadata: { a: { b: [1, null, '2'] } },
    });
    expect(await userByEmail('y@refused.test')).toMatchObject({ family_name: ' null ', name: '5' });
  });

  test('are empty after an import without errors', async () => {
    const job = await imported([{ email: 'all@refused.test' }]);
    const { status } = await server.api('GET', `/api/v2/jobs/${job.id}/errors?format=csv`);
    expect(status).toBe(204);
  });
});

test('a taken name is a CONFLICT in this connection and in another', async () => {
  const store = await server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: 'another-store',
    strategy: 'auth0',
    enabled_clients: [BOOTSTRAP.id],
  });
  await imported([{ email: 'there@taken.test', user_id: 'taken-there' }], {
    connection_id: store.body.id,
  });
  await imported([{ email: 'here@taken.test', user_id: 'taken-here' }]);
  for (const upsert of ['true', 'false']) {
    for (const dry_run of ['true', 'false']) {
      const job = await imported(
        [
          { email: 'new1@taken.test', user_id: 'taken-there' },
          { email: 'new2@taken.test', user_id: 'auth0|taken-here' },
        ],
        { upsert, dry_run },
      );
      const rows = await refusedRows(server, job.id);
      expect(rows.map((row) => row.errors)).toMatchObject([
        [{ code: 'CONFLICT' }],
        [{ code: 'CONFLICT' }],
      ]);
    }
  }
});
