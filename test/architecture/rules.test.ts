import { expect, test } from 'vitest';
import { placesExist } from './places.ts';
import {
  exportedTypesAreCamelCase,
  foldersAreSmall,
  foldersHaveAPublicFile,
  functionsHaveOneName,
  mailIsQueuedInOnePlace,
  migrationsAreNumbered,
  namesSaySomething,
  nobodyTrustsTheHostHeader,
  oneWriterPerTable,
  outgoingCallsHaveOneDoor,
  pagePathsAreNamedOnce,
  pagesHaveNothingInline,
  tablesOf,
  textsArePlain,
  timeComesIn,
  treeIsAsDrawn,
} from './rules.ts';
import type { SourceFile } from './tree.ts';

const file = (path: string, text = ''): SourceFile => ({ path, text });

test('the rules find a table written from two records, in each way of writing', () => {
  const owner = file('src/records/users/users.ts', `on(db).insertInto('users')`);
  const writes = [
    `db.updateTable('users')`,
    `db.deleteFrom("users")`,
    `export const forgetUsers = deletionOf(\n  'users', over)`,
    `deletionMarks('users')`,
    'sql`insert into users (id) select 1`',
    'sql`UPDATE users\n set email = 1`',
    'sql`update only users as u set x = 1`',
    'sql`with a as (delete from only "users" returning id) select 1`',
  ];
  for (const text of writes) {
    const other = file('src/records/jobs/sub.ts', text);
    expect(oneWriterPerTable([owner, other], ['users']), text).toEqual([
      'users: written from src/records/jobs and src/records/users',
    ]);
  }
  expect(oneWriterPerTable([owner], ['users'])).toEqual([]);
});

test('the rules find a table written outside records/ or by no folder', () => {
  const flow = file('src/flows/log-in/log-in.ts', 'sql`update users set email = 1`');
  expect(oneWriterPerTable([flow], ['users', 'jobs'])).toEqual([
    'src/flows/log-in: writes users, which only a record may',
    'jobs: nothing writes it',
  ]);
});

test('a read of a table and a comment about a write are allowed', () => {
  const sources = [
    file('src/records/users/users.ts', `insertInto('users')`),
    file('src/records/jobs/jobs.ts', '// we never update users here\nsql`select * from users`'),
    file('src/records/jobs/jobs.test.ts', `insertInto('users')`),
    file('src/http/management-api/jobs.ts', `description: 'Update users who exist'`),
  ];
  expect(oneWriterPerTable(sources, ['users'])).toEqual([]);
});

test('the rules find a mail that bypasses the queueMail step', () => {
  const text = 'await queueMessages(tx, [mail], now);';
  const at = (path: string) => mailIsQueuedInOnePlace([file(path, text)]);
  expect(at('src/flows/log-in/mail-blocked.ts')).toHaveLength(1);
  expect(at('src/steps/queue-mail/queue-mail.ts')).toEqual([]);
  expect(at('src/records/messages/messages.ts')).toEqual([]);
});

test('the rules read the tables from the migrations', () => {
  const text =
    'create table users (\n);\ncreate unique index x on users (id);\ncreate table jobs (';
  expect(tablesOf([file('migrations/0001-a.sql', text)])).toEqual(['users', 'jobs']);
});

test('the rules find a gap and a duplicate number in the migrations', () => {
  const names = ['0001-a.sql', '0002-b.sql', '0002-c.sql'];
  expect(migrationsAreNumbered(names.map((name) => file(`migrations/${name}`)))).toEqual([
    'migrations/0002-c.sql: should begin 0003-',
  ]);
  expect(migrationsAreNumbered([file('migrations/0002-b.sql')])).toHaveLength(1);
});

test('the rules find a folder without its public file', () => {
  const sources = [file('src/flows/log-in/try.ts'), file('src/records/users/users.ts')];
  expect(foldersHaveAPublicFile(sources)).toEqual([
    'src/flows/log-in: has no src/flows/log-in/log-in.ts',
  ]);
});

test('the rules find a room without its public file', () => {
  const sources = [
    file('src/http/management-api/management-api.ts'),
    file('src/http/management-api/roles/role-users.ts'),
  ];
  expect(foldersHaveAPublicFile(sources)).toEqual([
    'src/http/management-api/roles: has no src/http/management-api/roles/roles.ts',
  ]);
});

test('the rules find a folder with too many files', () => {
  const files = (count: number) =>
    Array.from({ length: count }, (_, index) => file(`src/flows/log-in/f${index}.ts`));
  expect(foldersAreSmall(files(25))).toEqual([]);
  expect(foldersAreSmall(files(26))).toEqual(['src/flows/log-in: has 26 files, 25 at most']);
});

