import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, inject, test, vi } from 'vitest';
import { emailOf } from '../../scripts/demo/people.ts';
import { freePort } from '../harness/free-port.ts';

const DEMO = join(import.meta.dirname, '../../scripts/demo.ts');
// Starting a database of its own takes a while on a busy machine.
const PATIENT = { timeout: 180_000 };
const folder = mkdtempSync(join(tmpdir(), 'usher-demo-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function startDemo(args: string[]) {
  const child = spawn(process.execPath, [DEMO, ...args], {
    env: { PATH: process.env.PATH ?? '', TMPDIR: folder, DATABASE_URL: 'postgres://not.used/' },
  });
  const ended = Promise.all([text(child.stderr), once(child, 'exit')]).then(
    ([stderr, [code]]: [string, unknown[]]) => ({ stderr, code }),
  );
  return { child, ended };
}

// It brings its own embedded database: once is enough.
describe.runIf(inject('testDatabase').kind === 'embedded')('the demo', PATIENT, () => {
  test('imports and invites with one request, and lists the refused rows with reasons', async () => {
    const { child, ended } = startDemo([
      '--people',
      '700',
      '--exit',
      '--port',
      String(await freePort()),
    ]);
    const said = await text(child.stdout);
    const { stderr, code } = await ended;
    expect(said, stderr).toContain('693 people imported, 693 invited, 693 mails sent');
    expect(said).toContain('7 rows refused');
    for (const reason of [
      'FORMAT',
      'OBJECT_REQUIRED',
      'INVALID_TYPE',
      'PATTERN',
      'DUPLICATED_USER',
    ]) {
      expect(said).toMatch(new RegExp(`1 +${reason} .*row \\d+:`));
    }
    expect(said).toContain('1,400 requests at 15/s');
    expect(said).toContain('1 min 33 s');
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('uses the next port if its own is taken, keeps its links working, and ends cleanly', async () => {
    const port = await freePort();
    const other = createServer().listen(port);
    await once(other, 'listening');
    const { child, ended } = startDemo(['--people', '5', '--port', String(port)]);
    let said = '';
    // The output stays open to the end: a demo whose reader goes away ends.
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    await vi.waitFor(() => expect(said).toContain('Ctrl-C'), { timeout: 120_000 });
    other.close();
    const url = (what: string) => new RegExp(`${what} +(http\\S+)`).exec(said)?.[1] ?? '';
    expect(url('All the mails')).not.toContain(`:${port}/`);
    for (const what of [
      'One of the invitations',
      'All the mails',
      'The application',
      'API reference',
    ]) {
      expect((await fetch(url(what))).status, what).toBe(200);
    }
    const invitation = await (await fetch(url('One of the invitations'))).text();
    expect(invitation).toContain(emailOf(2));
    expect(invitation).toContain('Meadow');
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    await expect(fetch(url('All the mails'))).rejects.toThrow();
  });

  test('ends cleanly when nobody reads its output any more', async () => {
    const { child, ended } = startDemo(['--people', '5', '--port', String(await freePort())]);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const { stderr, code } = await ended;
    expect(stderr).not.toContain('EPIPE');
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses invalid numbers', async () => {
    const { child, ended } = startDemo(['--people', 'many']);
    child.stdout.resume();
    const { stderr, code } = await ended;
    expect(stderr).toContain('--people');
    expect(code).toBe(2);
  });
});
