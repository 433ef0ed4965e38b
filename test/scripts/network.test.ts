import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ScriptRunner } from '../../src/outbound/scripts/scripts.ts';
import { createEgress } from '../../src/platform/egress/egress.ts';
import { freePort } from '../harness/free-port.ts';
import { startNameServer } from '../harness/name-server.ts';
import { openRunner, runFunction } from './runner.ts';

let names: Awaited<ReturnType<typeof startNameServer>>;
/** Listens at 127.0.0.1, which the operator has allowed. */
let server: Server;
/** Listens at 127.0.0.2, which nobody may call. */
let secret: Server;
let port: number;
let handler: (request: IncomingMessage, response: ServerResponse) => unknown;
let stolen: string[];
let runner: ScriptRunner;

beforeAll(async () => {
  names = await startNameServer();
  port = await freePort();
  server = createServer((request, response) => void handler(request, response));
  secret = createServer((request, response) => {
    stolen.push(`${request.url}`);
    response.end('secret');
  });
  server.listen(port, '127.0.0.1');
  secret.listen(port, '127.0.0.2');
  await Promise.all([once(server, 'listening'), once(secret, 'listening')]);
  const egress = createEgress({ allow: ['127.0.0.1'], servers: [names.address] });
  runner = openRunner({ egress });
});

afterAll(() => {
  for (const each of [server, secret]) {
    each.closeAllConnections();
    each.close();
  }
  names.close();
});

beforeEach(() => {
  stolen = [];
  handler = (_request, response) => response.end('hello');
});

test('a script calls a service with a method, headers and a body, and reads the answer', async () => {
  handler = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.setHeader('x-seen', `${request.method} ${request.headers['content-type']}`);
    response.statusCode = 201;
    response.end(JSON.stringify({ body, key: request.headers['x-key'], text: 'ä ß é 😀' }));
  };
  const source = `async (url) => {
    const answer = await fetch(url, { method: 'post', headers: { 'X-Key': 'k' }, body: new URLSearchParams({ a: 'b c' }) });
    return [answer.status, answer.ok, answer.headers.get('X-Seen'), await answer.json(), answer.bodyUsed];
  }`;
  const outcome = await runFunction(runner, source, { args: [`http://127.0.0.1:${port}/users`] });
  expect(outcome).toMatchObject({
    kind: 'returned',
    values: [
      [
        201,
        true,
        'POST application/x-www-form-urlencoded;charset=UTF-8',
        { body: 'a=b+c', key: 'k', text: 'ä ß é 😀' },
        true,
      ],
    ],
  });
});

test.each([
  ['a metadata service', () => 'http://169.254.169.254/latest/meta-data/'],
  ['a loopback address', () => `http://127.0.0.2:${port}/`],
  ['this machine', () => `http://localhost:${port}/`],
  ['an address in another form', () => `http://0x7f.2:${port}/`],
  ['an address of IPv6', () => `http://[::ffff:127.0.0.2]:${port}/`],
  ['a file', () => 'file:///etc/passwd'],
  ['a data URL', () => 'data:text/plain,x'],
  ['a URL with a password', () => `http://user:pass@127.0.0.1:${port}/`],
])('a script cannot call %s', async (_what, url) => {
  const outcome = await runFunction(runner, 'async (url) => (await fetch(url)).status', {
    args: [url()],
  });
  expect(outcome).toMatchObject({
    kind: 'failed',
    error: { name: 'TypeError', message: expect.stringContaining('fetch failed') },
  });
  expect(stolen).toEqual([]);
});

test('a redirect to a private address is not followed', async () => {
  handler = (_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.2:${port}/stolen` }).end();
  };
  const outcome = await runFunction(runner, 'async (url) => (await fetch(url)).text()', {
    args: [`http://127.0.0.1:${port}/`],
  });
  expect(outcome).toMatchObject({ kind: 'failed' });
  expect(stolen).toEqual([]);
});

test('an answer of 100 MB is cut off', async () => {
  let sent = 0;
  handler = (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    const write = () => {
      while (sent < 100 * 1024 * 1024 && !response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) {
          response.once('drain', write);
          return;
        }
      }
      response.end();
    };
    write();
  };
  const outcome = await runFunction(runner, 'async (url) => (await fetch(url)).text()', {
    args: [`http://127.0.0.1:${port}/`],
  });
  expect(outcome).toMatchObject({ kind: 'failed' });
  expect(sent).toBeLessThan(30 * 1024 * 1024);
});

test('a call ends with the run that made it', async () => {
  const closed = Promise.withResolvers<void>();
  handler = (_request, response) => {
    response.on('close', () => closed.resolve());
  };
  const outcome = await runFunction(runner, 'async (url) => (await fetch(url)).text()', {
    args: [`http://127.0.0.1:${port}/`],
    timeoutMs: 500,
  });
  expect(outcome).toMatchObject({ kind: expect.stringMatching(/timed-out|failed/) });
  await closed.promise;
});

test('a script gives up a call by its signal', async () => {
  handler = () => {};
  const source = `async (url) => {
    try { await fetch(url, { signal: AbortSignal.timeout(50) }); } catch (error) { return error.name; }
  }`;
  const outcome = await runFunction(runner, source, { args: [`http://127.0.0.1:${port}/`] });
  expect(outcome).toMatchObject({ kind: 'returned', values: ['TimeoutError'] });
});
