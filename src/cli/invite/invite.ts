import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { type Context, toolsOf } from '../context.ts';
import { EXIT, Failure, usageFailure } from '../failure.ts';
import { printInvitations } from '../import-command.ts';
import { ask, canAsk, type Preview, printPreview, printWarnings } from '../invitation-preview.ts';
import { followJob, type Job } from '../jobs.ts';
import { addPlanOptions, type PlanOptions, planOf } from '../plan-options.ts';
import { reasonLines, reasonsOf } from '../reasons.ts';
import { counted } from '../words.ts';
import { readMailbox, readRecipients } from './recipients.ts';

type InviteOptions = PlanOptions & {
  file?: string;
  job?: string;
  all?: boolean;
  domain?: string;
  connection?: string;
  idempotencyKey?: string;
  createUser?: string;
  links?: string | boolean;
  includeActive?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  wait: boolean;
};

/** The answer to POST /api/v2/invitations. */
type Started = {
  id: string;
  summary: { total: number; invited: number; already_invited: number; refused: number };
};

const EXAMPLES = `
Examples:
  Invite two people to an application
    $ usher invite ada@example.com alan@example.com --client app_1a2b --inviter "Grace at Acme"

  Give their names
    $ usher invite "Ada Lovelace <ada@example.com>"

  Invite the people in a file: one address per line, or JSON objects with names and metadata
    $ usher invite --file people.txt --ttl 14d
    $ grep @example.com crm.txt | usher invite --file -

  Invite the users of an import
    $ usher invite --job job_4kXbN2…

  Show the users without a login, then invite them
    $ usher invite --all --client app_1a2b --dry-run
    $ usher invite --all --client app_1a2b --yes

  Send the emails yourself: this prints the links once, and you cannot get them again
    $ usher invite --file people.txt --links > links.ndjson

People without an account get one. People with an open invitation to the same application do not get another.
--all and --domain skip users who can already log in, and ask before they send. Without a terminal they need --yes.
Exit codes: 0 all were invited, 1 the command failed, 2 the command was wrong, 3 some were refused.`;

/** `usher invite EMAIL…` */
export function addInviteCommand(program: Command, context: Context): void {
  const command = program
    .command('invite')
    .summary('invite people by email')
    .description(
      'Invites people: addresses, a list in a file, the users of an import, or all users of a connection.',
    )
    .argument('[email...]', 'addresses to invite, alone or as "Name <address>"')
    .option(
      '-f, --file <file>',
      'one address or Name <address> per line, or JSON objects; - reads standard input',
    )
    .option('-j, --job <id>', 'all users of this import')
    .option('--all', 'all users of the connection who cannot log in yet')
    .option('--domain <domain>', 'the same, but only with an address in this domain')
    .option('--include-active', 'also invite users who can already log in, or have declined')
    .option('--dry-run', 'show who would be invited, but send nothing')
    .option('-y, --yes', 'do not ask for confirmation (with --all or --domain)')
    .option('-c, --connection <name>', 'connection (default: Username-Password-Authentication)')
    .option('--create-user <when>', 'make accounts on_invite or on_accept (default: on_invite)')
    .option('--idempotency-key <key>', 'a second request with the same key joins the first one')
    .option('--links [file]', 'send no email, but print each link once, as NDJSON')
    .option('--no-wait', 'exit when the server has the list');
  addPlanOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((emails: string[], options: InviteOptions) =>
      invite(context, command, emails, options),
    );
}

