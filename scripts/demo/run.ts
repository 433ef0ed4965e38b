import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, createApi } from '../../src/cli/api.ts';
import { Failure } from '../../src/cli/failure.ts';
import { findConnectionId } from '../../src/cli/import-command.ts';
import { followJob, type Job } from '../../src/cli/jobs.ts';
import { multipartOf } from '../../src/cli/multipart.ts';
import { createBars } from '../../src/cli/progress.ts';
import { reasonLines, reasonsOf } from '../../src/cli/reasons.ts';
import { createTerminal, type Terminal } from '../../src/cli/terminal.ts';
import { bytes, count, counted, duration } from '../../src/cli/words.ts';
import { type Application, startApplication } from './application.ts';
import { comparisonLines } from './comparison.ts';
import { type Sample, sampleInvitation } from './mailbox.ts';
import { emailOf, IMPORTED_PASSWORD, writePeople } from './people.ts';
import { type Closing, type DemoServer, freePort, startOnFreePort } from './server.ts';

type Tools = { terminal: Terminal; api: Api };

/**
 * Runs the demo: a real server on a new database, one request for all users, real mails, and an application as their target. Returns the
 * exit code; 1 if a step failed.
 */
export async function runDemo(options: {
  people: number;
  port: number;
  stay: boolean;
}): Promise<number> {
  const { stdout, stderr } = process;
  const terminal = createTerminal({ stdout, stderr, json: false });
  const interrupted = interruption();
  // A new folder each time, so that every run starts clean.
  const folder = await mkdtemp(join(tmpdir(), 'usher-demo-'));
  const closing: Closing = [() => rm(folder, { recursive: true, force: true, maxRetries: 3 })];
  try {
    const work = show(terminal, { ...options, folder, closing });
    return await Promise.race([work, interrupted]);
  } catch (error) {
    const { paint } = terminal;
    terminal.note();
    terminal.note(
      `  ${paint('red', '✗')} ${error instanceof Error ? error.message : String(error)}`,
    );
    if (error instanceof Failure && error.hint) terminal.note(`    ${paint('dim', error.hint)}`);
    return 1;
  } finally {
    for (const close of closing.reverse()) await close().catch(() => {});
  }
}

/** Ctrl-C is the normal end of the demo, not a failure. So is a reader of its output that goes away, as in `| head`. */
function interruption(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(0));
  process.stdout.on('error', () => resolve(0));
  return promise;
}

async function show(
  terminal: Terminal,
  options: {
    people: number;
    port: number;
    stay: boolean;
    folder: string;
    closing: Closing;
  },
): Promise<number> {
  const { people, folder, closing } = options;
  const { paint } = terminal;
  terminal.say();
  terminal.say(
    `  ${paint('bold', 'Usher')}  ${paint('dim', 'an identity server for people who arrive')}`,
  );
  terminal.say();

  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    // Later replaced by the line with the time it took.
    if (terminal.moves) terminal.stderr.write(`  ${paint('dim', `· ${what} …`)}`);
    const result = await work().finally(() => {
      if (terminal.moves) terminal.stderr.write('\r\u001b[2K');
    });
    const seconds = duration((performance.now() - start) / 1000);
    terminal.say(`  ${paint('green', '✓')} ${what} ${paint('dim', seconds)}`);
    return result;
  };

  const server = await step('Server on an embedded database', () =>
    startOnFreePort({ folder, closing }, options.port),
  );
  const api = createApi({ ...server, token: undefined });
  const application = await step('Example application, registered through the API', async () =>
    startApplication(api, await freePort(Number(new URL(server.url).port) + 1)),
  );
  closing.push(() => application.close());
  const file = join(folder, 'people.json');
  const size = await step(
    `A file of ${counted(people, 'person', 'people')}, 1 % of them broken`,
    () => writePeople(file, people),
  );

  terminal.say();
  const tools = { terminal, api };
  const work = importAndInvite(tools, { file, size, application });
  const outcome = await Promise.race([work, server.died]);
  if (typeof outcome === 'string') throw new Error(outcome);
  const { job, seconds } = outcome;
  await tellOutcome(tools, job, seconds);
  for (const line of comparisonLines(terminal, people, seconds)) terminal.say(line);
  const sample = await sampleInvitation(server.url, emailOf(Math.min(2, people - 1)));
  tellLinks(terminal, { server, application, sample, stay: options.stay });

  const mails = job.invitations?.mails;
  const good =
    job.status === 'completed' &&
    (mails?.failed ?? 0) === 0 &&
    mails?.sent === job.invitations?.invited;
  if (!options.stay) return good ? 0 : 1;
  throw new Error(await server.died);
}

