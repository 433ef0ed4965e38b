/**
 * Who may import whom. Read top to bottom: a tier may import only tiers below it.
 *
 *   main, app, cli  >  http, worker  >  flows  >  steps  >  records, outbound  >  platform
 *
 * Each rule's comment says what to do when it fires. test/architecture plants a violation of each and sees it fire.
 */
const tests = '[.]test[.]ts$';
const top = '(app|main|cli)[.]ts|cli/';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Move the shared thing to a lower tier, or merge the two files. Type-only cycles count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'The import leads nowhere: mend the path, or add the package to package.json.',
      severity: 'error',
      // The page of this example imports by an address of its own server.
      from: { pathNot: '^examples/own-form/join[.]js$' },
      to: { couldNotResolve: true },
    },
    {
      name: 'platform-knows-nothing',
      comment:
        'platform/ has no idea what a user is. Pass the value in, or move the code up to records/.',
      severity: 'error',
      from: { path: '^src/platform/', pathNot: tests },
      to: { path: '^src/', pathNot: '^src/platform/' },
    },
    {
      name: 'records-and-outbound-only-use-platform',
      comment:
        'A record owns its own tables. To combine two records, write a flow. Only a legacy directory may run scripts.',
      severity: 'error',
      from: {
        path: '^src/(records|outbound)/([^/]+)/',
        pathNot: [tests, '^src/outbound/legacy-directory/'],
      },
      to: { path: '^src/', pathNot: ['^src/platform/', '^src/$1/$2/'] },
    },
    {
      name: 'directories-only-use-scripts',
      comment: 'A legacy directory may run scripts of the connection. It uses no other door out.',
      severity: 'error',
      from: { path: '^src/outbound/legacy-directory/', pathNot: tests },
      to: {
        path: '^src/',
        pathNot: ['^src/platform/', '^src/outbound/(legacy-directory/|scripts/scripts[.]ts$)'],
      },
    },
    {
      name: 'flows-look-down-only',
      comment:
        'A flow may use records, outbound and platform. It never sees HTTP, the worker or config.',
      severity: 'error',
      from: { path: '^src/flows/', pathNot: tests },
      to: { path: `^src/(http|worker|config|${top})` },
    },
    {
      name: 'flows-do-not-call-flows',
      comment: "Enqueue the other flow's task instead: only its *.task.ts may be imported.",
      severity: 'error',
      from: { path: '^src/flows/([^/]+)/', pathNot: tests },
      to: { path: '^src/flows/', pathNot: ['^src/flows/$1/', '[.]task[.]ts$'] },
    },
    {
      name: 'steps-look-down-only',
      comment:
        'A step may use records, outbound and platform. A task that it enqueues is defined in its own folder.',
      severity: 'error',
      from: { path: '^src/steps/', pathNot: tests },
      to: { path: `^src/(http|worker|config|flows|${top})` },
    },
    {
      name: 'steps-do-not-call-steps',
      comment:
        'Flows put steps together. What two steps share is one step, or belongs to a record.',
      severity: 'error',
      from: { path: '^src/steps/([^/]+)/', pathNot: tests },
      to: { path: '^src/steps/', pathNot: '^src/steps/$1/' },
    },
    {
      name: 'doors-do-not-call-doors',
      comment:
        'Management API, hosted pages, OAuth and worker meet only in app.ts. Share code through flows or platform/http; the types of what one door gives another are in http/seams.',
      severity: 'error',
      from: { path: '^src/(http/[^/]+|worker)/', pathNot: tests },
      to: { path: `^src/(http|worker|config|${top})`, pathNot: ['^src/$1/', '^src/http/seams/'] },
    },
    {
      name: 'one-public-file-per-folder',
      comment:
        "From outside, import only <folder>/<folder>.ts (or a flow's *.task.ts). Everything else in the folder is private.",
      severity: 'error',
      from: { path: '^src/([^/]+/[^/]+)/', pathNot: tests },
      to: {
        path: '^src/(?:flows|steps|records|outbound|platform)/([^/]+)/(?!\\1[.]ts$).+',
        pathNot: ['^src/$1/', '[.]task[.]ts$'],
      },
    },
    {
      name: 'one-public-file-per-folder-top',
      comment: 'Same rule for app.ts, main.ts, cli.ts and worker/; doors too have one public file.',
      severity: 'error',
      from: { path: '^src/([^/]+[.]ts|worker/[^/]+)$' },
      to: {
        path: '^src/(?:flows|steps|records|outbound|platform|http)/([^/]+)/(?!\\1[.]ts$).+',
        pathNot: '[.]task[.]ts$',
      },
    },
    {
      name: 'one-public-file-per-room',
      comment:
        'A room is a folder inside a folder, such as http/management-api/users. From outside, import only <room>/<room>.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+/[^/]+/[^/]+)/', pathNot: tests },
      to: { path: '^src/[^/]+/[^/]+/([^/]+)/(?!\\1[.]ts$).+[.]ts$', pathNot: '^src/$1/' },
    },
    {
      name: 'one-public-file-per-room-above',
      comment: 'Same rule for the files beside the rooms.',
      severity: 'error',
      from: { path: '^src/[^/]+/[^/]+/[^/]+$', pathNot: tests },
      to: { path: '^src/[^/]+/[^/]+/([^/]+)/(?!\\1[.]ts$).+[.]ts$' },
    },
    {
      name: 'config-is-read-once',
      comment:
        'Only main.ts, app.ts and cli see config/. Others receive the values they need as arguments.',
      severity: 'error',
      from: { path: '^src/', pathNot: [`^src/(${top})`, '^src/config/'] },
      to: { path: '^src/config/' },
    },
    {
      name: 'command-line-is-a-client',
      comment:
        'The command line talks to a server over its API like anybody, or starts one through app.ts.',
      severity: 'error',
      from: { path: '^src/cli([.]ts$|/)', pathNot: tests },
      to: { path: '^src/(http|worker|flows|steps|records|outbound)/' },
    },
    {
      name: 'sql-lives-in-records',
      comment:
        'Only records/ and platform/db, platform/tasks may import the database libraries. Scripts and directories of operators get `pg` for databases of their own.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^src/(records|platform/(db|tasks)|outbound/(scripts/bridges|legacy-directory/sql))/',
          tests,
        ],
      },
      to: { path: 'node_modules/(kysely|pg|pg-boss|@electric-sql)/' },
    },
    {
      name: 'http-lives-in-http',
      comment: 'Only http/ and platform/http may import the web framework.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(http|platform/http)/', tests] },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'openid-lives-in-authentication',
      comment: 'Only http/authentication may import the OpenID Connect server.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/http/authentication/' },
      to: { path: 'node_modules/(oidc-provider|@types/oidc-provider)/' },
    },
    {
      name: 'mail-lives-in-outbound',
      comment: 'Only outbound/mail may import the mail library.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/outbound/mail/', tests] },
      to: { path: 'node_modules/(nodemailer|@types/nodemailer)/' },
    },
    {
      name: 'openid-client-lives-in-outbound',
      comment: 'Only outbound/social may import the OpenID Connect client.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/outbound/social/', tests] },
      to: { path: 'node_modules/(openid-client|oauth4webapi)/' },
    },
    {
      name: 'examples-are-outsiders',
      comment:
        'An example is what a customer would write: it knows the server by its protocols only.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(src|test|bench|scripts)/' },
    },
    {
      name: 'no-test-code-in-src',
      comment:
        'Production code never imports test/, bench/, scripts/, examples/ or a *.test.ts file.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: ['^(test|bench|scripts|examples)/', tests] },
    },
    {
      name: 'no-development-packages-in-src',
      comment: 'What the server needs belongs in "dependencies" of package.json.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this file. Delete it.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '[.]d[.]ts$',
          tests,
          '^src/(main|cli)[.]ts$',
          '^src/http/.+/assets/',
          '^(bench|scripts|examples)/',
          // Programs of isolates, which are read as text.
          '^src/outbound/scripts/(modules/)?(inside|bundles)/',
          // Contracts that come before those who keep them.
          '^src/outbound/legacy-directory/legacy-directory[.]ts$',
        ],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: '^(test/fixtures|bench/results|src/outbound/scripts/modules/(inside|bundles))/',
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
