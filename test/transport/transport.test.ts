import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpServer, type HttpServer } from '../../src/platform/http/http.ts';
import { createLog } from '../../src/platform/log/log.ts';

const log = createLog('fatal');
const opened: HttpServer[] = [];
afterAll(async () => {
  for (const app of opened) await app.close();
});

async function open(
  options: Partial<Parameters<typeof createHttpServer>[0]> = {},
): Promise<{ app: HttpServer; port: number }> {
  const app = await createHttpServer({ log, trustProxy: [], tls: undefined, ...options });
  opened.push(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.get('/ip', async (request) => request.ip);
  app.post('/', async (request) => String(request.body ?? '').length);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  return { app, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
}

describe('HSTS', () => {
  test.each([
    ['https://id.example.com', true],
    ['https://id.example.com:8443', true],
    ['http://id.example.com', false],
    // Browsers would remember it for everything else on this machine.
    ['https://localhost:3000', false],
    ['https://app.localhost', false],
    ['https://192.0.2.1', false],
    ['https://[::1]:3000', false],
  ])('is sent at %s: %s', async (publicUrl, sent) => {
    const { app } = await open({ publicUrl });
    for (const url of ['/ip', '/nothing-here']) {
      const answer = await app.inject({ url });
      expect(answer.headers['strict-transport-security']).toBe(
        sent ? 'max-age=31536000' : undefined,
      );
    }
  });
});

describe("the client's address", () => {
  const ipOf = async (trustProxy: string[], forwarded: string) => {
    const { app } = await open({ trustProxy });
    const answer = await app.inject({
      url: '/ip',
      headers: { 'x-forwarded-for': forwarded },
      remoteAddress: '10.0.0.1',
    });
    return answer.body;
  };

  test('is that of the connection, whatever a header says, unless a proxy is trusted', async () => {
    expect(await ipOf([], '198.51.100.7')).toBe('10.0.0.1');
    expect(await ipOf(['10.9.0.0/16'], '198.51.100.7')).toBe('10.0.0.1');
  });

  test('is the last one before the trusted proxies, and forged ones stand before it', async () => {
    expect(await ipOf(['10.0.0.0/8'], '198.51.100.7')).toBe('198.51.100.7');
    expect(await ipOf(['10.0.0.0/8'], '203.0.113.9, 198.51.100.7')).toBe('198.51.100.7');
    expect(await ipOf(['10.0.0.0/8'], '203.0.113.9, 198.51.100.7, 10.0.0.5')).toBe('198.51.100.7');
  });
});

describe('a slow request', () => {
  const times = { headMs: 400, bodyMs: 400, stallMs: 400 };
  let port: number;
  beforeAll(async () => {
    ({ port } = await open({ times }));
  });

  /** Returns the server's output until it closes the connection. */
  function converse(begin: (socket: Socket) => void): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connect(port, '127.0.0.1', () => begin(socket));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', (error) => {
      if ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return;
      reject(error);
    });
    return promise;
  }

  /** Sends one more byte at intervals while the connection is open. */
  function trickle(socket: Socket, byte: string, everyMs = 50): void {
    const timer = setInterval(() => socket.write(byte), everyMs);
    socket.on('close', () => clearInterval(timer));
  }

  test('is ended if its head trickles in', async () => {
    const answer = await converse((socket) => {
      socket.write('GET /ip HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      trickle(socket, 'a');
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('is ended if its body trickles in, with and without a length', async () => {
    const withLength = await converse((socket) => {
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n');
      socket.write('Content-Length: 1000\r\n\r\n');
      trickle(socket, 'a');
    });
    expect(withLength).toMatch(/^HTTP\/1\.1 408 /);
    const inPieces = await converse((socket) => {
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n');
      socket.write('Transfer-Encoding: chunked\r\n\r\n');
      trickle(socket, '1\r\na\r\n');
    });
    expect(inPieces).toMatch(/^HTTP\/1\.1 408 /);
  });

  const upload =
    'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=x\r\n';

  test('is ended if an upload trickles', async () => {
    const answer = await converse((socket) => {
      socket.write(`${upload}Content-Length: 100000\r\n\r\n`);
      trickle(socket, 'a');
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('may take longer if it is an upload in progress', async () => {
    const piece = 'a'.repeat(5000);
    const pieces = 12;
    const answer = await converse((socket) => {
      socket.write(`${upload}Content-Length: ${piece.length * pieces}\r\n\r\n`);
      let sent = 0;
      const timer = setInterval(() => {
        socket.write(piece);
        if (++sent === pieces) clearInterval(timer);
      }, 100);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/\r\n\r\n60000$/);
  });
});
