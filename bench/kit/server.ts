import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../test/harness/free-port.ts';
import type { Place } from './places.ts';

export type Server = {
  url: string;
  port: number;
  /** Sends a request to the management API as the first client. @throws unless it succeeds */
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  token(): string;
  /** Returns the peak memory of the process since the start or the last `forgetPeak`, in MB, or `null` if the system does not report it. */
  peakMegabytes(): Promise<number | null>;
  forgetPeak(): Promise<void>;
  /** Returns the processor time of the process so far, or `null` if the system does not report it. */
  processorSeconds(): Promise<number | null>;
  stop(): Promise<void>;
};

/** Keys and links are derived from it. */
export const SECRET = 'a-secret-for-the-bench-0123456789abcdef';
export const CLIENT = { id: 'bench-client', secret: 'bench-secret-0123456789' };
const ROOT = join(import.meta.dirname, '../..');
const READY_WITHIN_MS = 60_000;

/**
 * Starts Usher in its own process, as an operator does.
 * @param options.profiles folder for a CPU profile, written when the server stops
 * @param options.smtpUrl mail server; most benchmarks send nothing
 */
export async function startServer(
  place: Place,
  options: {
    profiles?: string | undefined;
    smtpUrl?: string;
    port?: number;
    tls?: { certFile: string; keyFile: string };
    rateLimitProfile?: string;
  } = {},
): Promise<Server> {
  const port = options.port ?? (await freePort());
  const { tls } = options;
  const url = `${tls ? 'https' : 'http'}://localhost:${port}`;
  const child = spawn(
    process.execPath,
    [
      ...(options.profiles ? ['--cpu-prof', `--cpu-prof-dir=${options.profiles}`] : []),
      ...(await startArguments()),
    ],
    {
      cwd: ROOT,
      // Its errors appear beside the benchmark's output.
      stdio: ['ignore', 2, 2],
      env: {
        PATH: process.env.PATH,
        ...(process.env.NODE_OPTIONS && { NODE_OPTIONS: process.env.NODE_OPTIONS }),
        HOST: '127.0.0.1',
        PORT: String(port),
        PUBLIC_URL: url,
        DATA_DIR: place.dataDir,
        ...(place.url !== undefined && { DATABASE_URL: place.url }),
        SMTP_URL: options.smtpUrl ?? 'smtp://127.0.0.1:9',
        ...(tls && { TLS_CERT: tls.certFile, TLS_KEY: tls.keyFile }),
        ...(options.rateLimitProfile && { RATE_LIMIT_PROFILE: options.rateLimitProfile }),
        USHER_SECRET: SECRET,
        USHER_BOOTSTRAP_CLIENT_ID: CLIENT.id,
        USHER_BOOTSTRAP_CLIENT_SECRET: CLIENT.secret,
        // Each person of a benchmark has an own address, as behind a proxy.
        TRUST_PROXY: '127.0.0.1',
        LOG_LEVEL: 'warn',
      },
    },
  );
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  await ready(url, child);
  const token = await requestToken(url);
  return {
    url,
    port,
    token: () => token,
    async api<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    peakMegabytes: () => peakMegabytes(child.pid),
    // proc(5), clear_refs: 5 resets the peak to the current memory.
    forgetPeak: () => writeFile(`/proc/${child.pid}/clear_refs`, '5').catch(() => {}),
    processorSeconds: () => processorSeconds(child.pid),
    async stop() {
      process.off('exit', killAtExit);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Returns the arguments that `npm start` passes to Node.js, without the operator's .env. */
async function startArguments(): Promise<string[]> {
  const { scripts }: { scripts: { start: string } } = JSON.parse(
    await readFile(join(ROOT, 'package.json'), 'utf8'),
  );
  const [, ...args] = scripts.start.split(' ');
  return args.filter((argument) => !argument.startsWith('--env-file'));
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until && child.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await setTimeout(50);
  }
  child.kill('SIGKILL');
  throw new Error(`The server was not ready within ${READY_WITHIN_MS / 1000} s.`);
}

/** Returns an access token of the first client for the management API. */
export async function requestToken(url: string, client = CLIENT): Promise<string> {
  const answer = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      audience: `${url}/api/v2/`,
    }),
  });
  const body = (await answer.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(JSON.stringify(body));
  return body.access_token;
}

/** VmHWM: proc(5). */
async function peakMegabytes(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
}

const TICKS_PER_SECOND = 100;

/** utime and stime: proc(5). */
async function processorSeconds(pid: number | undefined): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? null : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
