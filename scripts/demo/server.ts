import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
// Creating the database takes seconds, on a very busy machine a minute.
const READY_WITHIN_MS = 150_000;
// Variables that a program needs from its environment. Settings of another server must not leak in.
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'TZ'];

export type DemoServer = {
  url: string;
  clientId: string;
  clientSecret: string;
  /** Resolves with a sentence if the server ends by itself. */
  died: Promise<string>;
};

/** What the end of the demo calls, the last first. */
export type Closing = (() => Promise<unknown>)[];

/** Returns the first free port from `wanted` on. @throws if a hundred are taken */
export async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + 100, 65_536); port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`No port is free from ${wanted} on. Say another one with --port.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, () => server.close(() => resolve(true)));
  return promise;
}

const TRIES = 3;

/** Works as {@link startServer}, on the first free port from `wanted` on. If another program takes that port first, it uses a later one. */
export async function startOnFreePort(
  options: { folder: string; closing: Closing },
  wanted: number,
): Promise<DemoServer> {
  for (let attempt = 1, from = wanted; ; attempt++) {
    const port = await freePort(from);
    try {
      return await startServer({ ...options, port });
    } catch (error) {
      const isTaken = error instanceof Error && /already listens at/.test(error.message);
      if (!isTaken || attempt === TRIES) throw error;
      from = port + 1;
    }
  }
}

/**
 * Starts the server in its own process, as `npm start` does: on the embedded database in `folder`, with mails in the development mailbox.
 * Resolves when it is ready. It can be stopped through `closing` from its first moment on, because Ctrl-C may come before it is ready.
 */
async function startServer(options: {
  folder: string;
  port: number;
  closing: Closing;
}): Promise<DemoServer> {
  const { folder, port, closing } = options;
  const url = `http://localhost:${port}`;
  const clientId = 'demo';
  const clientSecret = crypto.randomUUID() + crypto.randomUUID();
  const logFile = join(folder, 'server.log');
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: ROOT,
    env: {
      ...Object.fromEntries(passedOn),
      PORT: String(port),
      PUBLIC_URL: url,
      DATA_DIR: join(folder, 'data'),
      MAIL_FROM: 'Usher demo <hello@example.com>',
      USHER_BOOTSTRAP_CLIENT_ID: clientId,
      USHER_BOOTSTRAP_CLIENT_SECRET: clientSecret,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C reaches this program first, which then stops the server.
    detached: process.platform !== 'win32',
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });

  const stopping = new AbortController();
  const died = once(child, 'exit').then(async ([code, signal]) => {
    if (stopping.signal.aborted) return new Promise<never>(() => {});
    const said = await readFile(logFile, 'utf8').catch(() => '');
    return `The server ended (${signal ?? `code ${code}`}). Its last words:\n${said.trimEnd().split('\n').slice(-12).join('\n')}`;
  });
  const stop = async () => {
    stopping.abort();
    await stopChild(child);
    process.off('exit', end);
    log.end();
  };
  closing.push(stop);
  const ended = await Promise.race([died, ready(url, stopping.signal)]);
  if (ended !== undefined) {
    await stop();
    throw new Error(ended);
  }
  return { url, clientId, clientSecret, died };
}

async function ready(url: string, stopping: AbortSignal): Promise<string | undefined> {
  const end = Date.now() + READY_WITHIN_MS;
  while (Date.now() < end) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return undefined;
    await sleep(100, undefined, { signal: stopping });
  }
  return `The server was not ready within ${READY_WITHIN_MS / 1000} s.`;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(late);
}
