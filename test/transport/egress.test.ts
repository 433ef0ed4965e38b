import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createRawServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createEgress, type EgressInit } from '../../src/platform/egress/egress.ts';
import { trustedCertificate } from '../harness/certificate.ts';
import { freePort } from '../harness/free-port.ts';
import { startNameServer } from '../harness/name-server.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

let names: Awaited<ReturnType<typeof startNameServer>>;
/** Listens at 127.0.0.1, which the operator has allowed. */
let server: Server;
/** Listens at 127.0.0.2, which nobody may call. */
let secret: Server;
let port: number;
let handler: Handler;
let reached: string[];
let stolen: string[];

beforeAll(async () => {
  names = await startNameServer();
  port = await freePort();
  server = createServer((request, response) => {
    reached.push(`${request.method} ${request.headers.host}${request.url}`);
    void handler(request, response);
  }).listen(port, '127.0.0.1');
  secret = createServer((request, response) => {
    stolen.push(`${request.url}`);
    response.end('secret');
  }).listen(port, '127.0.0.2');
  await Promise.all([once(server, 'listening'), once(secret, 'listening')]);
});

afterAll(() => {
  for (const each of [server, secret]) {
    each.closeAllConnections();
    each.close();
  }
  names.close();
});

beforeEach(() => {
  [reached, stolen] = [[], []];
  names.asked.length = 0;
  handler = (_request, response) => response.end('hello');
});

/** Calls like an operator who allows 127.0.0.1 and nothing else. */
function call(url: string, init: EgressInit = {}, allow = ['127.0.0.1']): Promise<Response> {
  return createEgress({ allow, servers: [names.address] }).fetch(url, init);
}

async function refusal(url: string, init?: EgressInit, allow?: string[]): Promise<unknown> {
  const outcome = await call(url, init, allow).then(
    (answer) => ({ status: answer.status }),
    (error) => ({ reason: error.reason, message: error.message }),
  );
  return outcome;
}

const forbidden = { reason: 'forbidden', message: expect.stringContaining('EGRESS_ALLOW') };

test('an allowed address is called, over http too', async () => {
  const answer = await call(`http://127.0.0.1:${port}/hello?a=1`);
  expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
  expect(reached).toEqual([`GET 127.0.0.1:${port}/hello?a=1`]);
});

test('a request arrives with its method, headers and body, and without those of the connection', async () => {
  const seen: unknown[] = [];
  handler = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push(request.headers, body);
    response.writeHead(201, { 'x-answer': 'yes' }).end('{"ok":true}');
  };
  const answer = await call(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { authorization: 'Bearer t', host: 'elsewhere.example', 'accept-encoding': 'br' },
    body: new URLSearchParams({ a: 'b c' }),
  });
  expect([answer.status, answer.headers.get('x-answer')]).toEqual([201, 'yes']);
  expect(await answer.json()).toEqual({ ok: true });
  expect(seen).toEqual([
    expect.objectContaining({
      authorization: 'Bearer t',
      host: `127.0.0.1:${port}`,
      'accept-encoding': 'identity',
      'content-type': expect.stringContaining('application/x-www-form-urlencoded'),
    }),
    'a=b+c',
  ]);
});

test.for([
  'http://127.0.0.2:PORT/',
  'http://127.1:PORT/',
  'http://2130706434:PORT/',
  'http://0x7f000002:PORT/',
  'http://0177.0.0.2:PORT/',
  'http://0:PORT/',
  'http://[::1]:PORT/',
  'http://[::ffff:127.0.0.2]:PORT/',
  'http://[::ffff:7f00:2]:PORT/',
  'http://[64:ff9b::127.0.0.2]:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST.:PORT/',
  'http://a.localhost:PORT/',
  'https://localhost/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'https://10.0.0.1/',
  'http://１２７.0.0.2:PORT/',
])('%s is refused with a hint at the setting', async (url) => {
  const allow = url.includes('127.1') ? ['192.168.0.0/16'] : ['127.0.0.1'];
  expect(await refusal(url.replace('PORT', String(port)), {}, allow)).toEqual(forbidden);
  expect([reached, stolen]).toEqual([[], []]);
});

test.for([
  'ftp://127.0.0.1/',
  'file:///etc/passwd',
  'data:text/plain,hello',
  'http://user:password@127.0.0.1:PORT/',
  'http://allowed.example@127.0.0.2:PORT/',
])('%s is refused', async (url) => {
  expect(await refusal(url.replace('PORT', String(port)))).toMatchObject({ reason: 'forbidden' });
  expect([reached, stolen]).toEqual([[], []]);
});

