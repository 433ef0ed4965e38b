import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';
import { exportedFile } from '../imports/import-jobs.ts';
import { runUsher } from './run-usher.ts';

let server: TestServer;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), 'usher-files-'));
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

/** Returns the output without its line wraps. */
const read = (text: string) => text.replace(/\s+/g, ' ');

describe('an unreadable file', () => {
  test.each<[string, string | Buffer, RegExp, number]>([
    ['empty.csv', '', /empty\.csv is empty\.$/, 2],
    ['blank.json', ' \n\n', /^✗ The server stored nothing: Users file must not be empty\.$/, 1],
    ['empty.csv.gz', gzipSync(''), /The server stored nothing: Users file must not be empty\./, 1],
    [
      'people.xlsx',
      'PK\x03\x04\x14\0\x06\0',
      /an? (zip or )?Excel file\. Save the sheet as "CSV UTF-8"/,
      1,
    ],
    ['people.xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /older Excel file\. Save the sheet/, 1],
    ['login.csv', '<!DOCTYPE html>\n<html lang="en">', /looks like a web page/, 1],
    ['photo.csv', Buffer.from('ffd8ffe000104a464946', 'hex'), /looks like a binary file/, 1],
    [
      'colons.csv',
      'email:name\na@example.com:Ada\n',
      /Separate columns by commas, semicolons, tabs or \|/,
      1,
    ],
    ['twice.csv', 'email,name,email\na@example.com,A,b@example.com\n', /"email" appears twice/, 1],
    ['cr.csv', 'email,name\ra@example.com,Ada\r', /lines end with CR only/, 1],
  ])('such as %s is named with the cause', async (name, content, message, code) => {
    const ended = await usher(['import', fileOf(name, content)]);
    expect(
      read(ended.stderr)
        .trim()
        .replace(/ → .*$/, ''),
    ).toMatch(message);
    expect(ended.stderr).not.toMatch(/The rows imported|POST \/api/);
    expect(ended.code).toBe(code);
  });

  test('without users is reported as such', async () => {
    for (const [name, content] of [
      ['header.csv', 'email,name\r\n'],
      ['nobody.json', '[]'],
    ] as const) {
      const ended = await usher(['import', fileOf(name, content)]);
      expect(ended.stdout).toContain('The file has no users.');
      expect(ended.stdout).not.toContain('imported');
      expect(ended.code).toBe(0);
    }
  });
});

describe('an unusual file', () => {
  test('in UTF-16 is read with its encoding reported', async () => {
    const text = '\ufeffemail\tname\r\nzoe@files.test\tZoë 日本\r\n';
    const file = fileOf('unicode.txt', Buffer.from(text, 'utf16le'));
    const ended = await usher(['import', file]);
    expect(ended.stdout).toContain('read it as utf-16');
    expect(ended.stdout).toContain('1 user imported');
    const found = await server.api('GET', '/api/v2/users-by-email?email=zoe@files.test');
    expect(found.body).toMatchObject([{ name: 'Zoë 日本' }]);
  });

  test('with bars and mixed line ends is read', async () => {
    const text = 'email|name\r\nbar@files.test|A, B\nbars@files.test|"C|D"\r\n';
    const ended = await usher(['import', fileOf('bars.csv', text)]);
    expect(ended.stdout).toContain('2 users imported');
    const found = await server.api('GET', '/api/v2/users-by-email?email=bars@files.test');
    expect(found.body).toMatchObject([{ name: 'C|D' }]);
  });

  test('made of two files names the mismatched rows and imports the others', async () => {
    const text = 'email,name\nfirst@files.test,A\nsecond@files.test;B\n';
    const ended = await usher(['import', fileOf('mixed.csv', text)]);
    expect(ended.stdout).toContain('1 user imported');
    expect(read(ended.stdout)).toContain(
      'row 3: The cells of this row are separated by semicolons, those of the header by commas. Use one of them for the whole file.',
    );
    expect(ended.code).toBe(3);
  });

  test('with a row of two megabytes imports the others', async () => {
    const rows = [{ email: 'small@files.test' }, { email: 'x', name: 'x'.repeat(2_000_000) }];
    const ended = await usher(['import', fileOf('large.json', JSON.stringify(rows))]);
    expect(ended.stdout).toContain('1 user imported');
    expect(read(ended.stdout)).toContain('The row is larger than 1048576 bytes. Shorten it.');
    expect(ended.code).toBe(3);
  });

  test('of an export with custom names reports the recognized fields', async () => {
    await usher(['import', fileOf('ada.json', '[{"email":"ada@files.test","given_name":"Ada"}]')]);
    const { id, file } = await exportedFile(server, {
      format: 'csv',
      fields: [{ name: 'email' }, { name: 'given_name', export_as: 'Called' }],
    });
    const ended = await usher(['import', fileOf('export.csv', gunzipSync(file)), '--upsert']);
    expect(ended.stdout).toContain(
      `The column names are those of the export ${id}: Called is given_name.`,
    );
    expect(ended.stdout).toMatch(/0 users imported, \d+ unchanged/);
    expect(ended.code).toBe(0);
  });
});

describe('jobs list', () => {
  test('shows the newest jobs with their ids, kinds, states and counts', async () => {
    const file = fileOf('listed.json', '[{"email":"listed@files.test"},{"email":"listed"}]');
    const { id } = JSON.parse((await usher(['import', file, '--json'])).stdout);
    await usher(['invite', 'listed@files.test', '--yes']);
    const listed = await usher(['jobs', 'list', '-n', '2']);
    const [newest, before, ...more] = listed.stdout.trimEnd().split('\n');
    expect(newest).toMatch(/^job_\w+ {2}[\d-]+ [\d:]+ {2}invitations +completed +1 invited/);
    expect(before).toMatch(
      new RegExp(`^${id} {2}[\\d-]+ [\\d:]+ {2}users import +completed +1 imported, 1 refused`),
    );
    expect(more).toEqual([]);
    expect(listed.stderr).toContain('Only the newest 2 are listed. --limit lists more.');
    expect(listed.code).toBe(0);
  });

  test('filters by type or state, and prints JSON for machines', async () => {
    const failed = await usher(['jobs', 'list', '--status', 'failed', '--json']);
    const jobs: { status: string }[] = JSON.parse(failed.stdout);
    expect(new Set(jobs.map((job) => job.status))).toEqual(new Set(['failed']));
    const none = await usher(['jobs', 'list', '--type', 'password_change_tickets']);
    expect(none.stdout).toBe('No jobs found.\n');
    expect((await usher(['jobs', 'list', '--type', 'nonsense'])).code).toBe(1);
    expect((await usher(['jobs', 'list', '-n', '0'])).code).toBe(2);
  });
});

describe('an invitee given as Name <address>', () => {
  const nameOf = async (email: string) => {
    const { body } = await server.api<{ name: string }[]>(
      'GET',
      `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
    );
    return body[0]?.name;
  };

  test('appears under that name on the command line', async () => {
    const ended = await usher(['invite', 'Grace Hopper <grace@files.test>', '<bare@files.test>']);
    expect(ended.stdout).toContain('2 people invited');
    expect(ended.code).toBe(0);
    expect(await nameOf('grace@files.test')).toBe('Grace Hopper');
    expect(await nameOf('bare@files.test')).toBe('bare@files.test');
  });

  test('appears under that name in a file', async () => {
    const list = fileOf(
      'people.txt',
      '\ufeff"Lovelace, Ada" <lovelace@files.test>\r\n{"email":"Alan <alan@files.test>"}\n{"email":"Mail <barbara@files.test>","name":"Barbara"}\n',
    );
    const ended = await usher(['invite', '--file', list]);
    expect(ended.stdout).toContain('3 people invited');
    expect(await nameOf('lovelace@files.test')).toBe('Lovelace, Ada');
    expect(await nameOf('alan@files.test')).toBe('Alan');
    expect(await nameOf('barbara@files.test')).toBe('Barbara');
  });

  test('is refused without a valid address or with a hidden line', async () => {
    const recipients = [
      'Ada <ada>',
      'Ada <a@files.test> <b@files.test>',
      'Ada\r\nBcc: x@files.test <c@files.test>',
      'a@files.test, b@files.test',
    ];
    const { body } = await server.api<{ summary: object }>('POST', '/api/v2/invitations', {
      recipients,
      dry_run: true,
    });
    expect(body.summary).toMatchObject({ would_invite: 0, refused: 4 });
  });
});
