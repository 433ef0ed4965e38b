import { pbkdf2Sync } from 'node:crypto';
import { hash as bcrypt } from '@node-rs/bcrypt';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { Directory } from '../../src/outbound/legacy-directory/legacy-directory.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { copyDatabase } from '../harness/database.ts';
import { context, openStore, startRaw } from './store.ts';

let legacy: pg.Client;
let options: (more?: object) => object;
let directory: Directory;

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name = 'usher' and datname = current_database()`;
const PASSWORD = 'correct horse';

beforeAll(async () => {
  const copy = await copyDatabase();
  closedAtEnd(copy.drop);
  const url = new URL(copy.url ?? '');
  legacy = new pg.Client({ connectionString: copy.url });
  await legacy.connect();
  closedAtEnd(() => legacy.end());
  // Directories keep idle connections for half a minute.
  closedAtEnd(async () => {
    await legacy.query(TERMINATE);
  });
  await legacy.query(`create table people (id int generated always as identity primary key,
    mail text not null, confirmed boolean, hash text, plan text, more jsonb)`);
  await legacy.query('create unique index on people (mail) where mail like $$%@one.test$$');
  options = (more = {}) => ({
    type: 'sql',
    dialect: 'postgres',
    host: '127.0.0.1',
    port: Number(url.port),
    database: url.pathname.slice(1),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password) || 'postgres',
    tls: 'off',
    queries: {
      get_user: `select * from people where mail = lower(:identifier) -- ':email'`,
      create: `insert into people (mail, hash, more) values (:email, :password_hash, :user_metadata::jsonb)`,
      change_password: 'update people set hash = :password_hash where mail = :email',
      verify: 'update people set confirmed = true where mail = :email',
      change_email:
        'update people set mail = :new_email, confirmed = :email_verified where mail = :email',
      delete: 'delete from people where id = :id::int',
      count: 'select count(*) from people;',
    },
    columns: {
      ...{ user_id: 'id', email: 'mail', email_verified: 'confirmed' },
      ...{ user_metadata: 'more', 'app_metadata.plan': 'plan' },
    },
    password_hash: { column: 'hash' },
    timeout_ms: 1500,
    max_connections: 2,
    ...more,
  });
  directory = openStore(options());
});

async function addPerson(mail: string, hash: string | null): Promise<string> {
  const { rows } = await legacy.query<{ id: number }>(
    `insert into people (mail, confirmed, hash, plan, more) values ($1, true, $2, 'gold', '{"a":[1]}') returning id`,
    [mail, hash],
  );
  return String(rows[0]?.id);
}

const login = (identifier: string, password = PASSWORD, store = directory) =>
  store.login({ identifier, password, context });

function django(password: string): string {
  const hash = pbkdf2Sync(password, 'salty', 1000, 32, 'sha256').toString('base64');
  return `pbkdf2_sha256$1000$salty$${hash}`;
}

/** Version 3 of ASP.NET Core Identity: format, function, rounds, length of the salt, salt, key. */
function aspnet(password: string): string {
  const head = Buffer.alloc(13);
  head[0] = 1;
  for (const [at, value] of [
    [1, 1],
    [5, 1000],
    [9, 16],
  ] as const)
    head.writeUInt32BE(value, at);
  const salt = Buffer.alloc(16, 7);
  return Buffer.concat([head, salt, pbkdf2Sync(password, salt, 1000, 32, 'sha256')]).toString(
    'base64',
  );
}

test('a login finds the row, its metadata and its bcrypt hash', async () => {
  const id = await addPerson('ada@old.test', await bcrypt(PASSWORD, 4));
  expect(await login('ADA@old.test')).toMatchObject({
    kind: 'found',
    profile: {
      id,
      email: 'ada@old.test',
      emailVerified: true,
      userMetadata: { a: [1] },
      appMetadata: { plan: 'gold' },
    },
  });
  expect(await login('ada@old.test', 'wrong')).toMatchObject({ kind: 'wrong' });
  expect(await login('nobody@old.test')).toMatchObject({ kind: 'wrong', isUnknown: true });
  expect(await directory.getUser({ identifier: 'ada@old.test', context })).toMatchObject({
    kind: 'found',
    profile: { id },
  });
  expect(await directory.getUser({ identifier: 'nobody', context })).toEqual({ kind: 'none' });
});

test.each<[string, (password: string) => string | Promise<string>, object]>([
  ['django', django, { scheme: 'django' }],
  ['auto', django, {}],
  ['auto', async (password) => `{bcrypt}${await bcrypt(password, 4)}`, {}],
  ['aspnet-identity', aspnet, { scheme: 'aspnet-identity' }],
])('a hash of the scheme %s is verified', async (_name, make, how) => {
  const mail = `${crypto.randomUUID()}@old.test`;
  await addPerson(mail, await make(PASSWORD));
  const store = openStore(options({ password_hash: { column: 'hash', ...how } }));
  expect(await login(mail, PASSWORD, store)).toMatchObject({ kind: 'found' });
  expect(await login(mail, 'wrong', store)).toMatchObject({ kind: 'wrong' });
});

test.each([
  `' or 1=1 --`,
  `ada@old.test' or 'a'='a`,
  `'; drop table people; --`,
  '$1',
  ':identifier',
  '%',
  'ada\0@old.test',
])('the name %j is a value, and nobody has it', async (name) => {
  expect(await login(name)).toMatchObject({ kind: 'wrong', isUnknown: true });
  expect(await directory.count?.()).toBeGreaterThan(0);
});

