import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectTcp, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { freePort } from '../harness/free-port.ts';
import { startServer } from '../harness/harness.ts';

type Answer = { status: number; text: string };

/** Sends a request with exactly this head, Host included. */
async function ask(
  port: number,
  path: string,
  options: { at?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { at = '127.0.0.1', headers = {} } = options;
  const host = at.includes(':') ? `[${at}]:${port}` : `${at}:${port}`;
  const sent = request({ host: at, port, path, headers: { host, ...headers } }).end();
  const [answer] = await once(sent, 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, text };
}

/** The defaults of nginx: its own address as Host, HTTP/1.0, and no header about the client. */
async function askAsOldProxy(port: number, path: string): Promise<number> {
  const socket = connectTcp({ host: '127.0.0.1', port });
  socket.write(`GET ${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1]);
}

const elsewhere = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(
    (networkInterfaceInfo) =>
      !networkInterfaceInfo.internal && networkInterfaceInfo.family === 'IPv4',
  )?.address;

const MAIL_PATHS = [
  '/dev/mailbox',
  '/dev/mailbox/messages',
  '/dev/mailbox/1',
  '/dev/mailbox/1/html',
];

async function mailboxServer(
  host: string,
  more: { publicUrl?: string; trustProxy?: string[] } = {},
) {
  const port = await freePort();
  const publicUrl = more.publicUrl ?? `http://localhost:${port}`;
  const server = await startServer({ ...more, smtpUrl: undefined, host, port, publicUrl });
  const secret = server.app.deps.keys.mailbox.toString('base64url');
  return { server, port, withSecret: `/dev/mailbox/${secret}` };
}

test('the mailbox opens on the machine itself, and elsewhere only with the secret of its link', async () => {
  const { server, port, withSecret } = await mailboxServer('0.0.0.0', {
    trustProxy: ['127.0.0.1'],
  });
  await server.api('POST', '/api/v2/invitations', { recipients: ['ada@example.test'] });
  const mails = async () => (await ask(port, '/dev/mailbox/messages')).text;
  await expect.poll(mails, { timeout: 20_000 }).toContain('ada@example.test');

  const forged: Record<string, string>[] = [
    { host: `attacker.example:${port}` },
    { host: `localhost.attacker.example:${port}` },
    { host: `localhost@attacker.example:${port}` },
    { 'x-forwarded-for': '203.0.113.7' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-host': 'localhost' },
    { 'x-forwarded-proto': 'https' },
    { forwarded: 'for=127.0.0.1' },
    { 'x-real-ip': '127.0.0.1' },
    { via: '1.1 proxy' },
  ];
  for (const path of MAIL_PATHS) {
    expect([path, (await ask(port, path)).status]).toEqual([path, 200]);
    for (const headers of forged) {
      const refused = await ask(port, path, { headers });
      expect([path, headers, refused.status]).toEqual([path, headers, 403]);
      expect(refused.text).not.toContain('ada@example.test');
    }
    expect([path, await askAsOldProxy(port, path)]).toEqual([path, 403]);
    const opened = await ask(port, path.replace('/dev/mailbox', withSecret), {
      headers: { host: 'usher.example', 'x-forwarded-for': '203.0.113.7' },
    });
    expect([path, opened.status]).toEqual([path, 200]);
    const wrong = path.replace('/dev/mailbox', withSecret.slice(0, -1));
    expect([path, (await ask(port, wrong)).status]).toEqual([path, 403]);
  }
  const list = await ask(port, withSecret, { headers: { host: 'usher.example' } });
  expect(list.text).toContain(`href="${withSecret}/1"`);
  expect(list.text).not.toContain('href="/dev/mailbox"');

  if (elsewhere === undefined) return;
  expect((await ask(port, '/healthz', { at: elsewhere })).status).toBe(200);
  expect((await ask(port, '/dev/mailbox/messages', { at: elsewhere })).status).toBe(403);
  const pretending = { at: elsewhere, headers: { host: 'localhost' } };
  expect((await ask(port, '/dev/mailbox/messages', pretending)).status).toBe(403);
  expect((await ask(port, `${withSecret}/messages`, { at: elsewhere })).status).toBe(200);
});

test('the mailbox needs the secret under a remote public URL, since a proxy may hide the client', async () => {
  const { port, withSecret } = await mailboxServer('127.0.0.1', {
    publicUrl: 'http://usher.example',
  });
  expect((await ask(port, '/dev/mailbox/messages')).status).toBe(403);
  expect((await ask(port, `${withSecret}/messages`)).status).toBe(200);
});

test('localhost is 127.0.0.1 and ::1, and no other address', async () => {
  const { port } = await mailboxServer('localhost');
  expect((await ask(port, '/healthz')).status).toBe(200);
  const six = createServer().listen(0, '::1');
  const hasSix = await Promise.race([
    once(six, 'listening').then(() => true),
    once(six, 'error').then(() => false),
  ]);
  six.close();
  if (hasSix) {
    expect((await ask(port, '/healthz', { at: '::1' })).status).toBe(200);
    expect((await ask(port, '/dev/mailbox/messages', { at: '::1' })).status).toBe(200);
    // A second server must not take one of the two, because people could not tell which is which.
    const blocked = await freePort();
    const other = createServer().listen(blocked, '::1');
    await once(other, 'listening');
    await expect(startServer({ host: 'localhost', port: blocked })).rejects.toThrow('EADDRINUSE');
    other.close();
  }
  if (elsewhere === undefined) return;
  await expect(ask(port, '/healthz', { at: elsewhere })).rejects.toThrow('ECONNREFUSED');
});
