import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyDatabase, type DatabaseCopy } from '../harness/database.ts';
import { freePort } from '../harness/free-port.ts';
import { startPostgres } from '../harness/postgres-server.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const SECRET = 'a-secret-for-tests-only-0123456789abcdef';
const NOBODY = 65_534;
// A separate disk needs a mount, and a mount needs root.
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

const undo: (() => unknown)[] = [];
afterAll(async () => {
  for (const each of undo.reverse()) await each();
});

/** Whether another user of this machine can start the server. */
const canBeNobody = (() => {
  if (process.getuid?.() !== 0) return false;
  const look = `require('node:fs').accessSync(${JSON.stringify(MAIN)})`;
  const { status } = spawnSync(process.execPath, ['-e', look], { uid: NOBODY, gid: NOBODY });
  return status === 0;
})();

/** Starts a server that is expected to end, with only this environment. */
async function start(env: Record<string, string>, user: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, [MAIN], {
    ...user,
    cwd: tmpdir(),
    env: {
      PATH: process.env.PATH ?? '',
      HOST: '127.0.0.1',
      PORT: '0',
      USHER_SECRET: SECRET,
      LOG_LEVEL: 'fatal',
      ...env,
    },
  });
  const killed = setTimeout(() => child.kill('SIGKILL'), 50_000);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  clearTimeout(killed);
  return { code, stdout, stderr };
}

async function listening(onConnection: (socket: Socket) => void): Promise<number> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onConnection(socket);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-refused-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A migrated database, changed by these statements. */
async function aDatabase(...statements: string[]): Promise<string> {
  const copy: DatabaseCopy = await copyDatabase();
  undo.push(() => copy.drop());
  const url = copy.url ?? '';
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const name = new URL(url).pathname.slice(1);
  for (const statement of statements) await client.query(statement.replaceAll('DATABASE', name));
  await client.end();
  return url;
}

function changed(url: string, parts: Partial<Pick<URL, 'username' | 'password' | 'port'>>): string {
  return Object.assign(new URL(url), parts).href;
}

/** A PostgreSQL that requires passwords, with a self-made certificate. */
async function strictPostgres(): Promise<string> {
  const folder = await aFolder();
  await chmod(folder, 0o755);
  const made = await generate([{ name: 'commonName', value: 'localhost' }]);
  const files = {
    hba_file: ['hba.conf', 'host all all 127.0.0.1/32 scram-sha-256\n'],
    ssl_cert_file: ['cert.pem', made.cert],
    ssl_key_file: ['key.pem', made.private],
  } as const;
  const settings: Record<string, string> = { ssl: 'on' };
  for (const [setting, [name, content]] of Object.entries(files)) {
    const file = join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    if (process.getuid?.() === 0) await chown(file, NOBODY, NOBODY);
    settings[setting] = file;
  }
  const server = await startPostgres(settings);
  undo.push(() => server.stop());
  return server.urlOf('postgres');
}

function mounted(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  undo.push(() => execFileSync('umount', [folder]));
}

/** Cases that need a separate disk: one that is read-only, and one that is full. */
async function disks() {
  const [readOnly, full] = [await aFolder(), await aFolder()];
  if (!canMount) return { readOnly, full };
  mounted(readOnly, 'size=1m,ro');
  mounted(full, 'size=64k');
  await writeFile(join(full, 'filler'), Buffer.alloc(64 * 1024)).catch(() => {});
  return { readOnly, full };
}

/** A data folder from which another user has started a server. */
async function anothersFolder(): Promise<string> {
  const folder = await aFolder();
  await mkdir(join(folder, 'db'));
  await writeFile(join(folder, 'db.lock'), '', { mode: 0o600 });
  await chmod(folder, 0o755);
  return folder;
}

async function prepare() {
  const folder = await aFolder();
  const inFolder = async (name: string, files: Record<string, string> = {}) => {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(join(folder, name, file, '..'), { recursive: true });
      await writeFile(join(folder, name, file), content);
    }
    return join(folder, name);
  };
  const [one, another] = [await generate(), await generate()];
  const role = `usher_${Math.random().toString(36).slice(2)}`;
  const migrated = await aDatabase(
    `create role ${role}_few login`,
    `create role ${role}_none login connection limit 0`,
  );
  undo.push(async () => {
    const client = new pg.Client({ connectionString: migrated });
    await client.connect();
    await client.query(`drop role ${role}_few, ${role}_none`);
    await client.end();
  });
  return {
    ...(await disks()),
    role,
    migrated,
    newer: await aDatabase(`insert into migrations (name) values ('9999-of-tomorrow.sql')`),
    older: await aDatabase(
      'create schema older',
      `create function older.current_setting(text) returns text language sql as
        $$ select case $1 when 'server_version' then '14.11' else pg_catalog.current_setting($1) end $$`,
      'alter database DATABASE set search_path = older, public, pg_catalog',
    ),
    standby: await aDatabase('alter database DATABASE set default_transaction_read_only = on'),
    strict: await strictPostgres(),
    nobody: `postgres://usher:x@127.0.0.1:${await freePort()}/usher`,
    taken: await listening((socket) => socket.destroy()),
    silent: await listening(() => {}),
    greeter: await listening((socket) => socket.write('220 mail.example.test ESMTP\r\n')),
    data: join(folder, 'data'),
    file: join(await inFolder('a', { file: '' }), 'file'),
    ofOldPostgres: await inFolder('old', { 'db/PG_VERSION': '12\n' }),
    ofRoot: await anothersFolder(),
    broken: await inFolder('broken', { 'db/PG_VERSION': '18\n' }),
    ofShortSecret: await inFolder('short', { secret: 'short' }),
    pems: await inFolder('pems', {
      cert: one.cert,
      key: one.private,
      'other-key': another.private,
      words: 'no certificate',
    }),
  };
}

