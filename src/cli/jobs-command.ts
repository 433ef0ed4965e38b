import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { type Context, toolsOf } from './context.ts';
import { exitCodeOf, printInvitations } from './import-command.ts';
import { addJobListCommand } from './job-list.ts';
import { findJob, followJob, hasEnded, type Job } from './jobs.ts';
import { reasonLines, reasonsOf } from './reasons.ts';
import type { Terminal } from './terminal.ts';
import { count, counted, duration } from './words.ts';

const EXAMPLES = `
Examples:
  $ usher jobs list --status failed         find the id of a job
  $ usher jobs show job_4kXbN2…             show the progress and the refused rows
  $ usher jobs show job_4kXbN2… --follow    wait until the job is done
  $ usher jobs errors job_4kXbN2… > refused.json
  $ usher jobs report job_4kXbN2… --csv > report.csv`;

/** `usher jobs …` */
export function addJobsCommand(program: Command, context: Context): void {
  const jobs = program
    .command('jobs')
    .summary('list jobs and show their progress')
    .description('Shows the progress of imports and other jobs, and the result of each row.')
    .addHelpText('after', EXAMPLES);

  addJobListCommand(jobs, context);

  const show = jobs
    .command('show <id>')
    .description('Shows a job: counts, rate, time left, and the reasons for refused rows.')
    .option('-f, --follow', 'wait until the job is done, with progress bars')
    .action(async (id: string, options: { follow?: boolean }) => {
      const tools = toolsOf(context, show);
      const job = options.follow ? await followJob(tools, id) : await findJob(tools.api, id);
      const failed = job.summary?.failed ?? 0;
      const reasons = hasEnded(job) && failed > 0 ? await reasonsOf(tools.api, job) : [];
      tools.terminal.result({ ...job, reasons });
      for (const line of linesOf(tools.terminal, job)) tools.terminal.say(line);
      if (job.invitations) printInvitations(tools.terminal, job);
      if (reasons.length > 0) {
        tools.terminal.say(
          `  ${tools.terminal.paint('yellow', '!')} ${counted(failed, 'row')} refused:`,
        );
        tools.terminal.say();
        for (const line of reasonLines(tools.terminal, reasons)) tools.terminal.say(line);
      }
      context.endWith(exitCodeOf(job));
    });

  const errors = jobs
    .command('errors <id>')
    .description('Prints the refused rows with their errors, as JSON or CSV.')
    .option('--csv', 'as CSV, to correct the rows and import them')
    .action(async (id: string, options: { csv?: boolean }) => {
      const { api } = toolsOf(context, errors);
      const format = options.csv ? 'csv' : 'json';
      const body = await api.download(
        `/api/v2/jobs/${encodeURIComponent(id)}/errors?format=${format}`,
      );
      await print(context, body ?? (options.csv ? '' : '[]'));
    });

  const report = jobs
    .command('report <id>')
    .description('Prints the result of every row, as NDJSON or CSV.')
    .option('--csv', 'as CSV with a header row')
    .action(async (id: string, options: { csv?: boolean }) => {
      const { api } = toolsOf(context, report);
      const format = options.csv ? 'csv' : 'ndjson';
      const body = await api.download(
        `/api/v2/jobs/${encodeURIComponent(id)}/report?format=${format}`,
      );
      await print(context, body ?? '');
    });
}

async function print(context: Context, body: ReadableStream<Uint8Array> | string): Promise<void> {
  await pipeline(Readable.from(typeof body === 'string' ? [body] : body), context.stdout, {
    end: false,
  });
}

function linesOf(terminal: Terminal, job: Job): string[] {
  const { paint } = terminal;
  const color = {
    completed: 'green',
    failed: 'red',
    pending: 'yellow',
    processing: 'cyan',
  } as const;
  const lines = [
    `${paint('bold', job.id)}  ${job.type.replaceAll('_', ' ')}  ${paint(color[job.status] ?? 'bold', job.status)}`,
    paint(
      'dim',
      `  created at ${job.created_at}${job.connection ? `, into ${job.connection}` : ''}`,
    ),
  ];
  if (job.status_details) lines.push(`  ${paint('red', '✗')} ${job.status_details}`);
  if (job.rows_total !== undefined) {
    const done = job.rows_done ?? 0;
    const rate = job.rows_per_second ? `, ${count(job.rows_per_second)}/s` : '';
    const left =
      job.time_left_seconds === undefined ? '' : `, ${duration(job.time_left_seconds)} left`;
    lines.push(`  ${count(done)} of ${counted(job.rows_total, 'row')} done${rate}${left}`);
  }
  if (job.summary) {
    const { inserted, updated } = job.summary;
    const verb = job.dry_run ? 'would be imported' : 'imported';
    lines.push(
      `  ${paint('green', '✓')} ${counted(inserted, 'user')} ${verb}` +
        (updated > 0 ? `, ${count(updated)} updated` : ''),
    );
  }
  return lines;
}
