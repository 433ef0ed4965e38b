import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { writeForOwnerOnly } from '../platform/data-folder/data-folder.ts';
import { type Context, toolsOf } from './context.ts';
import { EXIT, Failure } from './failure.ts';
import { openingHere } from './start-failure.ts';
import { counted } from './words.ts';

/** `usher migrate` */
export function addMigrateCommand(program: Command, context: Context): void {
  const command = program
    .command('migrate')
    .summary('bring the database up to date')
    .description(
      'Applies the migrations that the database of DATABASE_URL (or the embedded one in DATA_DIR) has not seen. The server does the same when it starts; run this first where it may not change tables.',
    )
    .action(() =>
      openingHere(async () => {
        const { terminal } = toolsOf(context, command);
        writeForOwnerOnly();
        const outcome = readConfig(context.env);
        if (outcome.kind === 'wrong') {
          throw new Failure(
            `There is something wrong in the settings: ${outcome.problems.join(' ')}`,
            {
              exitCode: EXIT.usage,
            },
          );
        }
        const { config } = outcome;
        // Only now: other commands need not wait for the database's library.
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
