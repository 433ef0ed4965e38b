import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT, runIn, type Tree, withTree } from './planted-tree.ts';

const uses = (...targets: string[]) =>
  targets
    .map(
      (target, index) => `import { x as x${index} } from '${target}';\nconsole.log(x${index});\n`,
    )
    .join('')
    .concat('export const x = 1;\n');
const alone = 'export const x = 1;\n';

/** A small tree in our shape that breaks no rule. */
const GOOD: Tree = {
  'src/main.ts': uses('./app.ts', './config/config.ts'),
  'src/app.ts': uses(
    './config/config.ts',
    './http/management-api/management-api.ts',
    './http/hosted-pages/hosted-pages.ts',
    './http/authentication/authentication.ts',
    './worker/worker.ts',
    './flows/send-invitations/send-invitations.ts',
    './outbound/mail/mail.ts',
    './platform/tasks/tasks.ts',
  ),
  'src/cli.ts': uses('./app.ts', './cli/import-command.ts'),
  'src/cli/import-command.ts': uses('../config/config.ts'),
  'src/config/config.ts': alone,
  'src/http/management-api/management-api.ts': uses(
    'fastify',
    './users/users.ts',
    './roles/roles.ts',
    '../../platform/http/http.ts',
  ),
  'src/http/management-api/users/users.ts': uses(
    './one-user.ts',
    '../../../flows/log-in/log-in.ts',
    '../../../records/users/users.ts',
  ),
  'src/http/management-api/users/one-user.ts': uses('../roles/roles.ts'),
  'src/http/management-api/roles/roles.ts': uses('./role-wire.ts'),
  'src/http/management-api/roles/role-wire.ts': alone,
  'src/http/hosted-pages/hosted-pages.ts': uses('../../flows/log-in/log-in.ts', './login.ts'),
  'src/http/hosted-pages/login.ts': alone,
  'src/http/authentication/authentication.ts': uses('oidc-provider', 'fastify'),
  'src/worker/worker.ts': uses(
    '../flows/send-invitations/send-invitations.task.ts',
    '../platform/log/log.ts',
  ),
  'src/flows/log-in/log-in.ts': uses(
    '../send-invitations/send-invitations.task.ts',
    '../../steps/queue-mail/queue-mail.ts',
    '../../records/users/users.ts',
    '../../platform/log/log.ts',
  ),
  'src/flows/send-invitations/send-invitations.ts': uses(
    './render.ts',
    './send-invitations.task.ts',
    '../../outbound/mail/mail.ts',
    '../../records/invitations/invitations.ts',
  ),
  'src/flows/send-invitations/send-invitations.task.ts': uses('../../platform/tasks/tasks.ts'),
  'src/flows/send-invitations/render.ts': alone,
  'src/steps/queue-mail/queue-mail.ts': uses(
    './queue-mail.task.ts',
    '../../records/users/users.ts',
    '../../platform/log/log.ts',
  ),
  'src/steps/queue-mail/queue-mail.task.ts': uses('../../platform/tasks/tasks.ts'),
  'src/steps/choose-password/choose-password.ts': uses('../../records/users/users.ts'),
  'src/records/users/users.ts': uses('kysely', './user-row.ts', '../../platform/db/db.ts'),
  'src/records/users/user-row.ts': alone,
  'src/records/users/users.test.ts': uses('./users.ts', '../../../test/harness/harness.ts'),
  'src/records/invitations/invitations.ts': uses('../../platform/db/db.ts'),
  'src/outbound/social/social.ts': uses('openid-client'),
  'src/outbound/mail/mail.ts': uses('nodemailer', '../../platform/log/log.ts'),
  'src/platform/db/db.ts': uses('kysely', 'pg'),
  'src/platform/log/log.ts': alone,
  'src/platform/http/http.ts': uses('fastify', '../log/log.ts'),
  'src/platform/tasks/tasks.ts': uses('pg-boss', '../db/db.ts'),
  'test/harness/harness.ts': uses('../../src/app.ts'),
  'examples/app/app.ts': uses('openid-client'),
};

