import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { writeForOwnerOnly } from '../platform/data-folder/data-folder.ts';
import { type Context, toolsOf } from './context.ts';
import { EXIT, Failure } from './failure.ts';
import { reportingStartProblems } from './start-failure.ts';

type Administration = Awaited<ReturnType<typeof import('../app.ts')['openAdministration']>>;

const WHERE =
  'This command opens the database directly, with the settings of the server (DATABASE_URL or DATA_DIR, USHER_SECRET, PUBLIC_URL). No credential of the API can do this. If you use the embedded database, stop the server first.';

/** `usher admin …`: manages the administrators of the console, from the machine of the server. */
export function addAdminCommand(program: Command, context: Context): void {
  const admin = program
    .command('admin')
    .summary('manage administrators of the console')
    .description(`Manages administrators of the console. ${WHERE}`);

  const invite = admin
    .command('invite <email>')
    .summary('print a link for a new administrator, or for one who lost the password')
    .description(
      `Prints a link that sets a password and makes its reader an administrator. The link works once, for 24 hours. An existing administrator can set a new password with it. ${WHERE}`,
    )
    .action((email: string) =>
      inDatabase(context, async (administration) => {
        const { terminal } = toolsOf(context, invite);
        const link = await administration.appoint(email);
        if (link === null) {
          throw new Failure(`${email} is not an email address.`, { exitCode: EXIT.usage });
        }
        terminal.result({
          email: link.email,
          link: link.link,
          expires_at: link.expiresAt.toISOString(),
          new: link.isNew,
        });
        const until = link.expiresAt.toISOString().slice(0, 16).replace('T', ' ');
        terminal.say(
          link.isNew
            ? `This link makes its reader an administrator of this server, as ${link.email}.`
            : `${link.email} is already an administrator. This link sets a new password.`,
        );
        terminal.say(`It works once, until ${until} UTC.\n\n  ${link.link}\n`);
      }),
    );

  const list = admin
    .command('list')
    .summary('list administrators')
    .description(`Lists the administrators of the console. ${WHERE}`)
    .action(() =>
      inDatabase(context, async (administration) => {
        const { terminal } = toolsOf(context, list);
        const all = await administration.list();
        terminal.result(
          all.map((administrator) => ({
            email: administrator.email,
            role: administrator.role,
            state: administrator.hasPassword ? 'active' : 'invited',
            last_login: administrator.lastLogin?.toISOString() ?? null,
          })),
        );
        if (all.length === 0) terminal.say('There are no administrators.');
        for (const { email, role, hasPassword } of all) {
          terminal.say(`${email ?? '(no address)'}  ${role}${hasPassword ? '' : ', invited'}`);
        }
      }),
    );

  const remove = admin
    .command('remove <email>')
    .summary('remove an administrator')
    .description(
      `Removes an administrator and their account. Their session in the console ends at once. ${WHERE}`,
    )
    .action((email: string) =>
      inDatabase(context, async (administration) => {
        const { terminal } = toolsOf(context, remove);
        if (!(await administration.dismiss(email))) {
          throw new Failure(`${email} is not an administrator.`, {
            hint: '`usher admin list` shows all administrators.',
          });
        }
        terminal.result({ removed: email });
        terminal.say(`${email} is no longer an administrator.`);
      }),
    );
}

async function inDatabase(
  context: Context,
  work: (administration: Administration) => Promise<void>,
): Promise<void> {
  writeForOwnerOnly();
  const outcome = readConfig(context.env);
  if (outcome.kind === 'wrong') {
    throw new Failure(`The settings are not valid: ${outcome.problems.join(' ')}`, {
      exitCode: EXIT.usage,
    });
  }
  // Imported late, so that other commands do not load all modules of the server.
  const { openAdministration } = await import('../app.ts');
  await reportingStartProblems(async () => {
    const administration = await openAdministration(outcome.config);
    try {
      await work(administration);
    } finally {
      await administration.close();
    }
  });
}