test('the rules find a second name of a function or a type, and allow a separate value', () => {
  const aliases = [
    `import * as writes from './write-user.ts';\nexport const insertUser = writes.addUser;`,
    `import { addUser } from './write-user.ts';\nexport const insertUser = addUser;`,
    `import type { Row as UserRow } from './user-row.ts';\nexport type User = UserRow;`,
  ];
  for (const text of aliases) {
    expect(functionsHaveOneName([file('src/records/users/users.ts', text)]), text).toHaveLength(1);
  }
  const own = [
    `export { insertUser } from './write-user.ts';`,
    `import { deletionMarks } from '../../platform/db/db.ts';\nconst deletion = deletionMarks('users');\nexport const removeUser = deletion.remove;`,
    `import { RESERVED_IDS } from './ids.ts';\nexport const CONSOLE = RESERVED_IDS.clientId;`,
    `import { LIMIT } from './limits.ts';\nexport const most = LIMIT * 2;`,
  ];
  for (const text of own) {
    expect(functionsHaveOneName([file('src/records/users/users.ts', text)]), text).toEqual([]);
  }
});

test('the rules find meaningless names and no others', () => {
  const bad = [
    'src/platform/utils/a.ts',
    'src/flows/x/index.ts',
    'src/records/user-service.ts',
    'src/http/lib/a.ts',
  ];
  for (const path of bad) expect(namesSaySomething([file(path)]), path).toHaveLength(1);
  for (const path of ['src/http/management-api/users.ts', 'src/platform/log/log.ts']) {
    expect(namesSaySomething([file(path)]), path).toEqual([]);
  }
});

test('the rules find a snake_case name in a type that leaves a flow, and allow it inside a file', () => {
  const text = `export type User = {\n  id: string;\n  email_verified: boolean;\n};\n`;
  expect(exportedTypesAreCamelCase([file('src/flows/log-in/log-in.ts', text)])).toEqual([
    'src/flows/log-in/log-in.ts: exports a type with email_verified',
  ]);
  expect(exportedTypesAreCamelCase([file('src/flows/log-in/row.ts', text)])).toEqual([]);
  expect(
    exportedTypesAreCamelCase([file('src/records/users/users.ts', text.replace('export ', ''))]),
  ).toEqual([]);
});

test('the rules find everything in a page that a strict content security policy refuses', () => {
  const bad = [
    '<script>alert(1)</script>',
    '<script type="module">x</script>',
    '<style>p { }</style>',
    '<p style="color: red">',
    '<button onclick="x()">',
    '<a href="javascript:x()">',
  ];
  for (const text of bad) {
    expect(
      pagesHaveNothingInline([file('src/http/hosted-pages/a.liquid', text)]),
      text,
    ).toHaveLength(1);
  }
  const good =
    '<script src="/u/assets/a.js" defer></script><link rel="stylesheet" href="/a.css"><p class="on">';
  expect(pagesHaveNothingInline([file('a.liquid', good)])).toEqual([]);
});

test('the rules find a read of the clock or the Host header', () => {
  expect(timeComesIn([file('src/flows/a/a.ts', 'const now = new Date();')])).toHaveLength(1);
  expect(timeComesIn([file('src/records/a/a.ts', 'Date.now() + 5')])).toHaveLength(1);
  expect(timeComesIn([file('src/flows/a/a.ts', 'new Date(row.created_at)')])).toEqual([]);
  for (const text of ['request.hostname', 'request.headers.host', `req.headers['host']`]) {
    expect(nobodyTrustsTheHostHeader([file('src/http/a/a.ts', text)]), text).toHaveLength(1);
  }
  const guard = 'src/platform/from-this-machine/from-this-machine.ts';
  expect(nobodyTrustsTheHostHeader([file(guard, 'request.headers.host')])).toEqual([]);
  for (const text of ['config.host', 'raw.headers.host = new URL(publicUrl).host;']) {
    expect(nobodyTrustsTheHostHeader([file('src/app.ts', text)]), text).toEqual([]);
  }
});

