import type { Command } from 'commander';
import type { Api } from './api.ts';
import { type Context, toolsOf } from './context.ts';
import { usageFailure } from './failure.ts';
import type { Job } from './jobs.ts';
import { columns, type Terminal } from './terminal.ts';
import { count, counted } from './words.ts';

type ListOptions = { type?: string; status?: string; limit: string };

const PAGE = 100;
const COLORS = {
  completed: 'green',
  failed: 'red',
  pending: 'yellow',
  processing: 'cyan',
} as const;

/** `usher jobs list` */
export function addJobListCommand(jobs: Command, context: Context): void {
  const list = jobs
    .command('list')
    .description('Lists jobs, newest first. Usher keeps a job for 7 days after it ends.')
    .option(
      '--type <type>',
      'users_import, users_export, invitations, password_change_tickets or verification_email',
    )
    .option('--status <status>', 'pending, processing, completed or failed')
    .option('-n, --limit <number>', 'maximum number to list', '20')
    .action(async (options: ListOptions) => {
      const { api, terminal } = toolsOf(context, list);
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1) throw usageFailure('--limit must be 1 or more.');
      const { found, hasMore } = await listJobs(api, options, limit);
      terminal.result(found);
      if (found.length === 0) terminal.say('No jobs found.');
      for (const line of linesOf(terminal, found)) terminal.say(line);
      if (hasMore) {
        terminal.note(
          terminal.paint('dim', `Only the newest ${count(limit)} are listed. --limit lists more.`),
        );
      }
    });
}

async function listJobs(
  api: Api,
  options: Omit<ListOptions, 'limit'>,
  limit: number,
): Promise<{ found: Job[]; hasMore: boolean }> {
  const found: Job[] = [];
  let from: string | undefined;
  do {
    const query = new URLSearchParams({ take: String(Math.min(PAGE, limit - found.length)) });
    if (options.type !== undefined) query.set('type', options.type);
    if (options.status !== undefined) query.set('status', options.status);
    if (from !== undefined) query.set('from', from);
    const page = await api.get<{ jobs: Job[]; next?: string }>(`/api/v2/jobs?${query}`);
    found.push(...page.jobs);
    from = page.next;
  } while (from !== undefined && found.length < limit);
  return { found, hasMore: from !== undefined };
}

function linesOf(terminal: Terminal, found: Job[]): string[] {
  const rows = found.map((job) => [
    job.id,
    job.created_at.slice(0, 16).replace('T', ' '),
    job.type.replaceAll('_', ' '),
    job.status,
    [countsOf(job), job.connection].filter((candidate) => candidate).join('  '),
  ]);
  return columns(rows).map(([id = '', when = '', type = '', status = '', about = ''], index) => {
    const color = COLORS[found[index]?.status ?? 'pending'];
    const { paint } = terminal;
    return `${id}  ${paint('dim', when)}  ${type}  ${paint(color, status)}  ${paint('dim', about)}`;
  });
}

function countsOf(job: Job): string {
  const { summary, invitations } = job;
  const refused = summary?.failed ?? job.rows_refused ?? 0;
  const parts: [number, string][] = [
    [summary?.inserted ?? 0, 'imported'],
    [summary?.updated ?? 0, 'updated'],
    [invitations?.invited ?? 0, 'invited'],
    [refused, 'refused'],
  ];
  const told = parts.flatMap(([number, what]) => (number > 0 ? [`${count(number)} ${what}`] : []));
  if (told.length > 0) return `${job.dry_run ? 'dry run: ' : ''}${told.join(', ')}`;
  return job.rows_total === undefined ? '' : counted(job.rows_total, 'row');
}
