import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { ended, upload } from '../imports/import-jobs.ts';

const MEGABYTE = 1024 * 1024;
const MAX_BYTES = 3 * MEGABYTE;

let server: TestServer;
let token: string;
let connectionId: string;
beforeAll(async () => {
  const times = { headMs: 1500, bodyMs: 1500, stallMs: 1500 };
  server = await startServer({ importMaxBytes: MAX_BYTES }, { times });
  token = await server.token();
  connectionId = await defaultConnectionId(server);
});

/** Returns the server's output to an upload until it closes the connection. */
function converse(head: string[], begin: (socket: Socket) => void): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(server.config.port, '127.0.0.1', () => {
    socket.write(
      `${['POST /api/v2/jobs/users-imports HTTP/1.1', 'Host: localhost', ...head].join('\r\n')}\r\n\r\n`,
    );
    begin(socket);
  });
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

const HEAD = () => [
  `Authorization: Bearer ${token}`,
  'Connection: close',
  'Content-Type: multipart/form-data; boundary=x',
];
const part = (disposition: string, body = '') =>
  `--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${body}`;
const field = (name: string, value: string) => `${part(`name="${name}"`, value)}\r\n`;
const beginning = () =>
  field('connection_id', connectionId) +
  part('name="users"; filename="users.json"', '[{"email":"a@b.test"},');
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const length = (text: string, more = 0) => `Content-Length: ${Buffer.byteLength(text) + more}`;