test('the rules find an outgoing call beside the module for them', () => {
  const calls = [
    'const answer = await fetch(url);',
    'const calls = globalThis.fetch;',
    'const calls = options.fetch ?? fetch;',
    'const client = createClient(fetch);',
    `import { request } from 'node:https';`,
    `import { request as send } from 'http';`,
    `import http from 'node:http';`,
    `import * as http from 'node:http';`,
    `import { connect } from 'node:net';`,
    `import { Agent } from 'undici';`,
    `const { request } = await import('node:http');`,
    'new WebSocket(url)',
  ];
  for (const text of calls) {
    expect(outgoingCallsHaveOneDoor([file('src/flows/a/a.ts', text)]), text).toHaveLength(1);
    expect(outgoingCallsHaveOneDoor([file('src/platform/egress/a.ts', text)])).toEqual([]);
  }
  const good = [
    'const answer = await egress.fetch(url);',
    `import { STATUS_CODES } from 'node:http';`,
    `import type { IncomingMessage } from 'node:http';`,
    `import { isIP } from 'node:net';`,
    '// fetch(url) would be wrong',
  ];
  for (const text of good) {
    expect(outgoingCallsHaveOneDoor([file('src/flows/a/a.ts', text)]), text).toEqual([]);
  }
});

test('the rules find a folder that is missing in the drawing, and one that exists only there', () => {
  const document = [
    '```',
    'src/',
    '  app.ts                 all',
    '  flows/                 WHAT WE DO: log-in/ is one',
    '    log-in/  sign-up/      in and up',
    '    verify/ and more',
    '  worker/                time',
    'migrations/              sql',
    '```',
  ].join('\n');
  const folders = [
    'src/flows',
    'src/flows/log-in',
    'src/flows/sign-up',
    'src/config',
    'src/worker',
  ];
  expect(treeIsAsDrawn(document, folders)).toEqual([
    'src/config: is missing in the drawing',
    'src/flows/verify: is only drawn',
  ]);
});

test('the rules find a text with private words, and no plain one', () => {
  const bad = [
    '/** Whoever asks gets it. */',
    "'It can not be read.'",
    '// true unless told',
    'a user store',
  ];
  for (const text of bad) {
    expect(textsArePlain([file('src/flows/log-in/log-in.ts', text)]), text).toHaveLength(1);
  }
  expect(textsArePlain([file('src/flows/log-in/log-in.ts', "'It cannot be read.'")])).toEqual([]);
});

test('the rules find a place in "Where is …?" that does not exist', () => {
  expect(placesExist('## Where is it?', [])).toHaveLength(1);
  const files = [
    file('src/flows/verify-email/verify-email.ts', 'export function verifyEmail() {}'),
    file('src/http/pages/en.json', '"problem": { "blocked": "This account is blocked." }'),
  ];
  const document = (place: string) =>
    `## Where is …?\n\n| Question | Place |\n| --- | --- |\n| Where? | ${place} |\n\n## Rules\n`;
  for (const place of [
    '`src/flows/verify-email/`: `verify-email.ts` (`verifyEmail`)',
    '`src/http/pages/en.json`, key `problem.blocked`',
    '`src/flows/verify-email/`, the files `*-email.ts`',
  ]) {
    expect(placesExist(document(place), files), place).toEqual([]);
  }
  for (const place of [
    '`src/flows/verify/`',
    '`src/flows/verify-email/`: `expiry.ts`',
    '`src/flows/verify-email/` (`expiryAfter`)',
    '`src/http/pages/en.json`, key `problem.shut`',
  ]) {
    expect(placesExist(document(place), files), place).toHaveLength(1);
  }
});

test('the rules find the path of a page outside its module, in each way of writing', () => {
  const writes = [
    ["app.get('/u/login', show)", '/u/login'],
    ['reply.redirect(`/u/done?what=mfa`)', '/u/done?what=mfa'],
    ['const url = `{publicUrl}/u/invitation?ticket=1#`', '/u/invitation?ticket=1#'],
    ['<form method="post" action="/u/new-link">', '/u/new-link'],
    ["cookies: { path: '/u' }", '/u'],
    ['link(`{publicUrl}/passwordless/verify_redirect?a=1`)', '/passwordless/verify_redirect?a=1'],
  ] as const;
  for (const [text, found] of writes) {
    expect(pagePathsAreNamedOnce([file('src/http/a/a.ts', text)])).toEqual([
      `src/http/a/a.ts: writes ${found}; take the path from platform/page-paths`,
    ]);
  }
});

test('a comment, a test and a regular expression may contain the path of a page', () => {
  const files = [
    file('src/http/a/a.ts', '/** Registers `/u/login`. */\n// see /u/login\nexport const a = 1;'),
    file('src/http/a/a.test.ts', "open('/u/login')"),
    file(
      'src/http/a/letters.ts',
      'const letters = /[\\p{L}]/u;\nsplit(/[^\\p{L}]+/u).map(/x{2}/u, 1)',
    ),
    file('src/platform/page-paths/page-paths.ts', "login: '/u/login'"),
  ];
  expect(pagePathsAreNamedOnce(files)).toEqual([]);
});
