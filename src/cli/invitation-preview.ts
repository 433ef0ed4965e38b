import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';
import type { Terminal } from './terminal.ts';
import { count, counted } from './words.ts';

/** A warning of the server, before it sends anything. */
export type Warning = { code: string; message: string };

/** The answer to POST /api/v2/invitations with `dry_run`. */
export type Preview = {
  client_id: string | null;
  summary: {
    total: number;
    would_invite: number;
    already_invited: number;
    left_out: {
      has_password: number;
      has_logged_in: number;
      has_accepted: number;
      has_declined: number;
    };
    refused: number;
  };
  people: { email: string; user_id?: string }[];
  refused: { row_number: number; email?: string; errors?: { message: string }[] }[];
  warnings?: Warning[];
};

const SHOWN = 5;

/** Prints to stderr what a request would do. */
export function printPreview(terminal: Terminal, preview: Preview): void {
  const { summary, people } = preview;
  const { paint } = terminal;
  const first = people.slice(0, SHOWN).map((person) => person.email);
  const more = summary.would_invite - first.length;
  terminal.note(`  ${counted(summary.would_invite, 'person', 'people')} would be invited`);
  for (const email of first) terminal.note(`    ${paint('dim', email)}`);
  if (more > 0) terminal.note(`    ${paint('dim', `and ${count(more)} more`)}`);
  const {
    has_password: passwords,
    has_logged_in: logins,
    has_accepted: accepted,
    has_declined: declined,
  } = summary.left_out;
  const left: [number, string][] = [
    [passwords, 'skipped: they have a password'],
    [logins, 'skipped: they have logged in before'],
    [accepted, 'skipped: they have accepted an invitation to this application'],
    [declined, 'skipped: they have declined an invitation to this application'],
    [summary.already_invited, 'skipped: their open invitation still works'],
    [summary.refused, 'refused: they are blocked or cannot be invited'],
  ];
  for (const [number, why] of left) if (number > 0) terminal.note(`  ${count(number)} ${why}`);
}

export function printWarnings(terminal: Terminal, warnings: Warning[] | undefined): void {
  for (const { message } of warnings ?? []) {
    terminal.note(`  ${terminal.paint('yellow', '!')} ${message}`);
  }
}

/** Returns whether a person can answer questions at this terminal. */
export function canAsk(context: Context): boolean {
  return context.stdin.isTTY === true && context.stderr.isTTY === true;
}

/** Returns true after a "y" or "yes". */
export async function ask(context: Context, question: string): Promise<boolean> {
  const lines = createInterface({ input: context.stdin, output: context.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}