/** The rule, its planted violation, and the files: the first one is the culprit. All are planted at once, beside the good tree. */
const PLANTED: [rule: string, what: string, files: Tree][] = [
  [
    'no-cycles',
    'two files import each other',
    {
      'src/records/users/p1.ts': uses('./p2.ts'),
      'src/records/users/p2.ts': uses('./p1.ts'),
    },
  ],
  [
    'no-cycles',
    'two files know each other, one of them only by type',
    {
      'src/records/users/p3.ts': uses('./p4.ts'),
      'src/records/users/p4.ts': `import type { x as X } from './p3.ts';\nexport const x: typeof X = 1;\n`,
    },
  ],
  [
    'no-cycles',
    'three files know each other only by type',
    {
      'src/flows/log-in/p1.ts': `import type { B } from './p2.ts';\nexport type A = B | 1;\n`,
      'src/flows/log-in/p2.ts': `import type { C } from './p3.ts';\nexport type B = C | 2;\n`,
      'src/flows/log-in/p3.ts': `import type { A } from './p1.ts';\nexport type C = A | 3;\n`,
    },
  ],
  ['not-to-unresolvable', 'an import leads nowhere', { 'src/worker/p1.ts': uses('./gone.ts') }],
  [
    'platform-knows-nothing',
    'the platform imports a record',
    {
      'src/platform/log/p1.ts': uses('../../records/users/users.ts'),
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a record imports a record',
    {
      'src/records/users/p5.ts': uses('../invitations/invitations.ts'),
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a record imports a record, by type',
    {
      'src/records/users/p6.ts': `import type { x as X } from '../invitations/invitations.ts';\nexport const x: typeof X = 1;\n`,
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a record imports a flow',
    {
      'src/records/users/p7.ts': uses('../../flows/send-invitations/send-invitations.ts'),
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a door out imports a record',
    {
      'src/outbound/mail/p1.ts': uses('../../records/users/users.ts'),
    },
  ],
  [
    'directories-only-use-scripts',
    'a legacy directory imports another door out',
    {
      'src/outbound/legacy-directory/p1.ts': uses('../mail/mail.ts'),
    },
  ],
  [
    'flows-look-down-only',
    'a flow imports a door',
    {
      'src/flows/log-in/p4.ts': uses('../../http/management-api/management-api.ts'),
    },
  ],
  [
    'flows-look-down-only',
    'a flow imports the worker',
    {
      'src/flows/log-in/p5.ts': uses('../../worker/worker.ts'),
    },
  ],
  [
    'flows-do-not-call-flows',
    'a flow imports a flow',
    {
      'src/flows/log-in/p6.ts': uses('../send-invitations/send-invitations.ts'),
    },
  ],
  [
    'flows-do-not-call-flows',
    'a flow imports the inside of a flow',
    {
      'src/flows/log-in/p7.ts': uses('../send-invitations/render.ts'),
    },
  ],
  [
    'steps-look-down-only',
    'a step imports a flow',
    { 'src/steps/queue-mail/p1.ts': uses('../../flows/log-in/log-in.ts') },
  ],
  [
    'steps-look-down-only',
    "a step imports a flow's task",
    {
      'src/steps/queue-mail/p2.ts': uses('../../flows/send-invitations/send-invitations.task.ts'),
    },
  ],
  [
    'steps-do-not-call-steps',
    'a step imports a step',
    { 'src/steps/queue-mail/p3.ts': uses('../choose-password/choose-password.ts') },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a record imports a step',
    { 'src/records/users/p8.ts': uses('../../steps/queue-mail/queue-mail.ts') },
  ],
  [
    'one-public-file-per-folder',
    'a flow imports the inside of a step',
    {
      'src/flows/log-in/p11.ts': uses('../../steps/choose-password/judge.ts'),
      'src/steps/choose-password/judge.ts': alone,
      'src/steps/choose-password/p1.ts': uses('./judge.ts'),
    },
  ],
  [
    'doors-do-not-call-doors',
    'a door imports a door',
    {
      'src/http/management-api/p1.ts': uses('../hosted-pages/hosted-pages.ts'),
    },
  ],
  [
    'doors-do-not-call-doors',
    'the worker imports a door',
    {
      'src/worker/p2.ts': uses('../http/hosted-pages/hosted-pages.ts'),
    },
  ],
  [
    'one-public-file-per-folder',
    'a door imports the inside of a record',
    {
      'src/http/management-api/p2.ts': uses('../../records/users/user-row.ts'),
    },
  ],
  [
    'one-public-file-per-folder-top',
    'a file beside app.ts imports the inside of a flow',
    {
      'src/p1.ts': uses('./flows/send-invitations/render.ts'),
    },
  ],
  [
    'one-public-file-per-folder-top',
    'a file beside app.ts imports the inside of a door',
    {
      'src/p2.ts': uses('./http/management-api/users/users.ts'),
    },
  ],
  [
    'one-public-file-per-room',
    'a room imports the inside of another',
    {
      'src/http/management-api/users/p4.ts': uses('../roles/role-wire.ts'),
    },
  ],
  [
    'one-public-file-per-room-above',
    'a file of a door imports the inside of a room',
    {
      'src/http/management-api/p5.ts': uses('./roles/role-wire.ts'),
    },
  ],
  [
    'config-is-read-once',
    'a record reads the configuration',
    {
      'src/records/users/p8.ts': uses('../../config/config.ts'),
    },
  ],
  [
    'command-line-is-a-client',
    'the command line imports a flow',
    {
      'src/cli/p1.ts': uses('../flows/send-invitations/send-invitations.ts'),
    },
  ],
  [
    'sql-lives-in-records',
    'a flow imports the query builder',
    {
      'src/flows/log-in/p8.ts': uses('kysely'),
    },
  ],
  [
    'sql-lives-in-records',
    'a door imports its types',
    {
      'src/http/management-api/p3.ts': `import type { Kysely } from 'kysely';\nexport type X = Kysely<object>;\n`,
    },
  ],
  [
    'sql-lives-in-records',
    'a flow imports the queue',
    { 'src/flows/log-in/p9.ts': uses('pg-boss') },
  ],
  [
    'http-lives-in-http',
    'a flow imports the types of the web framework',
    {
      'src/flows/log-in/p10.ts': `import type { FastifyRequest } from 'fastify';\nexport type X = FastifyRequest;\n`,
    },
  ],
  [
    'openid-lives-in-authentication',
    'another door imports the OpenID Connect server',
    {
      'src/http/hosted-pages/p1.ts': uses('oidc-provider'),
    },
  ],
  [
    'mail-lives-in-outbound',
    'a flow imports the mail library',
    {
      'src/flows/send-invitations/p1.ts': uses('nodemailer'),
    },
  ],
  [
    'openid-client-lives-in-outbound',
    'a flow imports the OpenID Connect client',
    {
      'src/flows/send-invitations/p21.ts': uses('openid-client'),
    },
  ],
  [
    'examples-are-outsiders',
    'the example imports the server',
    {
      'examples/app/p1.ts': uses('../../src/app.ts'),
    },
  ],
  [
    'no-test-code-in-src',
    'the server imports the harness',
    {
      'src/worker/p3.ts': uses('../../test/harness/harness.ts'),
    },
  ],
  [
    'no-test-code-in-src',
    'the server imports a test',
    {
      'src/records/users/p9.ts': uses('./users.test.ts'),
    },
  ],
  [
    'no-development-packages-in-src',
    'the server imports a development package',
    {
      'src/worker/p4.ts': uses('selfsigned'),
    },
  ],
  ['no-orphans', 'nothing imports a file', { 'src/records/users/left-over.ts': alone }],
];

type Violation = { rule: { name: string }; from: string };

async function violationsIn(tree: Tree): Promise<Violation[]> {
  return withTree(tree, async (folder) => {
    const { stdout, stderr } = await runIn(folder, 'depcruise', [
      '--config',
      '.dependency-cruiser.mjs',
      '--output-type',
      'json',
      'src',
      'test',
      'examples',
    ]);
    if (!stdout.startsWith('{')) throw new Error(stderr);
    const result: { summary: { violations: Violation[] } } = JSON.parse(stdout);
    return result.summary.violations;
  });
}

let found: Violation[] = [];

beforeAll(async () => {
  found = await violationsIn(Object.assign({}, GOOD, ...PLANTED.map(([, , files]) => files)));
});

test('a tree in our shape breaks no rule', async () => {
  expect(await violationsIn(GOOD)).toEqual([]);
});

test.for(PLANTED)('%s fires when %s', ([rule, , files]) => {
  const fired = found
    .filter((violation) => violation.rule.name === rule)
    .map((violation) => violation.from);
  expect(fired).toContain(Object.keys(files)[0]);
});

test('no rule fires at a file of the good tree', () => {
  expect(found.filter((violation) => violation.from in GOOD)).toEqual([]);
});

test('each rule has a planted violation', () => {
  const config = readFileSync(join(ROOT, '.dependency-cruiser.mjs'), 'utf8');
  const rules = Array.from(config.matchAll(/^ {6}name: '([a-z-]+)',$/gm), ([, name]) => name);
  expect(rules.length).toBeGreaterThan(15);
  expect(new Set(PLANTED.map(([rule]) => rule))).toEqual(new Set(rules));
});
