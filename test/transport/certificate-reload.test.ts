import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttpServer, type HttpServer } from '../../src/platform/http/http.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { eventually } from '../harness/harness.ts';

type Made = { cert: string; private: string };

const folder = mkdtempSync(join(tmpdir(), 'usher-tls-'));
const certFile = join(folder, 'cert.pem');
const keyFile = join(folder, 'key.pem');
let app: HttpServer;
let port: number;
const complaints: string[] = [];

async function certificate(name: string): Promise<Made> {
  return generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' });
}

/** Replaces a file like careful writers: a new file takes the old one's name. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

beforeAll(async () => {
  const first = await certificate('first.test');
  writeFileSync(certFile, first.cert);
  writeFileSync(keyFile, first.private);
  const log = createLog('error');
  log.error = ((_about: unknown, text: string) => {
    complaints.push(text);
  }) as typeof log.error;
  app = await createHttpServer({ log, trustProxy: [], tls: { certFile, keyFile } });
  app.get('/', async () => 'here');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

/** Returns the name on the certificate of a new connection. */
function nameShown(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
    resolve(String(socket.getPeerCertificate().subject.CN));
    socket.destroy();
  });
  socket.on('error', reject);
  return promise;
}

/** A request over an agent that keeps one connection open. */
function ask(agent: Agent): Promise<{ status: number | undefined; name: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined;
    name: string;
  }>();
  request({ port, host: '127.0.0.1', agent, rejectUnauthorized: false }, (answer) => {
    const socket = answer.socket as TLSSocket;
    const name = String(socket.getPeerCertificate().subject.CN);
    answer.resume();
    answer.once('end', () => resolve({ status: answer.statusCode, name }));
  })
    .on('error', reject)
    .end();
  return promise;
}

test('new connections use a new certificate, and open ones continue', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await ask(agent)).toEqual({ status: 200, name: 'first.test' });

  const second = await certificate('second.test');
  // With half a certificate, the old pair stays and the log says so.
  replace(certFile, second.cert);
  await eventually(async () => (complaints.length > 0 ? true : undefined));
  expect(complaints).toEqual(['TLS files cannot be used; the old pair stays']);
  expect(await nameShown()).toBe('first.test');

  replace(keyFile, second.private);
  await eventually(async () => ((await nameShown()) === 'second.test' ? true : undefined));
  expect(await ask(agent)).toEqual({ status: 200, name: 'first.test' });
  agent.destroy();
});

test('truncated and missing files change nothing', async () => {
  const before = complaints.length;
  const third = await certificate('third.test');
  writeFileSync(certFile, third.cert.slice(0, 200));
  await eventually(async () => (complaints.length > before ? true : undefined));
  expect(await nameShown()).toBe('second.test');
  rmSync(certFile);
  await eventually(async () => (complaints.length > before + 1 ? true : undefined));
  expect(await nameShown()).toBe('second.test');
  replace(keyFile, third.private);
  replace(certFile, third.cert);
  await eventually(async () => ((await nameShown()) === 'third.test' ? true : undefined));
});

test('a server does not start with a certificate and a key that do not match', async () => {
  const [one, other] = [await certificate('one.test'), await certificate('other.test')];
  writeFileSync(join(folder, 'a.pem'), one.cert);
  writeFileSync(join(folder, 'b.pem'), other.private);
  await expect(
    createHttpServer({
      log: createLog('fatal'),
      trustProxy: [],
      tls: { certFile: join(folder, 'a.pem'), keyFile: join(folder, 'b.pem') },
    }),
  ).rejects.toThrow('do not match');
});
