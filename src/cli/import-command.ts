import { constants, createWriteStream } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Api } from './api.ts';
import { type Context, toolsOf } from './context.ts';
import { EXIT, Failure, usageFailure } from './failure.ts';
import { printWarnings } from './invitation-preview.ts';
import { countWaitingMails, followJob, type Job } from './jobs.ts';
import { multipartOf } from './multipart.ts';
import { addPlanOptions, type PlanOptions, planOf } from './plan-options.ts';
import { createBars } from './progress.ts';
import { reasonLines, reasonsOf } from './reasons.ts';
import type { Terminal } from './terminal.ts';
import { count, counted } from './words.ts';

type ImportOptions = PlanOptions & {
  connection: string;
  upsert?: boolean;
  migrated?: string;
  askForPasswords?: boolean;
  dryRun?: boolean;
  invite?: boolean;
  format?: string;
  idempotencyKey?: string;
  externalId?: string;
  wait: boolean;
  report?: string;
  errors?: string;
  map?: string[];
};

const FORMATS = ['json', 'ndjson', 'csv'];
const EXAMPLES = `
Examples:
  Check a file without writing anything
    $ usher import people.csv --dry-run

  Import all users and invite them
    $ usher import people.json --invite --client app_1a2b --ttl 14d --inviter "Ada at Acme"

  Import users who may exist already, and save the refused rows to correct them
    $ usher import people.ndjson.gz --upsert --errors refused.csv

  Map columns to fields; - skips a column
    $ usher import people.csv --map "Mailbox=email" --map "Room=-"

  From a script
    $ usher import people.csv --json --idempotency-key "$(sha256sum people.csv)"

The file is a JSON array, NDJSON, or CSV with a header row. It can be gzipped. Usher knows columns such as E-Mail or First name; docs/guides/importing.md describes the fields.
Exit codes: 0 all rows were imported, 1 the import failed, 2 the command was wrong, 3 some rows were refused.`;

/** `usher import FILE` */
export function addImportCommand(program: Command, context: Context): void {
  const command = program
    .command('import')
    .summary('import users from a file, and invite them')
    .description(
      'Imports users from a file into a connection. With --invite, invites them as well.',
    )
    .argument('<file>', 'JSON array, NDJSON or CSV; can be gzipped')
    .option('-c, --connection <name>', 'connection', 'Username-Password-Authentication')
    .option('--upsert', 'update users who exist already, matched by email address')
    .option('--dry-run', 'validate and report, but write nothing')
    .option(
      '--migrated <skip|merge>',
      'what to do with users whom a login has brought from the legacy directory (default: skip)',
    )
    .option(
      '--ask-for-passwords',
      'users without a password hash get a mail to choose one, after their first attempt to log in',
    )
    .option('--format <format>', `${FORMATS.join(', ')} (default: detected)`)
    .option(
      '--idempotency-key <key>',
      'a second import with the same key and file joins the first one',
    )
    .option('--external-id <id>', 'your own ID for the job')
    .option('--no-wait', 'exit when the file is stored; the server finishes the job')
    .option('--report <file>', 'write the result of every row to a file (.csv or .ndjson)')
    .option(
      '--errors <file>',
      'write the refused rows with their errors to a file, to correct and import them (CSV, or .json)',
    )
    .option('--map <column=field>', 'map a column to a field; can be repeated', collect)
    .option('--invite', 'invite all imported users');
  addPlanOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: ImportOptions) => importFile(context, command, file, options));
}

function collect(value: string, before: string[] = []): string[] {
  if (!/.=./.test(value)) throw usageFailure(`--map ${value} must have the form Column=field.`);
  return [...before, value];
}

