import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { writeForOwnerOnly } from '../platform/data-folder/data-folder.ts';
import { type Context, toolsOf } from './context.ts';
import { EXIT, Failure } from './failure.ts';
import { reportingStartProblems } from './start-failure.ts';
import { counted } from './words.ts';

/** `usher migrate` */
export function addMigrateCommand(program: Command, context: Context): void {
  const command = program
    .command('migrate')
    .summary('apply the migrations to the database')
    .description(
      'Applies the pending migrations to the database at DATABASE_URL, or to the embedded one in DATA_DIR. The server does the same when it starts. If the user of the server may not change tables, run this command first.',
    )
    .action(() =>
      reportingStartProblems(async () => {
        const { terminal } = toolsOf(context, command);
        writeForOwnerOnly();
        const outcome = readConfig(context.env);
        if (outcome.kind === 'wrong') {
          throw new Failure(`The settings are not valid: ${outcome.problems.join(' ')}`, {
            exitCode: EXIT.usage,
          });
        }
        const { config } = outcome;
        // Imported late, so that other commands do not load the library of the database.
        const { openDatabase } = await import('../platform/db/db.ts');
        const database = await openDatabase({
          url: config.databaseUrl,
          dataDir: join(config.dataDir, 'db'),
        });
        try {
          const applied = await database.migrate();
          terminal.result({ applied });
          terminal.say(
            applied.length === 0
              ? 'The database is up to date.'
              : `Applied ${counted(applied.length, 'migration')}: ${applied.join(', ')}`,
          );
        } finally {
          await database.close();
        }
      }),
    );
}