test('a host is judged by all its addresses', async () => {
  names.addresses.set('mixed.example', [['127.0.0.1', '127.0.0.2']]);
  names.addresses.set('six.example', [['127.0.0.1', 'fd00:0:0:0:0:0:0:1']]);
  for (const host of ['mixed.example', 'six.example']) {
    expect(await refusal(`http://${host}:${port}/`)).toEqual(forbidden);
  }
  expect([reached, stolen]).toEqual([[], []]);
});

test('a name is resolved once, and the connection goes to that address', async () => {
  names.addresses.set('rebind.example', [['127.0.0.1'], ['127.0.0.2']]);
  const answer = await call(`http://rebind.example:${port}/`);
  expect(await answer.text()).toBe('hello');
  expect(names.asked.toSorted()).toEqual(['4 rebind.example', '6 rebind.example']);
  expect(reached).toEqual([`GET rebind.example:${port}/`]);
  // The next call sees the second answer, and is refused.
  expect(await refusal(`http://rebind.example:${port}/`)).toEqual(forbidden);
  expect(stolen).toEqual([]);
});

test('a host must exist, and a name server must answer', async () => {
  expect(await refusal('https://nobody.example/')).toEqual({
    reason: 'unreachable',
    message:
      'nobody.example is not in the DNS. If it is a host of your own network, add it to EGRESS_ALLOW.',
  });
  names.mute(true);
  try {
    const slow = await refusal('https://mute.example/', { timeoutMs: 300 });
    expect(slow).toEqual({
      reason: 'slow',
      message: 'mute.example did not answer within 0.3 seconds.',
    });
  } finally {
    names.mute(false);
  }
});

test('http leads to hosts only that the operator has named', async () => {
  names.addresses.set('public.example', [['8.8.8.8']]);
  expect(await refusal(`http://public.example:${port}/`, {}, [])).toEqual(forbidden);
  expect(await refusal(`http://public.example:${port}/`)).toEqual(forbidden);
});

test('a named host may have an internal address, but not the one of a metadata service', async () => {
  const answer = await call(`http://localhost:${port}/`, {}, ['localhost']);
  expect(await answer.text()).toBe('hello');
  const metadata = 'http://169.254.169.254/';
  expect(await refusal(metadata, { timeoutMs: 200 }, ['10.0.0.0/8'])).toEqual(forbidden);
});

test.for([
  301, 302, 303, 307, 308,
])('a redirect with %i is judged like a first call', async (status) => {
  handler = (_request, response) =>
    response.writeHead(status, { location: `http://127.0.0.2:${port}/stolen` }).end();
  expect(await refusal(`http://127.0.0.1:${port}/`)).toEqual(forbidden);
  names.addresses.set('inside.example', [['127.0.0.2']]);
  handler = (_request, response) =>
    response.writeHead(status, { location: `//inside.example:${port}/` }).end();
  expect(await refusal(`http://127.0.0.1:${port}/`)).toEqual(forbidden);
  for (const location of ['file:///etc/passwd', 'http://u:p@127.0.0.1/', 'gopher://127.0.0.1/']) {
    handler = (_request, response) => response.writeHead(status, { location }).end();
    expect(await refusal(`http://127.0.0.1:${port}/`)).toMatchObject({ reason: 'forbidden' });
  }
  expect(stolen).toEqual([]);
});

test('a redirect to another host takes no secrets along', async () => {
  names.addresses.set('other.example', [['127.0.0.1']]);
  const seen: IncomingMessage['headers'][] = [];
  handler = (request, response) => {
    seen.push(request.headers);
    if (request.url === '/next') response.end('arrived');
    else response.writeHead(302, { location: `http://other.example:${port}/next` }).end();
  };
  const headers = {
    authorization: 'Bearer t',
    cookie: 'a=b',
    'x-api-key': 'k',
    accept: 'text/html',
  };
  const answer = await call(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers,
    body: 'secret',
  });
  expect(await answer.text()).toBe('arrived');
  const { authorization, cookie, 'x-api-key': key, accept, 'content-length': size } = seen[1] ?? {};
  expect([authorization, cookie, key, accept, size]).toEqual([
    undefined,
    undefined,
    undefined,
    'text/html',
    undefined,
  ]);
  handler = (_request, response) =>
    response.writeHead(307, { location: `http://other.example:${port}/next` }).end();
  expect(
    await refusal(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'client_secret=s' }),
  ).toMatchObject({ reason: 'forbidden' });
});

