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

  In a pipeline: exits with 1 if there is a problem
    $ usher doctor --json`;

/** `usher doctor` */
export function addDoctorCommand(program: Command, context: Context): void {
  const command = program
    .command('doctor')
    .summary('check an installation')
    .description(
      'Checks settings, folders, database, email, sender, address, clock and applications, and prints how to solve each problem. It writes nothing. Run it with the environment of the server. To check another server, set USHER_URL or --url.',
    )
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { terminal, access } = toolsOf(context, command);
      // Imported late, so that other commands do not load the library of the database.
      const [{ checkDatabase, checkDataFolder, checkNode }, network, sender, { checkServer }] =
        await Promise.all([
          import('./machine.ts'),
          import('./network.ts'),
          import('./sender.ts'),
          import('./server.ts'),
        ]);
      const findings: Finding[] = [];
      const tell = (...found: Finding[]) => {
        for (const finding of found) {
          findings.push(finding);
          tellFinding(terminal, finding);
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
        // An address given by option or USHER_URL takes precedence over PUBLIC_URL.
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

/** Returns the verdict. All checks passed only if none was skipped and none found anything. */
function verdictOn(findings: Finding[]) {
  const count = (state: Finding['state']) =>
    findings.filter((finding) => finding.state === state).length;
  const bad = count('bad');
  const warnings = count('warning');
  const skipped = count('skipped');
  const toLookAt = warnings > 0 ? [counted(warnings, 'warning')] : [];
  if (bad > 0) {
    const text = [counted(bad, 'problem'), ...toLookAt].join(', ');
    return { ok: false, text: `${text}.`, color: 'red' } as const;
  }
  const open = skipped > 0 ? [`${counted(skipped, 'check')} skipped`] : [];
  const text = ['No problems', ...toLookAt, ...open].join(', ');
  return warnings + skipped > 0
    ? ({ ok: true, text: `${text}.`, color: 'yellow' } as const)
    : ({ ok: true, text: 'All checks passed.', color: 'green' } as const);
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
