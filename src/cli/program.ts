import { Command, CommanderError } from 'commander';
import { addAdminCommand } from './admin-command.ts';
import type { Context } from './context.ts';
import { addDoctorCommand } from './doctor/doctor.ts';
import { EXIT, Failure } from './failure.ts';
import { addImportCommand } from './import-command.ts';
import { addInvitationsCommand } from './invitations-command.ts';
import { addInviteCommand } from './invite-command.ts';
import { addJobsCommand } from './jobs-command.ts';
import { addMailCommand } from './mail-command.ts';
import { addMigrateCommand } from './migrate-command.ts';
import { createTerminal } from './terminal.ts';
import { addTokenCommand } from './token-command.ts';

const AFTER = `
First steps:
  $ npm run demo                                  see it all at work, with ten thousand people
  $ usher serve                                   start a server; settings come from the environment
  $ usher doctor                                  find out what is missing
  $ usher import people.csv --invite              bring people in and invite them
  $ usher help import                             more about one command, with examples

The command line talks to a server's API. It finds it and signs in by:
  USHER_URL            where the server is (default: PUBLIC_URL, else http://localhost:3000)
  USHER_CLIENT_ID      a client of the management API …
  USHER_CLIENT_SECRET  … and its secret (default: USHER_BOOTSTRAP_CLIENT_ID and _SECRET)
  USHER_TOKEN          an access token instead of these

Exit codes: 0 done, 1 failed, 2 the command was wrong, 3 done in part (some rows refused).`;

/** Every command, not yet run. */
export function createProgram(
  context: Context,
  serve: (options: { port?: string; host?: string; role?: string }) => Promise<void>,
): Command {
  const terminal = createTerminal({ ...context, json: false });
  const program = new Command('usher')
    .description(
      'Usher: an identity server for people who arrive, by import, by invitation, or by their first login.',
    )
    .option('--url <url>', 'where the server is')
    .option('--client-id <id>', 'client of the management API')
    .option('--client-secret <secret>', 'its secret; better set USHER_CLIENT_SECRET')
    .option('--token <token>', 'an access token instead of a client')
    .option('--json', 'one JSON value on stdout, no progress bars')
    .version(context.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help, with examples')
    .addHelpText('after', AFTER)
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (text) => terminal.paint('bold', text),
      styleSubcommandText: (text) => terminal.paint('cyan', text),
      styleOptionText: (text) => terminal.paint('cyan', text),
      styleArgumentText: (text) => terminal.paint('yellow', text),
    })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('Add --help for what is possible.')
    .exitOverride();

  program.commandsGroup('Run a server:');
  program
    .command('serve')
    .summary('start the server')
    .description(
      'Starts the server and its workers. All settings come from the environment: see .env.example.',
    )
    .option('--port <port>', 'instead of PORT')
    .option('--host <host>', 'instead of HOST')
    .option('--role <role>', 'all, web or worker, instead of ROLE')
    .action(serve);
  addMigrateCommand(program, context);
  addAdminCommand(program, context);
  addDoctorCommand(program, context);

  program.commandsGroup('Bring people in:');
  addImportCommand(program, context);
  addInviteCommand(program, context);
  addInvitationsCommand(program, context);
  addJobsCommand(program, context);
  addMailCommand(program, context);
  addTokenCommand(program, context);
  return program;
}

/** Runs the command in `argv` (without node and script) and returns the exit code. */
export async function run(
  context: Omit<Context, 'endWith'>,
  argv: string[],
  serve: Parameters<typeof createProgram>[1],
): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram(
    {
      ...context,
      endWith: (code) => {
        exitCode = code;
      },
    },
    serve,
  );
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 || argv.length === 0 ? EXIT.ok : EXIT.usage;
    }
    if (!(error instanceof Failure)) throw error;
    const terminal = createTerminal({
      stdout: context.stderr,
      stderr: context.stderr,
      json: false,
    });
    const json = argv.includes('--json');
    if (json) {
      const body = { error: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
      context.stderr.write(`${JSON.stringify(body)}\n`);
    } else {
      terminal.note(`${terminal.paint('red', '✗')} ${error.message}`);
      if (error.hint !== undefined) terminal.note(`  ${terminal.paint('dim', `→ ${error.hint}`)}`);
    }
    return error.exitCode;
  }
}
