import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { createEgress } from '../../src/platform/egress/egress.ts';
import { openRunner, runFunction } from './runner.ts';

const before = new Set(processes());
const server = createServer((_request, response) => {
  setTimeout(() => response.end('late'), 500);
}).listen(0, '127.0.0.1');
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** The processes for scripts that this process has started. */
function processes(): number[] {
  const list = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  });
  return list
    .split('\n')
    .filter((line) => line.includes('--permission'))
    .map((line) => Number.parseInt(line, 10));
}

function ours(): number[] {
  return processes().filter((pid) => !before.has(pid));
}

test('a process for scripts starts with the first script, and is bare', async () => {
  const runner = openRunner({ processes: 1 });
  expect(ours()).toEqual([]);
  expect(await runFunction(runner, '() => 1')).toMatchObject({ kind: 'returned' });
  const [pid] = ours();
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  expect(environment.map((each) => each.split('=')[0]).sort()).toEqual([
    'NODE_CHANNEL_FD',
    'NODE_CHANNEL_SERIALIZATION_MODE',
  ]);
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
  await runner.close();
  expect(ours()).toEqual([]);
});

test('runs survive the end of their process, unless they have called the server', async () => {
  const { port } = server.address() as { port: number };
  const egress = createEgress({ allow: ['127.0.0.1'] });
  const runner = openRunner({ egress, processes: 1 });
  await runFunction(runner, '() => 1');
  const patient = Array.from({ length: 5 }, (_, n) =>
    runFunction(runner, '(n, callback) => { setTimeout(callback, 300, null, n) }', { args: [n] }),
  );
  const caller = runFunction(
    runner,
    `async () => (await fetch('http://127.0.0.1:${port}/')).text()`,
  );
  await new Promise((done) => setTimeout(done, 150));
  for (const pid of ours()) process.kill(pid, 'SIGKILL');
  expect(await caller).toMatchObject({ kind: 'crashed' });
  const outcomes = await Promise.all(patient);
  expect(outcomes.map((each) => each.kind === 'returned' && each.values[0])).toEqual([
    0, 1, 2, 3, 4,
  ]);
});

test('a process that is stuck is ended when the time of its run is over', async () => {
  const runner = openRunner({ processes: 1 });
  await runFunction(runner, '() => 1');
  const [pid = 0] = ours().slice(-1);
  const run = runFunction(runner, '(callback) => { setTimeout(callback, 100, null, 1) }', {
    timeoutMs: 500,
  });
  process.kill(pid, 'SIGSTOP');
  expect(await run).toMatchObject({ kind: 'timed-out' });
  expect(await runFunction(runner, '() => 2')).toMatchObject({ values: [2] });
  expect(ours()).not.toContain(pid);
});

test('a process without work ends', async () => {
  const runner = openRunner({ processes: 1, idleMs: 100 });
  const known = new Set(ours());
  await runFunction(runner, '() => 1');
  await expect.poll(() => ours().filter((pid) => !known.has(pid))).toEqual([]);
  expect(await runFunction(runner, '() => 2')).toMatchObject({ values: [2] });
});
