import { type ChildProcess, fork } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { againstLimit, type Context, type Result } from './kit/benchmark.ts';
import { median } from './kit/statistics.ts';

type Speed = { perSecond: number; perCpuSecond: number };

type Subject = { process: ChildProcess; port: number };

const CONNECTIONS = 16;
const FORM = {
  grant_type: 'client_credentials',
  client_id: 'bench-client',
  client_secret: 'bench-secret-0123456789abcdef0123456789',
  scope: 'read:things write:things',
};

/**
 * Measures how many RS256 tokens our /oauth/token issues to an application, next to oidc-provider alone with everything in memory. Both run
 * in their own processes and are measured alternately, so that a busy machine affects both.
 */
export async function run(context: Context): Promise<Result[]> {
  const { rounds, seconds } = context.sizes;
  const { url } = await context.newPlace();
  const bare = await start(['bare']);
  const usher = await start(['usher', ...(url === undefined ? [] : [url])]);
  const bareBody = new URLSearchParams({ ...FORM, resource: 'https://api.example.test' });
  const usherBody = new URLSearchParams({ ...FORM, audience: 'https://api.example.test' });
  try {
    await load(bare, bareBody, 2);
    await load(usher, usherBody, 2);
    const runs: { bare: Speed; usher: Speed }[] = [];
    for (let round = 1; round <= rounds; round++) {
      context.say(`round ${round} of ${rounds}`);
      runs.push({
        bare: await load(bare, bareBody, seconds),
        usher: await load(usher, usherBody, seconds),
      });
    }
    const medianOf = (pick: (each: { bare: Speed; usher: Speed }) => number) =>
      median(runs.map(pick));
    return [
      againstLimit(
        {
          what: 'client_credentials',
          unit: 'tokens/s',
          ours: medianOf((each) => each.usher.perSecond),
          limit: medianOf((each) => each.bare.perSecond),
          limitIs: 'oidc-provider in memory',
          details: {
            rounds: runs,
            ratioByProcessorTime: medianOf(
              ({ bare, usher }) => usher.perCpuSecond / bare.perCpuSecond,
            ),
          },
        },
        { atLeast: 0.8 },
        medianOf(({ bare, usher }) => usher.perSecond / bare.perSecond),
      ),
    ];
  } finally {
    bare.process.disconnect();
    usher.process.disconnect();
  }
}

async function start(args: string[]): Promise<Subject> {
  const child = fork(join(import.meta.dirname, 'client-credentials-server.ts'), args);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('message', (message: { port: number }) => resolve(message.port));
  child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
  return { process: child, port: await promise };
}

async function cpuMicroseconds({ process }: Subject): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  process.once('message', (message: { cpu: number }) => resolve(message.cpu));
  process.send('cpu');
  return promise;
}

/** Returns answers per second over some keep-alive connections, each with one request at a time. */
async function load(subject: Subject, form: URLSearchParams, seconds: number): Promise<Speed> {
  const body = form.toString();
  const request = Buffer.from(
    `POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const cpuBefore = await cpuMicroseconds(subject);
  const began = performance.now();
  const until = began + seconds * 1000;
  const counts = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => converse(subject.port, request, until)),
  );
  const elapsed = performance.now() - began;
  const cpu = (await cpuMicroseconds(subject)) - cpuBefore;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    perSecond: Math.round((total / elapsed) * 1000),
    perCpuSecond: Math.round((total / cpu) * 1_000_000),
  };
}

function converse(port: number, request: Buffer, until: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect(port, '127.0.0.1', () => socket.write(request));
  let answered = 0;
  let text = '';
  socket.on('error', reject);
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += chunk;
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (text.length < head + 4 + length) return;
    if (!text.startsWith('HTTP/1.1 200 ')) return reject(new Error(text));
    text = '';
    answered++;
    if (performance.now() < until) socket.write(request);
    else {
      socket.end();
      resolve(answered);
    }
  });
  return promise;
}