function often(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** Returns the rows that an upload has left behind. */
async function left(): Promise<number> {
  const { rows } = await server.app.database.execute(
    `select (select count(*) from jobs) + (select count(*) from segments) as n`,
    [],
  );
  return Number(rows[0]?.n);
}

const statusOf = (answer: string) =>
  Number([...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].at(-1)?.[1]);

const UPLOADS: [string, number, () => Promise<string>][] = [
  ['a head and nothing else', 408, () => converse([...HEAD(), 'Content-Length: 100000'], () => {})],
  [
    'a head that expects to be asked on',
    408,
    () => converse([...HEAD(), 'Content-Length: 100000', 'Expect: 100-continue'], () => {}),
  ],
  [
    'a byte now and then',
    408,
    () => converse([...HEAD(), 'Content-Length: 100000'], (socket) => often(socket, '-', 100)),
  ],
  [
    'a file that stops in its middle',
    408,
    () => converse([...HEAD(), 'Content-Length: 100000'], (socket) => socket.write(beginning())),
  ],
  [
    'a file of which a byte comes now and then',
    408,
    () =>
      converse([...HEAD(), 'Transfer-Encoding: chunked'], (socket) => {
        socket.write(chunk(beginning()));
        often(socket, chunk(' '), 100);
      }),
  ],
  [
    'chunks without an end',
    408,
    () =>
      converse([...HEAD(), 'Transfer-Encoding: chunked'], (socket) =>
        socket.write(chunk(`${beginning()}{}]\r\n--x--\r\n`)),
      ),
  ],
  [
    'a length beyond the last part',
    408,
    () => {
      const whole = `${beginning()}{}]\r\n--x--\r\n`;
      return converse([...HEAD(), length(whole, 1000)], (socket) => socket.write(whole));
    },
  ],
  [
    'no end of the last part',
    400,
    () => converse([...HEAD(), length(beginning())], (socket) => socket.write(beginning())),
  ],
  [
    'no boundary at all',
    400,
    () => converse([...HEAD(), 'Content-Length: 5000'], (socket) => socket.write('a'.repeat(5000))),
  ],
  [
    'ten thousand parts',
    400,
    () => {
      const whole = `${field('a', 'b').repeat(10_000)}--x--\r\n`;
      return converse([...HEAD(), length(whole)], (socket) => socket.write(whole));
    },
  ],
  [
    'ten thousand files',
    400,
    () => {
      const whole = `${`${part('name="a"; filename="b"', 'c')}\r\n`.repeat(10_000)}--x--\r\n`;
      return converse([...HEAD(), length(whole)], (socket) => socket.write(whole));
    },
  ],
  [
    'a file name of a megabyte',
    400,
    () => {
      const whole = `${part(`name="users"; filename="${'n'.repeat(MEGABYTE)}"`, '[]')}\r\n--x--\r\n`;
      return converse([...HEAD(), length(whole)], (socket) => socket.write(whole));
    },
  ],
  [
    'a part with a megabyte of headers',
    400,
    () => {
      const whole = `--x\r\n${'A: b\r\n'.repeat(170_000)}Content-Disposition: form-data; name="users"; filename="u"\r\n\r\n[]\r\n--x--\r\n`;
      return converse([...HEAD(), length(whole)], (socket) => socket.write(whole));
    },
  ],
  [
    'a field of a megabyte',
    400,
    () => {
      const whole = `${field('connection_id', 'c'.repeat(MEGABYTE))}--x--\r\n`;
      return converse([...HEAD(), length(whole)], (socket) => socket.write(whole));
    },
  ],
  [
    'a file beyond the limit, in chunks',
    413,
    () =>
      converse([...HEAD(), 'Transfer-Encoding: chunked'], (socket) => {
        socket.write(chunk(beginning()));
        socket.write(chunk(' '.repeat(2 * MAX_BYTES)));
        socket.write(chunk('{}]\r\n--x--\r\n'));
        socket.write('0\r\n\r\n');
      }),
  ],
  [
    'a length beyond the limit',
    413,
    () =>
      converse([...HEAD(), `Content-Length: ${10 * MAX_BYTES}`], (socket) =>
        socket.write(beginning()),
      ),
  ],
  [
    'a megabyte of headers',
    431,
    () => converse([...HEAD(), `X-Long: ${'a'.repeat(MEGABYTE)}`], () => {}),
  ],
  [
    'two lengths',
    400,
    () => converse([...HEAD(), 'Content-Length: 5', 'Content-Length: 6'], () => {}),
  ],
  [
    'a length and chunks',
    400,
    () =>
      converse([...HEAD(), 'Content-Length: 5', 'Transfer-Encoding: chunked'], (socket) =>
        socket.write('0\r\n\r\n'),
      ),
  ],
  ['a length that is none', 400, () => converse([...HEAD(), 'Content-Length: -5'], () => {})],
  [
    'a chunk without a size',
    400,
    () =>
      converse([...HEAD(), 'Transfer-Encoding: chunked'], (socket) => socket.write('zz\r\nabc')),
  ],
];

test.each([
  [408, 'without an end is answered within the request timeout'],
  [400, 'that is broken is refused'],
  [413, 'that is too large is refused'],
  [431, 'whose head is too long is refused'],
])('%i: an upload %s and leaves nothing behind', async (status) => {
  const before = await left();
  const sent = UPLOADS.filter(([, expected]) => expected === status);
  const answers = await Promise.all(
    sent.map(async ([what, , send]) => [what, statusOf(await send())]),
  );
  expect(answers).toEqual(sent.map(([what]) => [what, status]));
  await expect.poll(left, { timeout: 5000 }).toBe(before);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test('an upload that the client aborts leaves nothing behind', async () => {
  const before = await left();
  await converse([...HEAD(), 'Content-Length: 100000'], (socket) => {
    socket.write(beginning());
    setTimeout(() => socket.destroy(), 200);
  });
  await expect.poll(left, { timeout: 5000 }).toBe(before);
});

test('a slow but steady upload may take longer than a stalled one', async () => {
  const rows = Array.from({ length: 400 }, (_, n) => `{"email":"slow-${n}@upload.test"}`);
  const piece = `${rows.join(',')},`;
  const whole = `${beginning()}${piece}{"email":"last@upload.test"}]\r\n--x--\r\n`;
  const answer = await converse([...HEAD(), length(whole)], (socket) => {
    let sent = 0;
    const timer = setInterval(() => {
      socket.write(whole.slice(sent, sent + 4500));
      sent += 4500;
      if (sent >= whole.length) clearInterval(timer);
    }, 1000);
  });
  expect(statusOf(answer), answer.slice(0, 400)).toBe(202);
});

test('a gzip bomb and a truncated gzip file fail as a whole in bounded memory', async () => {
  const row = `{"email":"a@bomb.test","user_metadata":{"a":"${' '.repeat(100_000)}"}},`;
  const bomb = gzipSync(Buffer.from(`[${row.repeat(2000)}{}]`));
  const before = process.memoryUsage().rss;
  const { status, body } = await upload(server, bomb);
  expect(status).toBe(202);
  expect(await ended(server, body.id)).toMatchObject({
    status: 'failed',
    status_details: expect.stringContaining('gzip'),
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * MEGABYTE);
  const cut = gzipSync(Buffer.from('[{"email":"a@cut.test"},{"email":"b@cut.test"}]')).subarray(
    0,
    40,
  );
  const answer = await upload(server, cut);
  expect(answer.status).toBe(202);
  expect(await ended(server, answer.body.id)).toMatchObject({
    status: 'failed',
    status_details: 'The gzip file ends too early. Upload it again.',
  });
});
