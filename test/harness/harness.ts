import { join } from 'node:path';
import type { App } from '../../src/app.ts';
import type { Config } from '../../src/config/config.ts';
import { type Database, openDatabase } from '../../src/platform/db/db.ts';
import type { RequestTimes } from '../../src/platform/http/http.ts';
import { closedAtEnd } from './close-at-end.ts';
import { copyDatabase, EMBEDDED_FOLDER } from './database.ts';
import { freePort } from './free-port.ts';
import { recordAnswers } from './recorder.ts';
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts';

/** The machine client of every test server. */
export const BOOTSTRAP = {
  id: 'bootstrap-client-of-the-tests',
  secret: 'bootstrap-secret-of-the-tests-0123456789',
} as const;

/** What every test server derives its keys from. */
export const SERVER_SECRET = 'a-secret-for-tests-only-0123456789abcdef';

export const DEFAULT_CONNECTION = 'Username-Password-Authentication';

/** Half the lifetime of a token: some tests let time pass. */
const TOKEN_USE_MS = 12 * 3_600_000;

export type ApiAnswer<T> = { status: number; headers: Headers; body: T; text: string };

export type ApiOptions = {
  /** Another bearer token. `null` sends none. */
  token?: string | null;
  headers?: Record<string, string>;
};

export type TestServer = {
  /** The public URL, without a trailing slash. */
  url: string;
  config: Config;
  app: App;
  sink: SmtpSink;
  /** Returns an access token of the bootstrap client for the management API. Default: all its scopes. */
  token(scopes?: readonly string[]): Promise<string>;
  /**
   * A request to the management API over HTTP.
   * @param path below the origin, such as `/api/v2/users`
   * @param body a plain value is sent as JSON, a FormData as multipart
   */
  api<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    options?: ApiOptions,
  ): Promise<ApiAnswer<T>>;
  close(): Promise<void>;
};

/** A migrated, empty database of the kind this project tests, dropped when the test file ends. */
export async function freshDatabase(): Promise<Database> {
  const copy = await copyDatabase();
  const database = await openDatabase({
    url: copy.url,
    dataDir: join(copy.dataDir, EMBEDDED_FOLDER),
  });
  const close = closedAtEnd(async () => {
    await database.close();
    await copy.drop();
  });
  return { ...database, close };
}

/**
 * Starts the real application on a free port, with a fresh database and a real SMTP server behind it. It is stopped when
 * the test file ends.
 * @param parts.prepare adds to the application before it listens, for example a route that fails
 */
export async function startServer(
  overrides: Partial<Config> = {},
  parts: { times?: RequestTimes; prepare?: (app: App) => void } = {},
): Promise<TestServer> {
  // Imported late, so that a test of one record does not load the whole application.
  const { createApp } = await import('../../src/app.ts');
  const copy = await copyDatabase();
  const sink = await startSmtpSink();
  const port = overrides.port ?? (await freePort());
  const config: Config = {
    port,
    host: '127.0.0.1',
    publicUrl: `${overrides.tls ? 'https' : 'http'}://localhost:${port}`,
    dataDir: copy.dataDir,
    databaseUrl: copy.url,
    databasePoolSize: 8,
    smtpUrl: sink.url,
    mailFrom: 'Usher <no-reply@usher.test>',
    mailRatePerSecond: 0,
    importMaxBytes: 2 * 1024 ** 3,
    scriptProcesses: 2,
    scriptMemoryMb: 128,
    importWorkers: 2,
    importMaxJobs: 100,
    userMetadataMaxBytes: 16_384,
    logRetentionDays: 30,
    secret: SERVER_SECRET,
    bootstrapClient: { ...BOOTSTRAP },
    adminEmail: undefined,
    logLevel: process.env.USHER_TEST_LOG ?? 'fatal',
    logFormat: 'json',
    trustProxy: [],
    dnsServers: [],
    // Where the tests start what is outside of the server.
    egressAllow: ['localhost', '127.0.0.1', '::1'],
    providerEndpoints: {},
    rateLimitProfile: 'unlimited',
    clientSecrets: 'hashed',
    defaultPictures: 'own',
    role: 'all',
    production: false,
    tls: undefined,
    ...overrides,
  };
  const app = await createApp(config, parts.times ? { times: parts.times } : {});
  parts.prepare?.(app);
  // A worker-only node has no API and reports that to every caller.
  if (config.role !== 'worker') recordAnswers(app.http.server);
  const close = closedAtEnd(async () => {
    await app.stop();
    await sink.close();
    await copy.drop();
  });
  await app.start();
  const url = config.publicUrl;
  const tokens = new Map<string, { token: Promise<string>; until: number }>();

  const token = (scopes: readonly string[] = []): Promise<string> => {
    const key = scopes.join(' ');
    const known = tokens.get(key);
    if (known && Date.now() < known.until) return known.token;
    const fresh = { token: requestToken(url, key), until: Date.now() + TOKEN_USE_MS };
    tokens.set(key, fresh);
    return fresh.token;
  };

  return {
    url,
    config,
    app,
    sink,
    token,
    async api<T>(method: string, path: string, body?: unknown, options: ApiOptions = {}) {
      const bearer = options.token === undefined ? await token() : options.token;
      const isForm = body instanceof FormData;
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
          ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
      return {
        status: response.status,
        headers: response.headers,
        body: (isJson && !text.includes('\n{') ? JSON.parse(text) : text) as T,
        text,
      };
    },
    close,
  };
}

async function requestToken(url: string, scope: string): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: BOOTSTRAP.id,
      client_secret: BOOTSTRAP.secret,
      audience: `${url}/api/v2/`,
      ...(scope !== '' && { scope }),
    }),
  });
  const body: unknown = await response.json();
  if (
    typeof body === 'object' &&
    body !== null &&
    'access_token' in body &&
    typeof body.access_token === 'string'
  ) {
    return body.access_token;
  }
  throw new Error(`No token: ${response.status} ${JSON.stringify(body)}`);
}

/** Waits until `look` returns something other than undefined. For states that a worker causes. */
export async function eventually<T>(
  look: () => Promise<T | undefined>,
  options: { seconds?: number; what?: string } = {},
): Promise<T> {
  const { seconds = 30, what = 'the expected state' } = options;
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
