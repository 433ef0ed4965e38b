import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, runIn, type Tree, withTree } from './planted-tree.ts';

const uses = (...targets: string[]) =>
  targets
    .map(
      (target, index) => `import { x as x${index} } from '${target}';\nconsole.log(x${index});\n`,
    )
    .join('')
    .concat('export const x = 1;\n');
const alone = 'export const x = 1;\n';

/** A small tree in our shape that breaks nothing. Every planted violation is one change to it. */
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
    './users.ts',
    '../../platform/http/http.ts',
  ),
  'src/http/management-api/users.ts': uses(
    '../../flows/log-in/log-in.ts',
    '../../records/users/users.ts',
  ),
  'src/http/hosted-pages/hosted-pages.ts': uses('../../flows/log-in/log-in.ts', './login.ts'),
  'src/http/hosted-pages/login.ts': alone,
  'src/http/authentication/authentication.ts': uses('oidc-provider', 'fastify'),
  'src/worker/worker.ts': uses(
    '../flows/send-invitations/send-invitations.task.ts',
    '../platform/log/log.ts',
  ),
  'src/flows/log-in/log-in.ts': uses(
    '../send-invitations/send-invitations.task.ts',
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
  'src/records/users/users.ts': uses('kysely', './user-row.ts', '../../platform/db/db.ts'),
  'src/records/users/user-row.ts': alone,
  'src/records/users/users.test.ts': uses('./users.ts', '../../../test/harness/harness.ts'),
  'src/records/invitations/invitations.ts': uses('../../platform/db/db.ts'),
  'src/outbound/mail/mail.ts': uses('nodemailer', '../../platform/log/log.ts'),
  'src/platform/db/db.ts': uses('kysely', 'pg'),
  'src/platform/log/log.ts': alone,
  'src/platform/http/http.ts': uses('fastify', '../log/log.ts'),
  'src/platform/tasks/tasks.ts': uses('pg-boss', '../db/db.ts'),
  'test/harness/harness.ts': uses('../../src/app.ts'),
  'examples/app/app.ts': uses('openid-client'),
};

