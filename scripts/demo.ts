import { parseArgs } from 'node:util';
import { runDemo } from './demo/run.ts';

const HELP = `npm run demo -- [options]

Starts a server, imports and invites ten thousand people with one request, and shows what happened.

  --people N   how many people (default: 10000)
  --port N     where the server listens (default: 3000, or the next free port)
  --exit       end when everything has been shown, instead of staying up
  --help       this text
`;

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '10000' },
    port: { type: 'string', default: '3000' },
    exit: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const people = Number(values.people);
const port = Number(values.port);

if (values.help) {
  process.stdout.write(HELP);
} else if (!Number.isInteger(people) || people < 1 || !Number.isInteger(port) || port < 1) {
  process.stderr.write(`--people and --port must be whole numbers above 0.\n\n${HELP}`);
  process.exitCode = 2;
} else {
  process.exitCode = await runDemo({ people, port, stay: !values.exit });
}
