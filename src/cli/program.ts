import { Command, CommanderError } from 'commander';
import { addAdminCommand } from './admin-command.ts';
import { addConnectionsCommand, addMigrationCommand } from './connections/connections.ts';
import type { Context } from './context.ts';
import { addDoctorCommand } from './doctor/doctor.ts';
import { EXIT, Failure } from './failure.ts';
import { addImportCommand } from './import-command.ts';
import { addInvitationsCommand } from './invitations-command.ts';
import { addInviteCommand } from './invite/invite.ts';
import { addJobsCommand } from './jobs-command.ts';
import { addMailCommand } from './mail-command.ts';
import { addMigrateCommand } from './migrate-command.ts';
import { createTerminal } from './terminal.ts';
import { addTokenCommand } from './token-command.ts';

const AFTER = `
First steps:
  $ npm run demo                                  run a demo with 10,000 users
  $ usher serve                                   start a server with the settings of the environment
  $ usher doctor                                  check the installation
  $ usher import people.csv --invite              import users and invite them
  $ usher help import                             show one command, with examples

The commands call the management API. These variables set the server and the credentials:
  USHER_URL            address of the server (default: PUBLIC_URL, otherwise http://localhost:3000)
  USHER_CLIENT_ID      client ID (default: USHER_BOOTSTRAP_CLIENT_ID)
  USHER_CLIENT_SECRET  client secret (default: USHER_BOOTSTRAP_CLIENT_SECRET)
  USHER_TOKEN          access token, instead of a client

Exit codes: 0 done, 1 failed, 2 the command was wrong, 3 partly done (some rows were refused).`;

/** Returns the program with all commands. It does not run them. */
export function createProgram(
  context: Context,
  serve: (options: { port?: string; host?: string; role?: string }) => Promise<void>,
): Command {
  const terminal = createTerminal({ ...context, json: false });
  const program = new Command('usher')
    .description(
      'Usher is an identity server for users who arrive by import, by invitation or by their first login.',
    )
    .option('--url <url>', 'address of the server')
    .option('--client-id <id>', 'client of the management API')
    .option('--client-secret <secret>', 'client secret; USHER_CLIENT_SECRET is safer')
    .option('--token <token>', 'access token, instead of a client')
    .option('--json', 'print one JSON value to stdout, without progress bars')
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
    .showHelpAfterError('Add --help to see all options.')
    .exitOverride();

  program.commandsGroup('Run a server:');
  program
    .command('serve')
    .summary('start the server')
    .description(
      'Starts the server and its workers. All settings come from the environment. .env.example lists them.',
    )
    .option('--port <port>', 'port, instead of PORT')
    .option('--host <host>', 'host, instead of HOST')
    .option('--role <role>', 'role (all, web or worker), instead of ROLE')
    .action(serve);
  addMigrateCommand(program, context);
  addAdminCommand(program, context);
  addDoctorCommand(program, context);

  program.commandsGroup('Import and invite users:');
  addImportCommand(program, context);
  addInviteCommand(program, context);
  addInvitationsCommand(program, context);
  addJobsCommand(program, context);
  addMailCommand(program, context);
  addConnectionsCommand(program, context);
  addMigrationCommand(program, context);
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