/** What to plant for each rule; several where a rule forbids several things. */
const PLANTED: [rule: string, what: string, change: Tree][] = [
  [
    'no-cycles',
    'two files import each other',
    {
      'src/records/users/user-row.ts': uses('./users.ts'),
    },
  ],
  [
    'no-cycles',
    'two files know each other, one of them only by type',
    {
      'src/records/users/user-row.ts': `import type { x as X } from './users.ts';\nexport const x: typeof X = 1;\n`,
    },
  ],
  [
    'no-cycles',
    'three files know each other only by type',
    {
      'src/flows/send-invitations/render.ts': `import type { x as X } from './a.ts';\nexport type Y = typeof X;\nexport const x = 1;\n`,
      'src/flows/send-invitations/a.ts': `import type { Z } from './b.ts';\nexport const x: Z = 1;\n`,
      'src/flows/send-invitations/b.ts': `import type { Y } from './render.ts';\nexport type Z = Y;\n`,
    },
  ],
  ['not-to-unresolvable', 'an import leads nowhere', { 'src/worker/worker.ts': uses('./gone.ts') }],
  [
    'platform-knows-nothing',
    'the platform imports a record',
    {
      'src/platform/log/log.ts': uses('../../records/users/users.ts'),
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a record imports a record',
    {
      'src/records/users/users.ts': uses('../invitations/invitations.ts'),
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a record imports a record, by type',
    {
      'src/records/users/users.ts': `import type { x as X } from '../invitations/invitations.ts';\nexport const x: typeof X = 1;\n`,
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a record imports a flow',
    {
      'src/records/users/users.ts': uses('../../flows/send-invitations/send-invitations.ts'),
    },
  ],
  [
    'records-and-outbound-only-use-platform',
    'a door out imports a record',
    {
      'src/outbound/mail/mail.ts': uses('../../records/users/users.ts'),
    },
  ],
  [
    'flows-look-down-only',
    'a flow imports a door',
    {
      'src/flows/log-in/log-in.ts': uses('../../http/management-api/management-api.ts'),
    },
  ],
  [
    'flows-look-down-only',
    'a flow imports the worker',
    {
      'src/flows/log-in/log-in.ts': uses('../../worker/worker.ts'),
    },
  ],
  [
    'flows-do-not-call-flows',
    'a flow imports a flow',
    {
      'src/flows/log-in/log-in.ts': uses('../send-invitations/send-invitations.ts'),
    },
  ],
  [
    'flows-do-not-call-flows',
    'a flow imports the inside of a flow',
    {
      'src/flows/log-in/log-in.ts': uses('../send-invitations/render.ts'),
    },
  ],
  [
    'doors-do-not-call-doors',
    'a door imports a door',
    {
      'src/http/management-api/users.ts': uses('../hosted-pages/hosted-pages.ts'),
    },
  ],
  [
    'doors-do-not-call-doors',
    'the worker imports a door',
    {
      'src/worker/worker.ts': uses('../http/hosted-pages/hosted-pages.ts'),
    },
  ],
  [
    'one-public-file-per-folder',
    'a door imports the inside of a record',
    {
      'src/http/management-api/users.ts': uses('../../records/users/user-row.ts'),
    },
  ],
  [
    'one-public-file-per-folder-top',
    'app.ts imports the inside of a flow',
    {
      'src/app.ts': `${GOOD['src/app.ts']}import './flows/send-invitations/render.ts';\n`,
    },
  ],
  [
    'one-public-file-per-folder-top',
    'app.ts imports the inside of a door',
    {
      'src/app.ts': `${GOOD['src/app.ts']}import './http/management-api/users.ts';\n`,
    },
  ],
  [
    'config-is-read-once',
    'a record reads the configuration',
    {
      'src/records/users/users.ts': uses('../../config/config.ts'),
    },
  ],
  [
    'command-line-is-a-client',
    'the command line imports a flow',
    {
      'src/cli/import-command.ts': uses('../flows/send-invitations/send-invitations.ts'),
    },
  ],
  [
    'sql-lives-in-records',
    'a flow imports the query builder',
    {
      'src/flows/log-in/log-in.ts': uses('kysely'),
    },
  ],
  [
    'sql-lives-in-records',
    'a door imports its types',
    {
      'src/http/management-api/users.ts': `import type { Kysely } from 'kysely';\nexport type X = Kysely<object>;\n`,
    },
  ],
  [
    'sql-lives-in-records',
    'a flow imports the queue',
    { 'src/flows/log-in/log-in.ts': uses('pg-boss') },
  ],
  [
    'http-lives-in-http',
    'a flow imports the web framework',
    {
      'src/flows/log-in/log-in.ts': `import type { FastifyRequest } from 'fastify';\nexport type X = FastifyRequest;\n`,
    },
  ],
  [
    'openid-lives-in-authentication',
    'another door imports the OpenID Connect server',
    {
      'src/http/hosted-pages/login.ts': uses('oidc-provider'),
    },
  ],
  [
    'mail-lives-in-outbound',
    'a flow imports the mail library',
    {
      'src/flows/send-invitations/send-invitations.ts': uses('nodemailer'),
    },
  ],
  [
    'examples-are-outsiders',
    'the example imports the server',
    {
      'examples/app/app.ts': uses('../../src/app.ts'),
    },
  ],
  [
    'no-test-code-in-src',
    'the server imports the harness',
    {
      'src/worker/worker.ts': uses('../../test/harness/harness.ts'),
    },
  ],
  [
    'no-test-code-in-src',
    'the server imports a test',
    {
      'src/records/users/users.ts': uses('./users.test.ts'),
    },
  ],
  [
    'no-development-packages-in-src',
    'the server imports a development package',
    {
      'src/worker/worker.ts': uses('selfsigned'),
    },
  ],
  ['no-orphans', 'nothing imports a file', { 'src/records/users/left-over.ts': alone }],
];

async function rulesFired(tree: Tree): Promise<string[]> {
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
    const result: { summary: { violations: { rule: { name: string } }[] } } = JSON.parse(stdout);
    return [...new Set(result.summary.violations.map((one) => one.rule.name))];
  });
}

describe.concurrent('who may import whom', () => {
  test('a tree in our shape breaks no rule', async () => {
    expect(await rulesFired(GOOD)).toEqual([]);
  });

  test.for(PLANTED)('%s fires when %s', async ([rule, , change]) => {
    expect(await rulesFired({ ...GOOD, ...change })).toContain(rule);
  });

  test('each rule has a planted violation', async () => {
    const config = readFileSync(join(ROOT, '.dependency-cruiser.mjs'), 'utf8');
    const rules = Array.from(config.matchAll(/^ {6}name: '([a-z-]+)',$/gm), ([, name]) => name);
    expect(rules.length).toBeGreaterThan(15);
    expect(new Set(PLANTED.map(([rule]) => rule))).toEqual(new Set(rules));
  });
});
