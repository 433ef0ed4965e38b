import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { runUsher } from '../cli/run-usher.ts';
import { freePort } from '../harness/free-port.ts';
import { sharedDatabase, startUsher } from './usher-process.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const SLOW = { timeout: 300_000 };

/** Starts a server that is expected to end, and returns its output. */
async function tryToStart(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'fatal', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { stdout, stderr, code };
}

test(
  'only its owner can read a file of the data folder, even one from an earlier version',
  SLOW,
  async () => {
    const database = await sharedDatabase();
    const folder = database.dataDir;
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'mailbox'), { mode: 0o755 });
    await writeFile(join(folder, 'mailbox/mails.old'), '', { mode: 0o644 });
    const usher = await startUsher(database, { port: await freePort() });
    const asked = await fetch(`${usher.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(asked.status).toBe(400);
    const all = await readdir(folder, { recursive: true });
    expect(all).toContain('mailbox/mails');
    const open = [];
    for (const name of ['.', ...all]) {
      const { mode } = await stat(join(folder, name));
      if ((mode & 0o077) !== 0) open.push(`${name} ${(mode & 0o777).toString(8)}`);
    }
    expect(open).toEqual([]);
  },
);

test(
  'a data folder in use refuses a second server and a command, and a killed server releases it',
  SLOW,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'usher-taken-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const env = { DATA_DIR: folder, USHER_SECRET: 'a-secret-for-tests-only-0123456789abcdef' };
    const start = async () => {
      const port = String(await freePort());
      return spawn(process.execPath, [MAIN], {
        cwd: folder,
        env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'fatal', ...env, PORT: port },
      });
    };
    const both = [await start(), await start()];
    for (const child of both) onTestFinished(() => void child.kill('SIGKILL'));
    const first = await Promise.race(both.map((child) => once(child, 'exit').then(() => child)));
    const winner = both.find((child) => child !== first);
    expect(first.exitCode).toBe(1);
    expect(winner?.exitCode).toBeNull();
    if (!winner) return;
    await once(winner.stdout, 'data');

    const second = await tryToStart({ ...env, PORT: String(await freePort()) });
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toContain(folder);
    expect(second.stderr).toMatch(/in use by another server/);
    for (const args of [['migrate'], ['admin', 'list']]) {
      const refused = await runUsher(args, { env, cwd: folder });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/in use by another server/);
      expect(refused.stderr).not.toMatch(/^\s+at /m);
    }

    const ended = once(winner, 'exit');
    winner.kill('SIGKILL');
    await ended;
    expect((await runUsher(['admin', 'list'], { env, cwd: folder })).code).toBe(0);
  },
);