test('two rows with one address let nobody in', async () => {
  for (let times = 0; times < 2; times++) {
    await addPerson('twin@old.test', await bcrypt(PASSWORD, 4));
  }
  expect(await login('twin@old.test')).toMatchObject({
    kind: 'unavailable',
    why: 'invalid-profile',
    problem: 'The query get_user found 2 rows for one name.',
  });
});

test('a query that reads cannot write', async () => {
  const queries = { get_user: `delete from people where mail = :identifier returning *` };
  await addPerson('stay@old.test', null);
  const store = openStore(options({ queries }));
  expect(await login('stay@old.test', PASSWORD, store)).toMatchObject({
    kind: 'unavailable',
    why: 'failed',
    problem: expect.stringContaining('25006'),
  });
  expect(await directory.getUser({ identifier: 'stay@old.test', context })).toMatchObject({
    kind: 'found',
  });
});

test('changes reach the table, with a hash of the new password', async () => {
  const user = {
    ...{ clientId: null, email: 'new@one.test', password: 'first', username: null },
    ...{ phoneNumber: null, connection: 'old', userMetadata: { b: 1 }, appMetadata: {} },
  };
  expect(await directory.create?.({ user, context })).toEqual({ kind: 'done' });
  expect(await directory.create?.({ user, context })).toMatchObject({
    kind: 'refused',
    code: 'user_exists',
  });
  expect(await login('new@one.test', 'first')).toMatchObject({
    kind: 'found',
    profile: { emailVerified: null, userMetadata: { b: 1 } },
  });
  const change = { email: 'new@one.test', password: 'second', context };
  expect(await directory.changePassword?.(change)).toEqual({ kind: 'done' });
  expect(await directory.verify?.({ email: 'new@one.test', context })).toEqual({ kind: 'done' });
  const move = { email: 'new@one.test', newEmail: 'newer@one.test', isVerified: false, context };
  expect(await directory.changeEmail?.(move)).toEqual({ kind: 'done' });
  expect(await directory.verify?.({ email: 'new@one.test', context })).toEqual({
    kind: 'declined',
  });
  const found = await login('newer@one.test', 'second');
  if (found.kind !== 'found') throw new Error(found.kind);
  expect(await directory.remove?.({ id: found.profile.id })).toEqual({ kind: 'done' });
  expect(await login('newer@one.test', 'second')).toMatchObject({ kind: 'wrong' });
});

test('a slow query and a huge answer end, and the next login works', async () => {
  const slow = openStore(
    options({
      queries: { get_user: 'select *, pg_sleep(30) from people where mail = :identifier' },
      timeout_ms: 300,
    }),
  );
  expect(await login('ada@old.test', PASSWORD, slow)).toMatchObject({ why: 'timed-out' });
  const huge = openStore(
    options({
      queries: {
        get_user: `select n as id, repeat(:identifier, 1000) as mail from generate_series(1, 100000) n`,
      },
    }),
  );
  expect(await login('ada@old.test', PASSWORD, huge)).toMatchObject({ why: 'too-large' });
  expect(await login('ada@old.test')).toMatchObject({ kind: 'found' });
});

test('thirty logins at once share two connections', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => login('ada@old.test')));
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['found']));
  const { rows } = await legacy.query<{ open: string }>(
    `select count(*) as open from pg_stat_activity where application_name = 'usher' and datname = current_database() and state = 'idle'`,
  );
  expect(Number(rows[0]?.open)).toBeGreaterThan(0);
});

test('connections that the database has closed are replaced', async () => {
  await login('ada@old.test');
  await legacy.query(TERMINATE);
  expect(await login('ada@old.test')).toMatchObject({ kind: 'found' });
});

test('a server that is away, hangs or speaks another protocol is unavailable', async () => {
  const hangs = await startRaw(() => {});
  const talks = await startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  for (const [port, why] of [
    [hangs, 'timed-out'],
    [talks, 'failed'],
    [1, 'failed'],
  ] as const) {
    const store = openStore(options({ port, timeout_ms: 500 }));
    expect(await login('ada@old.test', PASSWORD, store)).toMatchObject({
      kind: 'unavailable',
      why,
    });
  }
  expect(await login('a', PASSWORD, openStore(options(), []))).toMatchObject({
    why: 'refused-here',
  });
});
