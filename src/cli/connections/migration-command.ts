import type { Command } from 'commander';
import { type Context, toolsOf } from '../context.ts';
import { findConnectionId } from '../import-command.ts';
import { counted } from '../words.ts';

const EXAMPLES = `
Examples:
  $ usher migration status                  how far the migration has come, and whose account fails
  $ usher migration finish --import job_4…  end it, if that import has brought all remaining users`;

type Progress = {
  migrated: number;
  partial: number;
  imported: number;
  remaining: number | null;
  rate: { last_hour: number; last_day: number; last_week: number };
  done_at: string | null;
  failing: { total: number; accounts: { identifier: string; reason: string; problem: string }[] };
  not_come_yet: { total: number };
  directory: { state: string; last_problem: string | null } | null;
};

/** `usher migration …` */
export function addMigrationCommand(program: Command, context: Context): void {
  const migration = program
    .command('migration')
    .summary('show and finish the move from an older user database')
    .description(
      'Shows how far the first logins and imports of a connection have come, and ends it.',
    )
    .addHelpText('after', EXAMPLES);

  const status = migration
    .command('status')
    .description('Shows the progress of a connection, and the accounts that fail.')
    .option('-c, --connection <name>', 'connection', 'Username-Password-Authentication')
    .action(async (options: { connection: string }) => {
      const { api, terminal } = toolsOf(context, status);
      const id = await findConnectionId(api, options.connection);
      const progress = await api.get<Progress>(`/api/v2/connections/${id}/migration`);
      terminal.result(progress);
      for (const line of linesOf(progress)) terminal.say(line);
    });

  const finish = migration
    .command('finish')
    .description('Ends the migration: nobody asks the older user database from now on.')
    .option('-c, --connection <name>', 'connection', 'Username-Password-Authentication')
    .option('--import <job>', 'the import of the remaining users, which must have no refused rows')
    .action(async (options: { connection: string; import?: string }) => {
      const { api, terminal } = toolsOf(context, finish);
      const id = await findConnectionId(api, options.connection);
      const progress = await api.send<Progress>(
        'POST',
        `/api/v2/connections/${id}/migration/finish`,
        options.import === undefined ? {} : { import_job_id: options.import },
      );
      terminal.result(progress);
      terminal.say(`The migration of ${options.connection} is finished.`);
      for (const line of linesOf(progress)) terminal.say(line);
    });
}

function linesOf(progress: Progress): string[] {
  const { rate, failing, directory } = progress;
  return [
    `${counted(progress.migrated, 'user')} came by a login or a reset, ${progress.imported} by imports.`,
    ...(progress.partial > 0
      ? [`${counted(progress.partial, 'user')} asked for a new password and have not chosen it.`]
      : []),
    ...(progress.remaining === null ? [] : [`${counted(progress.remaining, 'user')} remain.`]),
    `In the last hour ${rate.last_hour}, day ${rate.last_day}, week ${rate.last_week}.`,
    ...(progress.done_at === null ? [] : [`At this rate, nobody remains at ${progress.done_at}.`]),
    `${counted(progress.not_come_yet.total, 'imported user')} have not come yet.`,
    ...(directory === null ? [] : [`The older user database: ${directory.state}.`]),
    ...failing.accounts.map((each) => `  ${each.identifier}: ${each.reason}, ${each.problem}`),
  ];
}
