import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { copyDatabase, type DatabaseCopy } from '../harness/database.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

export type Usher = {
  url: string;
  /** Its output so far. */
  printed(): string;
  /** The first administrator's link, after it was printed. */
  link: string | null;
  stop(): Promise<void>;
};

/** A database for several starts, which is removed when the test file ends. */
export async function sharedDatabase(): Promise<DatabaseCopy> {
  const copy = await copyDatabase();
  closedAtEnd(() => copy.drop());
  return copy;
}

/** Starts the server like an operator, in a separate process, with only this environment. */
export async function startUsher(
  database: DatabaseCopy,
  options: { port: number; publicUrl?: string; env?: Record<string, string> },
): Promise<Usher> {
  const url = options.publicUrl ?? `http://localhost:${options.port}`;
  const child = spawn(process.execPath, [MAIN], {
    cwd: database.dataDir,
    env: {
      PATH: process.env.PATH ?? '',
      PORT: String(options.port),
      HOST: '127.0.0.1',
      PUBLIC_URL: url,
      DATA_DIR: database.dataDir,
      ...(database.url !== undefined && { DATABASE_URL: database.url }),
      DATABASE_POOL_SIZE: '6',
      USHER_SECRET: 'a-secret-for-tests-only-0123456789abcdef',
      LOG_LEVEL: 'fatal',
      ...options.env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  await ready(child, `http://127.0.0.1:${options.port}`, () => stderr);
  const stop = closedAtEnd(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  return {
    url,
    printed: () => stdout,
    link: /https?:\/\/\S+\/u\/reset-verify\?ticket=\S+/.exec(stdout)?.[0] ?? null,
    stop,
  };
}

async function ready(child: ChildProcess, url: string, complaint: () => string): Promise<void> {
  const end = Date.now() + 120_000;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${complaint()}`);
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    // The output arrives soon after, through a pipe.
    if (answer?.status === 200) return new Promise((resolve) => setTimeout(resolve, 300));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`It did not start: ${complaint()}`);
}
