import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { type Access, requestToken } from './api.ts';
import { type Context, toolsOf } from './context.ts';
import type { Finding } from './doctor-checks.ts';
import { EXIT, Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  Before the first start, with the settings the server will have
    $ usher doctor

  In a health check of a pipeline: ends with 1 if something is wrong
    $ usher doctor --json`;

/** `usher doctor` */
export function addDoctorCommand(program: Command, context: Context): void {
  const command = program
    .command('doctor')
    .summary('find out what is wrong with an installation')
    .description(
      'Looks at settings, database, mail, address, clock and folders, and says what to do about what is wrong. Run it with the environment the server has.',
    )
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { terminal, access } = toolsOf(context, command);
      // Only now: other commands need not wait for the database's library.
      const { checkDatabase, checkDataFolder, checkMail, checkNode, checkPublicUrl } = await import(
        './doctor-checks.ts'
      );
      const findings: Finding[] = [];
      const tell = (...found: Finding[]) => {
        for (const one of found) {
          findings.push(one);
          tellFinding(terminal, one);
        }
      };

      tell(checkNode(process.version));
      const outcome = readConfig(context.env);
      if (outcome.kind === 'wrong') {
        tell(
          ...outcome.problems.map(
            (problem): Finding => ({
              what: 'Settings',
              state: 'bad',
              found: problem,
              advice: 'README.md and .env.example list every setting.',
            }),
          ),
        );
      } else {
        const { config } = outcome;
        tell({ what: 'Settings', state: 'good', found: 'complete and consistent' });
        tell(await checkDataFolder(config.dataDir));
        tell(...(await checkDatabase(config)));
        tell(await checkMail(config.smtpUrl));
        tell(...(await checkPublicUrl(config.publicUrl, config.production)));
        tell(await checkAccess(access));
      }

      const bad = findings.filter((one) => one.state === 'bad').length;
      terminal.result({ ok: bad === 0, findings });
      terminal.say();
      terminal.say(
        bad === 0
          ? terminal.paint('green', 'All is well.')
          : terminal.paint('red', `${bad} thing${bad === 1 ? '' : 's'} to mend.`),
      );
      context.endWith(bad === 0 ? EXIT.ok : EXIT.failed);
    });
}

async function checkAccess(access: Access): Promise<Finding> {
  const what = 'API client';
  if (access.clientId === undefined || access.clientSecret === undefined) {
    return { what, state: 'skipped', found: 'USHER_CLIENT_ID and USHER_CLIENT_SECRET are not set' };
  }
  try {
    await requestToken(access, {});
    return { what, state: 'good', found: `${access.clientId} gets a token` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { what, state: 'bad', found: error.message, ...(error.hint && { advice: error.hint }) };
  }
}

function tellFinding(terminal: Terminal, finding: Finding): void {
  const mark = {
    good: terminal.paint('green', '✓'),
    warning: terminal.paint('yellow', '!'),
    bad: terminal.paint('red', '✗'),
    skipped: terminal.paint('dim', '–'),
  }[finding.state];
  terminal.say(`${mark} ${finding.what.padEnd(12)} ${finding.found}`);
  if (finding.advice !== undefined) {
    terminal.say(`  ${' '.repeat(12)} ${terminal.paint('dim', `→ ${finding.advice}`)}`);
  }
}
