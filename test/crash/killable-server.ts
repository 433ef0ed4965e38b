import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/platform/db/db.ts';
import { copyDatabase, EMBEDDED_FOLDER } from '../harness/database.ts';
import { freePort } from '../harness/free-port.ts';
import { eventually } from '../harness/harness.ts';

const CLIENT = { id: 'crash-client', secret: 'crash-secret-0123456789abcdef' };

export type KillableServer = Awaited<ReturnType<typeof startKillableServer>>;

/**
 * Runs the real server as a separate process, to be killed with -9 and started again.
 * @param smtpUrl its mail server. Default: none
 * @param own a PostgreSQL or a folder of the test's own, else a fresh database of the suite's
 */
export async function startKillableServer(
  smtpUrl = 'smtp://127.0.0.1:9',
  own?: { databaseUrl: string } | { dataDir: string },
) {
  const copy = own === undefined ? await copyDatabase() : await ownDatabase(own);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  let server: ChildProcess | undefined;
  let token = '';

  const start = async () => {
    const child = spawn(process.execPath, ['src/main.ts'], {
      env: {
        ...process.env,
        NODE_ENV: 'test',
        PORT: String(port),
        PUBLIC_URL: url,
        DATA_DIR: copy.dataDir,
        ...(copy.url !== undefined && { DATABASE_URL: copy.url }),
        SMTP_URL: smtpUrl,
        USHER_SECRET: 'a-secret-for-crash-tests-0123456789abcdef',
        USHER_BOOTSTRAP_CLIENT_ID: CLIENT.id,
        USHER_BOOTSTRAP_CLIENT_SECRET: CLIENT.secret,
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    server = child;
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error('The server did not start.');
        return (await isReady(url)) ? true : undefined;
      },
      { seconds: 60, what: 'the server to answer' },
    );
    if (token === '') token = await tokenOf(url);
  };

  const kill = async () => {
    const child = server;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };

  const call = (path: string, init: { method?: string; body?: unknown } = {}) => {
    const isForm = init.body instanceof FormData;
    return fetch(`${url}/api/v2${path}`, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        ...(init.body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(init.body !== undefined && {
        body: init.body instanceof FormData ? init.body : JSON.stringify(init.body),
      }),
    });
  };

  await start();
  return {
    url,
    start,
    kill,
    /** Whether its process has ended by itself. */
    hasEnded: () => server?.exitCode !== null || server.signalCode !== null,
    call,
    /** Like `call`, and parses the JSON of the answer. */
    async api<T>(path: string, init: { method?: string; body?: unknown } = {}): Promise<T> {
      return (await (await call(path, init)).json()) as T;
    },
    /** Ends the server and looks into its database. */
    async inspect(query: string): Promise<Record<string, unknown>[]> {
      await kill();
      const database = await openDatabase({
        url: copy.url,
        dataDir: join(copy.dataDir, EMBEDDED_FOLDER),
      });
      try {
        return (await database.execute(query)).rows;
      } finally {
        await database.close();
      }
    },
    async close() {
      await kill();
      await copy.drop();
    },
  };
}

async function ownDatabase(own: { databaseUrl: string } | { dataDir: string }) {
  if ('dataDir' in own) return { url: undefined, dataDir: own.dataDir, drop: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), 'usher-test-'));
  const drop = () => rm(dataDir, { recursive: true, force: true });
  return { url: own.databaseUrl, dataDir, drop };
}

/** Imports that many users, `person<i>@crash.test`, into a new connection and waits for the end. */
export async function importPeople(server: KillableServer, people: number): Promise<string> {
  const { id } = await server.api<{ id: string }>('/connections', {
    method: 'POST',
    body: { name: 'many-people', strategy: 'auth0', enabled_clients: [CLIENT.id] },
  });
  const form = new FormData();
  form.set('connection_id', id);
  const rows = Array.from({ length: people }, (_, i) =>
    JSON.stringify({ email: `person${i}@crash.test`, given_name: `Given ${i}` }),
  );
  form.set('users', new Blob([rows.join('\n')]), 'people.ndjson');
  const job = await server.api<{ id: string }>('/jobs/users-imports', {
    method: 'POST',
    body: form,
  });
  await eventually(
    async () => {
      const { status } = await server.api<{ status: string }>(`/jobs/${job.id}`);
      return status === 'completed' ? true : undefined;
    },
    { seconds: 300, what: 'the import' },
  );
  return id;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

async function tokenOf(url: string): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      audience: `${url}/api/v2/`,
    }),
  });
  const body = (await response.json()) as { access_token: string };
  return body.access_token;
}
