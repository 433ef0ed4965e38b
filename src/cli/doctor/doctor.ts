import type { Command } from 'commander';
import { readConfig } from '../../config/config.ts';
import { createApi } from '../api.ts';
import { type Context, type GlobalOptions, toolsOf } from '../context.ts';
import { EXIT } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { counted } from '../words.ts';
import type { Finding } from './finding.ts';

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
      'Looks at settings, folders, database, mail, sender, address, clock and applications, and says what to do about what is wrong. It writes nothing. Run it with the environment the server has; USHER_URL or --url points at another server.',
    )
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { terminal, access } = toolsOf(context, command);
      // Only now: other commands need not wait for the database's library.
      const [{ checkDatabase, checkDataFolder, checkNode }, network, sender, { checkServer }] =
        await Promise.all([
          import('./machine.ts'),
          import('./network.ts'),
          import('./sender.ts'),
          import('./server.ts'),
        ]);
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
        const { mailFrom, production } = config;
        const sends = config.smtpUrl !== undefined;
        tell(await checkDataFolder(config));
        tell(...(await checkDatabase(config)));
        tell(await network.checkMail(config.smtpUrl));
        const lookup = sender.createLookup(config.dnsServers);
        tell(await sender.checkSender(lookup, { mailFrom, sends, production }));
        const certificate = await network.checkCertificate(config);
        if (certificate !== null) tell(certificate);
        // Where somebody points at a server, that one is meant, wherever this command runs.
        const isPointedAt = command.optsWithGlobals<GlobalOptions>().url ?? context.env.USHER_URL;
        const url = isPointedAt?.trim() ? access.url : config.publicUrl;
        tell(...(await network.checkPublicUrl(url, production)));
        tell(...(await checkServer({ ...access, url }, createApi({ ...access, url }))));
      }

      const { ok, text, color } = verdictOn(findings);
      terminal.result({ ok, findings });
      terminal.say();
      terminal.say(terminal.paint(color, text));
      context.endWith(ok ? EXIT.ok : EXIT.failed);
    });
}

/** What it comes to: all is well only where everything was looked at and nothing was found. */
function verdictOn(findings: Finding[]) {
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  const bad = count('bad');
  const warnings = count('warning');
  const skipped = count('skipped');
  const toLookAt = warnings > 0 ? [`${counted(warnings, 'thing')} to look at`] : [];
  if (bad > 0) {
    const text = [`${counted(bad, 'thing')} to mend`, ...toLookAt].join(', ');
    return { ok: false, text: `${text}.`, color: 'red' } as const;
  }
  const open = skipped > 0 ? [`${skipped} not looked at`] : [];
  const text = ['Nothing must be mended', ...toLookAt, ...open].join(', ');
  return warnings + skipped > 0
    ? ({ ok: true, text: `${text}.`, color: 'yellow' } as const)
    : ({ ok: true, text: 'All is well.', color: 'green' } as const);
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