async function importAndInvite(
  tools: Tools,
  input: { file: string; size: number; application: Application },
): Promise<{ job: Job; seconds: number }> {
  const { terminal, api } = tools;
  const connectionId = await findConnectionId(api, 'Username-Password-Authentication');
  terminal.say(
    `  ${terminal.paint('bold', 'POST /api/v2/jobs/users-imports')} ${terminal.paint('dim', `with send_invitations: one request, ${bytes(input.size)}`)}`,
  );
  terminal.say();
  const start = performance.now();
  const bars = createBars(terminal);
  const bar = bars.add('Upload', 'bytes');
  const body = multipartOf({
    fields: {
      connection_id: connectionId,
      send_invitations: JSON.stringify({
        client_id: input.application.clientId,
        inviter: { name: 'Ada Lovelace' },
        app_metadata: { invited_by: 'demo' },
      }),
    },
    file: { field: 'users', path: input.file, bytes: input.size, type: 'application/json' },
    onBytes: (done) => bar.show({ done, total: input.size }),
  });
  const stored = await api.upload<Job>('/api/v2/jobs/users-imports', body);
  bar.finish({ done: input.size, total: input.size });
  bars.stop();
  const job = await followJob(tools, stored.id);
  return { job, seconds: (performance.now() - start) / 1000 };
}

async function tellOutcome({ terminal, api }: Tools, job: Job, seconds: number): Promise<void> {
  const { paint } = terminal;
  const { inserted = 0, failed = 0 } = job.summary ?? {};
  const { invited = 0, mails } = job.invitations ?? {};
  if (job.status === 'failed') throw new Error(`The import failed: ${job.status_details ?? ''}`);
  terminal.say();
  terminal.say(
    `  ${paint('green', '✓')} ${paint('bold', counted(inserted, 'person', 'people'))} imported, ` +
      `${paint('bold', count(invited))} invited, ${paint('bold', counted(mails?.sent ?? 0, 'mail'))} sent ` +
      `in ${paint('bold', duration(seconds))}`,
  );
  if (mails && mails.failed > 0) {
    terminal.say(`  ${paint('red', '✗')} ${counted(mails.failed, 'mail')} could not be sent`);
  }
  if (failed > 0) {
    terminal.say(
      `  ${paint('yellow', '!')} ${counted(failed, 'row')} refused, each with its reason:`,
    );
    terminal.say();
    for (const line of reasonLines(terminal, await reasonsOf(api, job))) terminal.say(line);
  }
  terminal.say();
}

function tellLinks(
  terminal: Terminal,
  shown: {
    server: DemoServer;
    application: Application;
    sample: Sample | undefined;
    stay: boolean;
  },
): void {
  const { paint } = terminal;
  const { server, application, sample } = shown;
  const link = (what: string, url: string) =>
    terminal.say(`    ${what.padEnd(24)} ${paint(['cyan', 'underline'], url)}`);
  terminal.say();
  if (!shown.stay) return;
  terminal.say(`  ${paint('bold', 'Go on in your browser')}`);
  terminal.say();
  if (sample) link('One of the invitations', sample.link);
  link('All the mails', `${server.url}/dev/mailbox`);
  link('The application', application.url);
  link('API reference', `${server.url}/docs`);
  terminal.say();
  if (sample) {
    terminal.say(
      paint(
        'dim',
        `  The invitation is for ${sample.email}: set a password, and arrive signed in.`,
      ),
    );
  }
  terminal.say(
    paint(
      'dim',
      `  Imported with a bcrypt hash: ${emailOf(0)} can log in to the application with ${IMPORTED_PASSWORD}`,
    ),
  );
  terminal.say();
  terminal.say(`  ${paint('dim', 'Ctrl-C stops everything and removes it.')}`);
  terminal.say();
}
