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
  console.error(`Usher can't start. ${outcome.problems.length} setting(s) to mend:`);
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
No mail server is set (SMTP_URL), so mails are kept here. Whoever has this link can read them, and use the links in them:

  ${mailboxLink}
`);
}
if (firstAdministrator !== null) {
  const { email, link, expiresAt } = firstAdministrator;
  const until = expiresAt.toISOString().slice(0, 16).replace('T', ' ');
  console.log(`
This server has no administrator yet. Whoever opens this link becomes one, as ${email}.
It works once, until ${until} UTC; after that a restart prints a new one.

  ${link}
`);
}