async function invite(
  context: Context,
  command: Command,
  emails: string[],
  options: InviteOptions,
): Promise<void> {
  const tools = toolsOf(context, command);
  const { api, terminal } = tools;
  const body = {
    ...(await sourceOf(context, emails, options)),
    ...planOf(options),
    ...(options.connection !== undefined && { connection: options.connection }),
    ...(options.includeActive && { include_active: true }),
    ...(options.createUser !== undefined && { create_user: options.createUser }),
    ...(options.idempotencyKey !== undefined && { idempotency_key: options.idempotencyKey }),
  };
  if (!(await isWanted(context, tools, options, body))) return;
  if (options.links !== undefined && options.links !== false) {
    const links = await api.download('/api/v2/invitations', { ...body, return_links: true });
    const target =
      typeof options.links === 'string' ? createWriteStream(options.links, { mode: 0o600 }) : null;
    const source = links ? Readable.from(links) : Readable.from(['']);
    await (target ? pipeline(source, target) : pipeline(source, context.stdout, { end: false }));
    return;
  }
  const started = await api.send<Started>('POST', '/api/v2/invitations', body);
  if (!options.wait) {
    terminal.result(started);
    terminal.say(
      `The list is stored as job ${terminal.paint('bold', started.id)}. The server sends the invitations.`,
    );
    terminal.say(`To follow it: usher jobs show ${started.id} --follow`);
    return;
  }
  const job = await followJob(tools, started.id);
  const reasons = await reasonsOf(api, job);
  terminal.result({ ...job, reasons });
  if (job.status === 'failed') {
    throw new Failure(
      `The invitations failed: ${job.status_details ?? 'the server gave no reason'}`,
    );
  }
  if (job.invitations) printInvitations(terminal, job);
  const refused = reasons.reduce((sum, reason) => sum + reason.rows, 0);
  if (refused > 0) {
    terminal.say(`  ${terminal.paint('yellow', '!')} ${counted(refused, 'recipient')} refused:`);
    terminal.say();
    for (const line of reasonLines(terminal, reasons)) terminal.say(line);
  }
  context.endWith(endOf(job, refused));
}

/**
 * Returns whether to continue. A dry run ends here. The results of a search are shown and confirmed first. Without an application, a
 * notice says where people will end.
 */
async function isWanted(
  context: Context,
  { api, terminal }: ReturnType<typeof toolsOf>,
  options: InviteOptions,
  body: Record<string, unknown>,
): Promise<boolean> {
  const isSearch = 'search' in body;
  if (isSearch && !options.dryRun && !options.yes && !canAsk(context)) {
    throw usageFailure(
      'This is not a terminal, so you cannot confirm the invitations.',
      'Check the list with --dry-run, then add --yes.',
    );
  }
  const mayWarn = body.client_id === undefined && body.result_url === undefined;
  if (!isSearch && !options.dryRun && !mayWarn) return true;
  const { idempotency_key: _, ...asked } = body;
  const preview = await api.send<Preview>('POST', '/api/v2/invitations', {
    ...asked,
    dry_run: true,
  });
  printWarnings(terminal, preview.warnings);
  if (options.dryRun) {
    terminal.result(preview);
    printPreview(terminal, preview);
    return false;
  }
  if (!isSearch) return true;
  printPreview(terminal, preview);
  if (options.yes) return true;
  const mails = counted(preview.summary.would_invite, 'email');
  if (await ask(context, `Send ${mails}? [y/N] `)) return true;
  terminal.note('Nothing was sent.');
  return false;
}

function endOf(job: Job, refused: number): number {
  return refused > 0 || (job.invitations?.mails?.failed ?? 0) > 0 ? EXIT.partly : EXIT.ok;
}

async function sourceOf(
  context: Context,
  emails: string[],
  options: InviteOptions,
): Promise<Record<string, unknown>> {
  const sources = [
    emails.length > 0 && { recipients: emails.map(readMailbox) },
    options.file !== undefined && (() => readRecipients(options.file ?? '-', context.stdin)),
    options.job !== undefined && { job_id: options.job },
    options.all === true && { search: { q: '*' } },
    options.domain !== undefined && { search: { q: `email.domain:"${options.domain}"` } },
  ].filter((candidate) => candidate !== false);
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    throw usageFailure(
      source === undefined
        ? 'No people to invite are given.'
        : 'People to invite are given in more than one way.',
      'Give addresses, or one of --file, --job, --all and --domain.',
    );
  }
  if (typeof source !== 'function') return source;
  const recipients = await source();
  if (recipients.length === 0) throw usageFailure(`${options.file} has no people to invite.`);
  return { recipients };
}
