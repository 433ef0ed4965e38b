import { createApp } from './app.ts';
import { readConfig } from './config/config.ts';
import { writeForOwnerOnly } from './platform/data-folder/data-folder.ts';
import { describeStartProblem } from './platform/start-problem/start-problem.ts';

writeForOwnerOnly();

function refuseToStart(error: unknown): never {
  console.error(describeStartProblem(error) ?? error);
  process.exit(1);
}

const outcome = readConfig(process.env);
if (outcome.kind === 'wrong') {
  console.error(
    `Usher cannot start. Correct ${outcome.problems.length === 1 ? 'this setting' : `these ${outcome.problems.length} settings`}:`,
  );
  for (const problem of outcome.problems) console.error(`  - ${problem}`);
  process.exit(2);
}

const app = await createApp(outcome.config).catch(refuseToStart);
// A promise that nobody awaits has failed. The server must keep serving everybody else.
process.on('unhandledRejection', (err) => app.deps.log.error({ err }, 'an unhandled failure'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    app.stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
const { url, firstAdministrator, mailboxLink } = await app.start().catch(refuseToStart);
console.log(`Usher is at ${url}`);
if (mailboxLink !== null) {
  console.log(`
No mail server is set (SMTP_URL), so the development mailbox keeps all mails. This link opens it. Keep it secret, because the mails give access to accounts:

  ${mailboxLink}
`);
}
if (firstAdministrator !== null) {
  const { email, link, expiresAt } = firstAdministrator;
  const until = expiresAt.toISOString().slice(0, 16).replace('T', ' ');
  console.log(`
This server has no administrator yet. Open this link to become the first one, as ${email}. Keep it secret.
It works once, until ${until} UTC. After that, a restart prints a new link.

  ${link}
`);
}
