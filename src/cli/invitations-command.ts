import type { Command } from 'commander';
import type { Api } from './api.ts';
import { type Context, toolsOf } from './context.ts';
import { Failure, usageFailure } from './failure.ts';
import { columns, type Terminal } from './terminal.ts';
import { count } from './words.ts';

/** The fields of an invitation (GET /api/v2/invitations) that the command line reads. */
type Invitation = {
  id: string;
  state: 'pending' | 'accepted' | 'declined' | 'expired' | 'revoked';
  email: string;
  created_at: string;
  expires_at: string;
  renewals: number;
  mail: { state: string; error?: string } | null;
};

type ListOptions = {
  state?: string;
  email?: string;
  job?: string;
  client?: string;
  renewed?: boolean;
  limit: string;
};

const EXAMPLES = `
Examples:
  $ usher invitations list --state pending
  $ usher invitations list --job job_4kXbN2… --limit 1000 --json
  $ usher invitations resend ada@example.com       send the same link in a new email
  $ usher invitations revoke uinv_8sKd…            the link stops working at once`;

const COLORS = {
  pending: 'cyan',
  accepted: 'green',
  declined: 'yellow',
  expired: 'yellow',
  revoked: 'red',
} as const;

const PAGE = 100;

/** `usher invitations …` */
export function addInvitationsCommand(program: Command, context: Context): void {
  const invitations = program
    .command('invitations')
    .summary('list, resend and revoke invitations')
    .description('Lists, resends and revokes invitations.')
    .addHelpText('after', EXAMPLES);

  const list = invitations
    .command('list')
    .description('Lists invitations, newest first.')
    .option('--state <state>', 'pending, accepted, declined, expired or revoked')
    .option('--email <address>', 'only those to this address')
    .option('--job <id>', 'only those of this import or invitation job')
    .option('--client <id>', 'only those to this application')
    .option('--renewed', 'only those whose person has requested a new link')
    .option('-n, --limit <number>', 'maximum number to list', '50')
    .action(async (options: ListOptions) => {
      const { api, terminal } = toolsOf(context, list);
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1) throw usageFailure('--limit must be 1 or more.');
      const found = await listInvitations(api, options, limit);
      terminal.result(found);
      if (found.length === 0) terminal.say('No invitations found.');
      for (const line of linesOf(terminal, found)) terminal.say(line);
      if (found.length === limit) {
        terminal.note(
          terminal.paint('dim', `Only the newest ${count(limit)} are listed. --limit lists more.`),
        );
      }
    });

  const resend = invitations
    .command('resend <invitation...>')
    .description(
      'Sends invitations again, by ID or by address with an open invitation. The link stays the same.',
    )
    .action(async (wanted: string[]) => {
      const { api, terminal } = toolsOf(context, resend);
      const sent: Invitation[] = [];
      for (const each of wanted) {
        const id = await idOf(api, each);
        sent.push(
          await api.send<Invitation>(
            'POST',
            `/api/v2/invitations/${encodeURIComponent(id)}/resend`,
          ),
        );
        terminal.say(
          `${terminal.paint('green', '✓')} the invitation of ${each} will be sent again`,
        );
      }
      terminal.result(sent);
    });

  const revoke = invitations
    .command('revoke <invitation...>')
    .description(
      'Revokes invitations, by ID or by address with an open invitation. Their links stop working at once.',
    )
    .action(async (wanted: string[]) => {
      const { api, terminal } = toolsOf(context, revoke);
      const revoked: string[] = [];
      for (const each of wanted) {
        const id = await idOf(api, each);
        await api.send('DELETE', `/api/v2/invitations/${encodeURIComponent(id)}`);
        revoked.push(id);
        terminal.say(`${terminal.paint('green', '✓')} the invitation of ${each} is revoked`);
      }
      terminal.result({ revoked });
    });
}

async function listInvitations(
  api: Api,
  options: Omit<ListOptions, 'limit'>,
  limit: number,
): Promise<Invitation[]> {
  const found: Invitation[] = [];
  let from: string | undefined;
  do {
    const query = new URLSearchParams({ take: String(Math.min(PAGE, limit - found.length)) });
    if (options.state !== undefined) query.set('state', options.state);
    if (options.email !== undefined) query.set('email', options.email);
    if (options.job !== undefined) query.set('job_id', options.job);
    if (options.client !== undefined) query.set('client_id', options.client);
    if (options.renewed) query.set('renewed', 'true');
    if (from !== undefined) query.set('from', from);
    const page = await api.get<{ invitations: Invitation[]; next?: string }>(
      `/api/v2/invitations?${query}`,
    );
    found.push(...page.invitations);
    from = page.next;
  } while (from !== undefined && found.length < limit);
  return found;
}

/** Returns an ID as it is, and the ID of the one open invitation for an address. */
async function idOf(api: Api, wanted: string): Promise<string> {
  if (!wanted.includes('@')) return wanted;
  const all = await listInvitations(api, { email: wanted }, 20);
  const open = all.filter(
    (invitation) => invitation.state === 'pending' || invitation.state === 'expired',
  );
  const [first] = open;
  if (first === undefined) throw new Failure(`${wanted} has no open invitation.`);
  if (open.length > 1) {
    throw new Failure(`${wanted} has ${open.length} open invitations.`, {
      hint: `Use one of these IDs: ${open.map((invitation) => invitation.id).join(', ')}`,
    });
  }
  return first.id;
}

function linesOf(terminal: Terminal, found: Invitation[]): string[] {
  const rows = found.map((invitation) => [
    invitation.id,
    invitation.state,
    invitation.email,
    invitation.created_at.slice(0, 16).replace('T', ' '),
    invitation.mail === null
      ? 'no email'
      : `email ${invitation.mail.state}${invitation.mail.error ? `: ${invitation.mail.error}` : ''}`,
    invitation.renewals === 0 ? '' : `renewed ${count(invitation.renewals)}×`,
  ]);
  return columns(rows).map(([id = '', state = '', email = '', ...more], index) => {
    const color = COLORS[found[index]?.state ?? 'pending'];
    return `${terminal.paint('dim', id)}  ${terminal.paint(color, state)}  ${email}  ${terminal.paint('dim', more.join('  ').trimEnd())}`;
  });
}
