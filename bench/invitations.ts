import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import PostalMime from 'postal-mime';
import { createApp } from '../src/app.ts';
import type { Config } from '../src/config/config.ts';
import { freePort } from '../test/harness/free-port.ts';
import { againstLimit, type Context, type Result } from './kit/benchmark.ts';
import { requestToken } from './kit/server.ts';
import { median } from './kit/statistics.ts';

type Measured = { seconds: number; cpuSeconds: number };
type Round = { usher: Measured; nodemailer: Measured };

const CLIENT = { id: 'bench-client', secret: 'bench-secret-0123456789' };
const CONNECTIONS = 20;

/**
 * Measures the time to invite people without an account, from the request until the mail server has accepted the last mail, next to
 * nodemailer's pool that only sends the same mails. Rounds alternate, so that a busy machine affects both.
 */
export async function run(context: Context): Promise<Result[]> {
  const { invitations, rounds: wanted } = context.sizes;
  const place = await context.newPlace();
  const sink = await startSink();
  const port = await freePort();
  const app = await createApp(configOf(place.url, place.dataDir, sink.url, port));
  try {
    const { url } = await app.start();
    const token = await requestToken(url, CLIENT);
    context.say('warming up');
    await invite({ url, token, sink, from: 'warm', count: Math.min(500, invitations) });
    const mail = await PostalMime.parse(await sink.sample());
    const rounds: Round[] = [];
    for (let round = 1; round <= wanted; round++) {
      context.say(`round ${round} of ${wanted}`);
      const usher = await invite({ url, token, sink, from: `r${round}`, count: invitations });
      const alone = await sendAlone({ sink, count: invitations, mail });
      rounds.push({ usher, nodemailer: alone });
    }
    const medianOf = (pick: (round: Round) => number) => median(rounds.map(pick));
    return [
      againstLimit(
        {
          what: `${invitations.toLocaleString('en-US')} invitations, request to last mail`,
          unit: 's',
          ours: medianOf((round) => round.usher.seconds),
          limit: medianOf((round) => round.nodemailer.seconds),
          limitIs: 'nodemailer alone, s',
          details: {
            rounds,
            // Of this process, without the mail server and PostgreSQL. It is reliable on a busy machine too.
            ratioByProcessorTime: medianOf(
              (round) => round.usher.cpuSeconds / round.nodemailer.cpuSeconds,
            ),
          },
        },
        { atMost: 1.3 },
        medianOf((round) => round.usher.seconds / round.nodemailer.seconds),
      ),
    ];
  } finally {
    await app.stop();
    sink.stop();
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
  /** Resolves when this many more mails were accepted. */
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
    scriptProcesses: 2,
    scriptMemoryMb: 128,
    importWorkers: 2,
    importMaxJobs: 2,
    userMetadataMaxBytes: 16_384,
    logRetentionDays: 30,
    secret: 'a-secret-for-the-bench-0123456789abcdef',
    bootstrapClient: CLIENT,
    adminEmail: undefined,
    logLevel: 'error',
    logFormat: 'json',
    trustProxy: [],
    dnsServers: [],
    egressAllow: [],
    providerEndpoints: {},
    rateLimitProfile: 'unlimited',
    clientSecrets: 'hashed',
    defaultPictures: 'own',
    role: 'all',
    production: false,
    tls: undefined,
  };
}
