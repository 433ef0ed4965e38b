import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { writeForOwnerOnly } from '../platform/data-folder/data-folder.ts';
import { type Context, toolsOf } from './context.ts';
import { EXIT, Failure } from './failure.ts';
import { openingHere } from './start-failure.ts';

type Administration = Awaited<ReturnType<typeof import('../app.ts')['openAdministration']>>;

const WHERE =
  'Works on the database itself, with the settings of the server (DATABASE_URL or DATA_DIR, USHER_SECRET, PUBLIC_URL): no credential of the API can do this. With the embedded database, stop the server first.';

/** `usher admin …`: who may use the console, for whoever has the machine. */
export function addAdminCommand(program: Command, context: Context): void {
  const admin = program
    .command('admin')
    .summary('who may use the console')
    .description(`Administrators of the console. ${WHERE}`);

  const invite = admin
    .command('invite <email>')
    .summary('print a link for a new administrator, or one whose password is lost')
    .description(
      `Prints a link with which somebody sets a password and is an administrator, for a day and one use. Who is one already gets a new password by it. ${WHERE}`,
    )
    .action((email: string) =>
      inDatabase(context, async (administration) => {
        const { terminal } = toolsOf(context, invite);
        const link = await administration.appoint(email);
        if (link === null) {
          throw new Failure(`${email} is no e-mail address.`, { exitCode: EXIT.usage });
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
            ? `Whoever opens this link administers this server, as ${link.email}.`
            : `${link.email} administers this server. Whoever opens this link sets their new password.`,
        );
        terminal.say(`It works once, until ${until} UTC.\n\n  ${link.link}\n`);
      }),
    );

  const list = admin
    .command('list')
    .summary('list administrators')
    .description(`Lists who may use the console. ${WHERE}`)
    .action(() =>
      inDatabase(context, async (administration) => {
        const { terminal } = toolsOf(context, list);
        const all = await administration.list();
        terminal.result(
          all.map((one) => ({
            email: one.email,
            role: one.role,
            state: one.hasPassword ? 'active' : 'invited',
            last_login: one.lastLogin?.toISOString() ?? null,
          })),
        );
        if (all.length === 0) terminal.say('There are no administrators.');
        for (const { email, role, hasPassword } of all) {
          terminal.say(
            `${email ?? '(no address)'}  ${role}${hasPassword ? '' : ', has not come yet'}`,
          );
        }
      }),
    );

  const remove = admin
    .command('remove <email>')
    .summary('end somebody’s right to administer')
    .description(
      `Removes an administrator with their account; they are out of the console at once. ${WHERE}`,
    )
    .action((email: string) =>
      inDatabase(context, async (administration) => {
        const { terminal } = toolsOf(context, remove);
        if (!(await administration.dismiss(email))) {
          throw new Failure(`There is no administrator ${email}.`, {
            hint: 'usher admin list shows who there is.',
          });
        }
        terminal.result({ removed: email });
        terminal.say(`${email} administers this server no more.`);
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
    throw new Failure(`There is something wrong in the settings: ${outcome.problems.join(' ')}`, {
      exitCode: EXIT.usage,
    });
  }
  // Only now: other commands need not wait for the whole server's modules.
  const { openAdministration } = await import('../app.ts');
  await openingHere(async () => {
    const administration = await openAdministration(outcome.config);
    try {
      await work(administration);
    } finally {
      await administration.close();
    }
  });
}
