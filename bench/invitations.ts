import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import PostalMime from 'postal-mime';
import { createApp } from '../src/app.ts';
import type { Config } from '../src/config/config.ts';

export type InvitationsResult = {
  invitations: number;
  /** From the request to the last mail taken by the mail server; medians of the rounds, in seconds. */
  usherSeconds: number;
  /** nodemailer alone with the same mails over as many connections. */
  nodemailerSeconds: number;
  /** Processor seconds of this process: they hold on a busy machine too. The mail server and PostgreSQL are not in them. */
  usherCpuSeconds: number;
  nodemailerCpuSeconds: number;
  ratio: number;
  cpuRatio: number;
  rounds: Round[];
};

type Measured = { seconds: number; cpuSeconds: number };
type Round = { usher: Measured; nodemailer: Measured };

const CLIENT = { id: 'bench-client', secret: 'bench-secret-0123456789' };
const CONNECTIONS = 20;

/**
 * How long it takes to invite people who have no account yet, from the request until the mail server has taken the last mail,
 * next to nodemailer's pool that only sends the same mails. Rounds alternate, so that a busy machine hurts both.
 * @param deps.databaseUrl an empty PostgreSQL database of its own; without it the embedded one in memory
 */
export async function run(deps: {
  databaseUrl?: string;
  invitations?: number;
  rounds?: number;
}): Promise<InvitationsResult> {
  const { invitations = 10_000, rounds: wanted = 3 } = deps;
  const sink = await startSink();
  const dataDir = await mkdtemp(join(tmpdir(), 'usher-bench-'));
  const app = await createApp(configOf(deps.databaseUrl, dataDir, sink.url, await freePort()));
  try {
    const { url } = await app.start();
    const token = await requestToken(url);
    await invite({ url, token, sink, from: 'warm', count: 500 });
    const mail = await PostalMime.parse(await sink.sample());
    const rounds: Round[] = [];
    for (let round = 0; round < wanted; round++) {
      const usher = await invite({ url, token, sink, from: `r${round}`, count: invitations });
      const alone = await sendAlone({ sink, count: invitations, mail });
      rounds.push({ usher, nodemailer: alone });
    }
    const medians = (pick: (round: Round) => number) => median(rounds.map(pick));
    return {
      invitations,
      usherSeconds: medians((one) => one.usher.seconds),
      nodemailerSeconds: medians((one) => one.nodemailer.seconds),
      usherCpuSeconds: medians((one) => one.usher.cpuSeconds),
      nodemailerCpuSeconds: medians((one) => one.nodemailer.cpuSeconds),
      ratio: medians((one) => one.usher.seconds / one.nodemailer.seconds),
      cpuRatio: medians((one) => one.usher.cpuSeconds / one.nodemailer.cpuSeconds),
      rounds,
    };
  } finally {
    await app.stop();
    sink.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function invite(input: {
  url: string;
  token: string;
  sink: Sink;
  from: string;
  count: number;
}): Promise<Measured> {
  const { url, token, sink, from, count } = input;
  const recipients = Array.from({ length: count }, (_, index) => ({
    email: `${from}-${index}@example.test`,
    given_name: `Guest ${index}`,
  }));
  const body = JSON.stringify({ recipients, inviter: { name: 'Grace' } });
  return measure(async () => {
    const arrived = sink.takes(count);
    const answer = await fetch(`${url}/api/v2/invitations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    if (answer.status !== 202) throw new Error(await answer.text());
    await arrived;
  });
}

async function sendAlone(input: {
  sink: Sink;
  count: number;
  mail: { subject?: string | undefined; html?: string | undefined; text?: string | undefined };
}): Promise<Measured> {
  const { sink, count, mail } = input;
  const transport = nodemailer.createTransport({
    url: sink.url,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: 100,
  });
  let next = 0;
  const measured = await measure(async () => {
    const arrived = sink.takes(count);
    const work = async () => {
      while (next < count) {
        const index = next++;
        await transport.sendMail({
          from: 'Usher <no-reply@example.test>',
          to: `alone-${index}@example.test`,
          subject: mail.subject ?? '',
          html: mail.html ?? '',
          text: mail.text ?? '',
          messageId: `<alone-${index}@example.test>`,
        });
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    await arrived;
  });
  transport.close();
  return measured;
}

async function measure(work: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await work();
  const used = process.cpuUsage(cpu);
  return {
    seconds: (performance.now() - begin) / 1000,
    cpuSeconds: (used.user + used.system) / 1_000_000,
  };
}

type Sink = {
  url: string;
  /** Resolves when this many more mails were taken. */
  takes(count: number): Promise<void>;
  sample(): Promise<string>;
  stop(): void;
};

async function startSink(): Promise<Sink> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'mail-sink-server.ts'));
  let taken = 0;
  let goal = Number.POSITIVE_INFINITY;
  let reached: () => void = () => {};
  let sampled: (raw: string) => void = () => {};
  const listening = Promise.withResolvers<number>();
  child.on('message', (message: { port?: number; taken?: number; sample?: string }) => {
    if (message.port !== undefined) listening.resolve(message.port);
    if (message.sample !== undefined) sampled(message.sample);
    if (message.taken !== undefined) taken = message.taken;
    if (taken >= goal) reached();
  });
  child.once('exit', (code) => listening.reject(new Error(`The mail server ended with ${code}.`)));
  return {
    url: `smtp://127.0.0.1:${await listening.promise}`,
    takes(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      goal = taken + count;
      reached = resolve;
      return promise;
    },
    sample() {
      const { promise, resolve } = Promise.withResolvers<string>();
      sampled = resolve;
      child.send('sample');
      return promise;
    },
    stop: () => child.disconnect(),
  };
}

async function requestToken(url: string): Promise<string> {
  const answer = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      audience: `${url}/api/v2/`,
    }),
  });
  const body = (await answer.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(JSON.stringify(body));
  return body.access_token;
}

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}

function configOf(
  databaseUrl: string | undefined,
  dataDir: string,
  smtpUrl: string,
  port: number,
): Config {
  return {
    port,
    host: '127.0.0.1',
    publicUrl: `http://localhost:${port}`,
    dataDir,
    databaseUrl,
    databasePoolSize: 8,
    smtpUrl,
    mailFrom: 'Usher <no-reply@example.test>',
    mailRatePerSecond: 0,
    importMaxBytes: 1024 ** 3,
    importWorkers: 2,
    importMaxJobs: 2,
    secret: 'a-secret-for-the-bench-0123456789abcdef',
    bootstrapClient: CLIENT,
    logLevel: 'error',
    logPretty: false,
    trustProxy: [],
    role: 'all',
    production: false,
    tls: undefined,
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