async function importFile(
  context: Context,
  command: Command,
  path: string,
  options: ImportOptions,
): Promise<void> {
  const tools = toolsOf(context, command);
  const { api, terminal } = tools;
  const plan = planOf(options);
  if (Object.keys(plan).length > 0 && options.invite !== true) {
    throw usageFailure(
      'The options for invitations have no effect without --invite.',
      'Add --invite, or remove these options.',
    );
  }
  if (options.format !== undefined && !FORMATS.includes(options.format)) {
    throw usageFailure(`--format ${options.format} is unknown.`, `Use ${FORMATS.join(', ')}.`);
  }
  if (options.migrated !== undefined && !['skip', 'merge'].includes(options.migrated)) {
    throw usageFailure(`--migrated ${options.migrated} is unknown.`, 'Use skip or merge.');
  }
  if (!options.wait && (options.report !== undefined || options.errors !== undefined)) {
    throw usageFailure(
      '--report and --errors cannot be combined with --no-wait.',
      'Remove --no-wait.',
    );
  }
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) throw usageFailure(`The file ${path} does not exist.`);
  if (file.size === 0) throw usageFailure(`${path} is empty.`);
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!isReadable) throw usageFailure(`${path} cannot be read: you have no permission.`);

  const connectionId = await findConnectionId(api, options.connection);
  const job = await upload(tools, {
    path,
    bytes: file.size,
    fields: {
      connection_id: connectionId,
      format: options.format,
      map: options.map?.join('\n'),
      upsert: options.upsert ? 'true' : undefined,
      dry_run: options.dryRun ? 'true' : undefined,
      migrated_users: options.migrated,
      without_password: options.askForPasswords ? 'ask_by_mail' : undefined,
      external_id: options.externalId,
      idempotency_key: options.idempotencyKey,
      send_completion_email: 'false',
      send_invitations: options.invite ? JSON.stringify(plan) : undefined,
    },
  });
  printWarnings(terminal, job.warnings);
  if (job.encoding) terminal.say(`The file is not UTF-8. Usher read it as ${job.encoding}.`);
  if (job.ignored_columns) {
    terminal.say(`Ignored columns: ${job.ignored_columns.join(', ')}.`);
  }
  if (job.recognized_export) {
    const taken = job.recognized_columns?.map(({ column, field }) => `${column} is ${field}`);
    terminal.say(
      `The column names are those of the export ${job.recognized_export}${taken?.length ? `: ${taken.join(', ')}` : ''}.`,
    );
  }
  if (!options.wait) {
    terminal.say(
      `The file is stored as job ${terminal.paint('bold', job.id)}. The server finishes the import.`,
    );
    terminal.say(`To follow it: usher jobs show ${job.id} --follow`);
    terminal.result(job);
    return;
  }
  const done = await followJob(tools, job.id);
  if (options.report !== undefined) {
    const format = options.report.endsWith('.csv') ? 'csv' : 'ndjson';
    await save(api, `/api/v2/jobs/${done.id}/report?format=${format}`, options.report, '');
  }
  if (options.errors !== undefined) {
    const format = options.errors.endsWith('.json') ? 'json' : 'csv';
    const ifNone = format === 'json' ? '[]' : '';
    await save(api, `/api/v2/jobs/${done.id}/errors?format=${format}`, options.errors, ifNone);
  }
  await tell(tools, done, options);
  context.endWith(exitCodeOf(done));
}

/** Returns the ID of the connection with that name. Throws if there is none. */
export async function findConnectionId(api: Api, name: string): Promise<string> {
  const found = await api.get<{ id: string; name: string }[]>(
    `/api/v2/connections?name=${encodeURIComponent(name)}`,
  );
  const id = found.find((candidate) => candidate.name === name)?.id;
  if (id === undefined) throw new Failure(`The connection "${name}" does not exist.`);
  return id;
}

async function upload(
  tools: { api: Api; terminal: Terminal },
  input: { path: string; bytes: number; fields: Record<string, string | undefined> },
): Promise<Job> {
  const bars = createBars(tools.terminal);
  const bar = bars.add('Upload', 'bytes');
  try {
    const body = multipartOf({
      fields: input.fields,
      file: {
        field: 'users',
        path: input.path,
        bytes: input.bytes,
        type: 'application/octet-stream',
      },
      onBytes: (done) => bar.show({ done, total: input.bytes }),
    });
    const job = await tools.api.upload<Job>('/api/v2/jobs/users-imports', body);
    bar.finish({ done: input.bytes, total: input.bytes });
    return job;
  } finally {
    bars.stop();
  }
}

