import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { type Context, toolsOf } from '../context.ts';
import { Failure, usageFailure } from '../failure.ts';

export { addMigrationCommand } from './migration-command.ts';

type Options = {
  script: string;
  identifier?: string;
  passwordStdin?: boolean;
  code?: string;
  case?: string;
  saveAs?: string;
  allowChanges?: boolean;
};

type Trial = {
  outcome: string;
  reason?: string;
  code?: string;
  message?: string;
  profile?: Record<string, unknown>;
  findings: { script: string; level?: string; code: string; message: string }[];
  console: { level: string; text: string }[];
  took_ms: number;
};

const GOOD = new Set(['found', 'done']);

const EXAMPLES = `
Examples:
  $ usher connections try legacy --script get_user --identifier ada@example.com
  $ usher connections try legacy --identifier ada@example.com --password-stdin < password.txt
  $ usher connections try legacy --identifier ada@example.com --code login.js     try a file before you save it
  $ usher connections try legacy --case Ada                                       ask a stored question again`;

/** `usher connections …` */
export function addConnectionsCommand(program: Command, context: Context): void {
  const connections = program
    .command('connections')
    .summary('try scripts and directories of connections')
    .description('Asks the legacy user database of a connection, without writing users.')
    .addHelpText('after', EXAMPLES);

  const attempt = connections
    .command('try <name>')
    .description(
      'Runs a script, or asks the directory, and shows the user as Usher would store it.',
    )
    .option('--script <script>', 'login, get_user, …', 'login')
    .option('--identifier <text>', 'email address or user name')
    .option('--password-stdin', 'read the password from the standard input')
    .option('--code <file>', 'a file with a source to try instead of the stored one')
    .option('--case <name>', 'a stored question, instead of the other options')
    .option('--save-as <name>', 'store the question under this name')
    .option('--allow-changes', 'run a script that changes the legacy user database')
    .action(async (name: string, options: Options) => {
      const { api, terminal } = toolsOf(context, attempt);
      const query = `/api/v2/connections?name=${encodeURIComponent(name)}`;
      const [connection] = await api.get<{ id: string }[]>(query);
      if (!connection) throw new Failure(`There is no connection ${name}.`);
      const body = await bodyOf(context, options);
      const trial = await api.send<Trial>(
        'POST',
        `/api/v2/connections/${connection.id}/scripts/try`,
        body,
      );
      terminal.result(trial);
      const isGood = GOOD.has(trial.outcome);
      const why = [trial.reason, trial.code, trial.message].filter(Boolean).join(': ');
      terminal.say(
        `${isGood ? terminal.paint('green', '✓') : terminal.paint('red', '✗')} ${trial.outcome}${why ? ` (${why})` : ''}, ${trial.took_ms} ms`,
      );
      if (trial.profile) terminal.say(JSON.stringify(trial.profile, null, 2));
      for (const line of trial.console) {
        terminal.say(terminal.paint('dim', `  ${line.level}: ${line.text}`));
      }
      for (const { script, message } of trial.findings) {
        terminal.say(`  ${terminal.paint('yellow', '!')} ${script}: ${message}`);
      }
      if (!isGood) context.endWith(1);
    });
}

async function bodyOf(context: Context, options: Options): Promise<Record<string, unknown>> {
  const more = {
    ...(options.code !== undefined && { code: sourceIn(options.code) }),
    ...(options.allowChanges && { allow_changes: true }),
  };
  if (options.case !== undefined) return { case: options.case, ...more };
  if (options.identifier === undefined) {
    throw usageFailure('Add --identifier with an email address or a user name, or --case.');
  }
  const password = options.passwordStdin
    ? (await text(context.stdin)).replace(/\r?\n$/, '')
    : undefined;
  return {
    script: options.script,
    args: {
      identifier: options.identifier,
      ...(options.identifier.includes('@') && { email: options.identifier }),
      ...(password !== undefined && { password }),
    },
    ...(options.saveAs !== undefined && { save_as: options.saveAs }),
    ...more,
  };
}

function sourceIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageFailure(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