test('redirects end after three, or as the caller wants', async () => {
  handler = (request, response) =>
    response.writeHead(302, { location: `${request.url}x` }).end('moved');
  expect(await refusal(`http://127.0.0.1:${port}/`)).toMatchObject({ reason: 'broken' });
  expect(reached).toHaveLength(4);
  const kept = await call(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
  expect([kept.status, kept.headers.get('location')]).toEqual([302, '/x']);
  expect(await refusal(`http://127.0.0.1:${port}/`, { redirect: 'error' })).toMatchObject({
    reason: 'broken',
  });
});

test('an endless body ends at the limit', async () => {
  let sent = 0;
  handler = (_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
    };
    response.on('drain', more);
    more();
  };
  expect(await refusal(`http://127.0.0.1:${port}/`)).toMatchObject({ reason: 'large' });
  const cut = await call(`http://127.0.0.1:${port}/`, { maxBytes: 1000, isCut: true });
  expect((await cut.arrayBuffer()).byteLength).toBe(1000);
  expect(sent).toBeLessThan(64 * 1024 * 1024);
});

test('a compressed answer counts with its size after decompression', async () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
  handler = (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  expect(await refusal(`http://127.0.0.1:${port}/`)).toMatchObject({ reason: 'large' });
  handler = (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('small'));
  const answer = await call(`http://127.0.0.1:${port}/`);
  expect([await answer.text(), answer.headers.get('content-encoding')]).toEqual(['small', null]);
  handler = (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('no');
  expect(await refusal(`http://127.0.0.1:${port}/`)).toMatchObject({ reason: 'broken' });
  handler = (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb);
  expect(await refusal(`http://127.0.0.1:${port}/`)).toMatchObject({ reason: 'broken' });
});

test('time is limited as a whole, also for an answer that drips', async () => {
  const timers: NodeJS.Timeout[] = [];
  handler = (_request, response) => {
    response.writeHead(200);
    timers.push(setInterval(() => response.write('x'), 20));
  };
  const message = '127.0.0.1 did not answer within 0.3 seconds.';
  const limit = { timeoutMs: 300 };
  expect(await refusal(`http://127.0.0.1:${port}/`, limit)).toEqual({ reason: 'slow', message });
  for (const timer of timers) clearInterval(timer);
  handler = () => {};
  expect(await refusal(`http://127.0.0.1:${port}/`, limit)).toEqual({ reason: 'slow', message });
});

test('an answer that is no HTTP, or has huge headers, is an error of the other side', async () => {
  let bytes = 'nonsense\r\n\r\n';
  const raw = createRawServer((socket: Socket) => socket.on('error', () => {}).end(bytes));
  raw.listen(0, '127.0.0.1');
  await once(raw, 'listening');
  const address = raw.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
  expect(await refusal(url)).toMatchObject({ reason: 'broken' });
  bytes = `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`;
  expect(await refusal(url)).toMatchObject({ reason: 'broken' });
  bytes = 'HTTP/1.1 999 Strange\r\ncontent-length: 0\r\n\r\n';
  expect(await refusal(url)).toMatchObject({ reason: 'broken' });
  bytes = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n';
  expect(await refusal(url)).toMatchObject({ reason: 'broken' });
  raw.close();
  expect(await refusal(url)).toMatchObject({ reason: 'unreachable' });
});

test('a certificate must be trusted and name the host, whatever the environment says', async () => {
  const { certFile, keyFile, remove } = await trustedCertificate();
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const encrypted = createTlsServer(tls, (_request, response) => response.end('encrypted'));
  encrypted.listen(0, '127.0.0.1');
  await once(encrypted, 'listening');
  const address = encrypted.address();
  const at = typeof address === 'object' && address ? address.port : 0;
  names.addresses.set('other-name.example', [['127.0.0.1']]);
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try {
    const answer = await call(`https://localhost:${at}/`, {}, ['localhost']);
    expect(await answer.text()).toBe('encrypted');
    expect(await refusal(`https://other-name.example:${at}/`)).toEqual({
      reason: 'unreachable',
      message: 'other-name.example cannot be reached (ERR_TLS_CERT_ALTNAME_INVALID).',
    });
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    encrypted.close();
    remove();
  }
});

test('the proxy of the environment is not asked', async () => {
  const before = { ...process.env };
  Object.assign(process.env, {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://127.0.0.2:${port}`,
    http_proxy: `http://127.0.0.2:${port}`,
  });
  try {
    expect((await call(`http://127.0.0.1:${port}/`)).status).toBe(200);
  } finally {
    process.env = before;
  }
  expect(stolen).toEqual([]);
});

test('a caller can give up', async () => {
  handler = () => {};
  const caller = new AbortController();
  const waiting = call(`http://127.0.0.1:${port}/`, { signal: caller.signal });
  caller.abort(new Error('given up'));
  await expect(waiting).rejects.toThrow('given up');
});