async function save(api: Api, from: string, to: string, ifEmpty: string): Promise<void> {
  const body = await api.download(from);
  await pipeline(body ? Readable.from(body) : Readable.from([ifEmpty]), createWriteStream(to));
}

async function tell(
  { api, terminal }: { api: Api; terminal: Terminal },
  job: Job,
  options: ImportOptions,
): Promise<void> {
  const { paint } = terminal;
  const reasons = (job.summary?.failed ?? 0) > 0 ? await reasonsOf(api, job) : [];
  terminal.result({ ...job, reasons });
  if (job.status === 'failed') {
    throw new Failure(`The import failed: ${job.status_details ?? 'the server gave no reason'}`, {
      hint:
        job.rows_total === 0
          ? 'Nothing was written.'
          : `Job ${job.id} has ended. The rows imported before the failure stay.`,
    });
  }
  const { inserted = 0, updated: found = 0, failed = 0 } = job.summary ?? {};
  const { rows_unchanged: unchanged = 0 } = job;
  const updated = found - unchanged;
  const would = job.dry_run === true;
  if (job.rows_total === 0) {
    terminal.say(`  ${paint('yellow', '!')} The file has no users.`);
    return;
  }
  terminal.say();
  if (would) terminal.say(`  ${paint('cyan', 'Nothing was written:')} this was a dry run.`);
  terminal.say(
    `  ${paint('green', '✓')} ${counted(inserted, 'user')} ${would ? 'would be imported' : 'imported'}` +
      (updated > 0 ? `, ${count(updated)} ${would ? 'would be updated' : 'updated'}` : '') +
      (unchanged > 0 ? `, ${count(unchanged)} unchanged` : ''),
  );
  if (job.invitations) printInvitations(terminal, job);
  if (failed > 0) {
    terminal.say(`  ${paint('yellow', '!')} ${counted(failed, 'row')} refused:`);
    terminal.say();
    for (const line of reasonLines(terminal, reasons)) terminal.say(line);
    terminal.say();
    const where = options.errors ?? `usher jobs errors ${job.id}`;
    terminal.say(`  All refused rows: ${where}`);
  }
}

/** Prints the numbers of invitations and their emails. */
export function printInvitations(terminal: Terminal, job: Job): void {
  const {
    invited = 0,
    already_invited: already = 0,
    left_out: left = 0,
    mails,
  } = job.invitations ?? {};
  const { paint } = terminal;
  terminal.say(
    `  ${paint('green', '✓')} ${counted(invited, 'person', 'people')} invited` +
      (already > 0 ? `, ${count(already)} already had an open invitation` : '') +
      (left > 0 ? `, ${count(left)} skipped` : '') +
      (mails ? `; ${counted(mails.sent, 'email')} sent` : ''),
  );
  if (already > 0) {
    terminal.say('  An open invitation keeps its settings. To send others, revoke it first.');
  }
  if (mails && mails.failed > 0) {
    terminal.say(`  ${paint('red', '✗')} ${counted(mails.failed, 'email')} could not be sent`);
  }
  if (countWaitingMails(job) > 0) {
    terminal.say(
      `  ${paint('yellow', '!')} ${counted(countWaitingMails(job), 'email')} not sent yet: usher jobs show ${job.id} --follow`,
    );
  }
}

/** Returns 0, 1 or 3, as the help text says. */
export function exitCodeOf(job: Job): number {
  if (job.status === 'failed') return EXIT.failed;
  const partly = (job.summary?.failed ?? 0) > 0 || (job.invitations?.mails?.failed ?? 0) > 0;
  return partly ? EXIT.partly : EXIT.ok;
}