let at: Awaited<ReturnType<typeof prepare>>;
beforeAll(async () => {
  at = await prepare();
}, 120_000);

type Env = Record<string, string>;
const inData = (url: string, more: Env = {}): Env => ({
  DATA_DIR: at.data,
  DATABASE_URL: url,
  ...more,
});
const tls = (cert: string, key: string): Env =>
  inData(at.migrated, { TLS_CERT: join(at.pems, cert), TLS_KEY: join(at.pems, key) });

const refused: [what: string, env: () => Env, says: RegExp][] = [
  [
    'a port in use',
    () => inData(at.migrated, { PORT: String(at.taken) }),
    /already listens at 127\.0\.0\.1, port \d+\. Stop it, or set PORT/,
  ],
  [
    'an address of another machine',
    () => inData(at.migrated, { HOST: '203.0.113.9' }),
    /no address 203\.0\.113\.9\. Set HOST/,
  ],
  [
    'a wrong password',
    () => inData(changed(at.strict, { password: 'wrong' })),
    /password authentication failed .*Correct them in DATABASE_URL/,
  ],
  [
    'a user unknown to PostgreSQL',
    () => inData(changed(at.migrated, { username: 'stranger' })),
    /"stranger".*Correct them in DATABASE_URL/,
  ],
  [
    'a missing database',
    () => inData(at.strict.replace(/\/postgres$/, '/nowhere')),
    /no such database: .*"nowhere".*Create it, or correct its name/,
  ],
  ['no server at the address of the database', () => inData(at.nobody), /ECONNREFUSED.*Check that/],
  [
    'a silent database',
    () => inData(changed(at.nobody, { port: String(at.silent) })),
    /no answer.*Check that/,
  ],
  [
    'another TLS server at the address of the database',
    () => inData(`${changed(at.nobody, { port: String(at.greeter) })}?sslmode=verify-full`),
    /DATABASE_URL.*Check that it runs/,
  ],
  ['a database without TLS', () => inData(`${at.migrated}?sslmode=verify-full`), /remove sslmode/],
  [
    'a database with a self-signed certificate',
    () => inData(`${at.strict}?sslmode=verify-full`),
    /not trusted.*DATABASE_URL, set sslrootcert/,
  ],
  [
    'a missing certificate authority',
    () => inData(`${at.strict}?sslmode=verify-full&sslrootcert=/none.pem`),
    /none\.pem does not exist\. Correct the setting/,
  ],
  [
    'a user without rights',
    () => inData(changed(at.migrated, { username: `${at.role}_few` })),
    /permission denied.*Make this user the owner/,
  ],
  [
    'a user without free connections',
    () => inData(changed(at.migrated, { username: `${at.role}_none` })),
    /no connection left.*DATABASE_POOL_SIZE/,
  ],
  ['PostgreSQL 14', () => inData(at.older), /PostgreSQL 14\.11.*needs PostgreSQL 15 or newer/],
  [
    'a database of a newer version',
    () => inData(at.newer),
    /9999-of-tomorrow\.sql.*Start the newer version/,
  ],
  ['a read-only database', () => inData(at.standby), /Set DATABASE_URL to the primary/],
  ['files of PostgreSQL 12', () => ({ DATA_DIR: at.ofOldPostgres }), /PostgreSQL 12/],
  ['broken database files', () => ({ DATA_DIR: at.broken }), /DATA_DIR/],
  [
    'a secret that is too short',
    () => ({ DATA_DIR: at.ofShortSecret, USHER_SECRET: '' }),
    /contains no valid secret.*USHER_SECRET/,
  ],
  ['a file in place of the folder', () => ({ DATA_DIR: join(at.file, 'data') }), /Set DATA_DIR/],
  ['an invalid certificate', () => tls('words', 'key'), /TLS_CERT and TLS_KEY/],
  ['a key of another certificate', () => tls('cert', 'other-key'), /PEM files that match/],
];
const onDisks: typeof refused = [
  [
    'a read-only folder',
    () => ({ DATA_DIR: join(at.readOnly, 'data') }),
    /cannot be read or written.*DATA_DIR/,
  ],
  [
    'a read-only folder beside a database',
    () => inData(at.migrated, { DATA_DIR: join(at.readOnly, 'data') }),
    /cannot be read or written.*DATA_DIR/,
  ],
  [
    'too little space for the embedded database',
    () => ({ DATA_DIR: join(at.full, 'data') }),
    /space|disk is full/,
  ],
  [
    'a full disk beside a database',
    () => inData(at.migrated, { DATA_DIR: join(at.full, 'beside'), USHER_SECRET: '' }),
    /disk is full.*Free some space/,
  ],
];

test.runIf(canBeNobody)(
  'a start with the folder of another user ends with one line that explains what to do',
  async () => {
    const { code, stderr } = await start({ DATA_DIR: at.ofRoot }, { uid: NOBODY, gid: NOBODY });
    expect(stderr).toMatch(/db\.lock cannot be read or written.*DATA_DIR/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  },
);

test.each([
  ...refused,
  ...(canMount ? onDisks : []),
])('a start with %s ends with one line that explains what to do', async (_what, env, says) => {
  const { code, stdout, stderr } = await start(env());
  expect(stderr).toMatch(says);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});
