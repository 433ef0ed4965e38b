import { defineConfig } from 'vitest/config';
import { ON_BOTH } from './test/harness/on-both.ts';

const common = {
  pool: 'forks',
  // A process for each file would start the application and its database's WebAssembly cold two hundred times.
  isolate: false,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  teardownTimeout: 30_000,
} as const;

// `.postgres.test.ts` marks what only real PostgreSQL can show, such as true concurrency.
const throughTheFrontDoor = 'test/**/*.test.ts';
const architecture = 'test/architecture/**/*.test.ts';
// Official packages and tools look at the wire, which is the same on both: one database is enough.
const official = [
  'test/sdk/!(seed-steps).test.ts',
  'test/tools/**',
  'test/branding/*in-a-browser.test.ts',
];

const embedded = {
  ...common,
  // Node can crash when it frees WebAssembly of databases that were closed while a thread still optimized it (nodejs/node#64500).
  execArgv: ['--liftoff-only'],
  exclude: [architecture, 'test/**/*.postgres.test.ts', ...official],
  globalSetup: ['test/harness/embedded-setup.ts'],
  setupFiles: ['test/harness/each-file.ts'],
};

// What breaks first, in under a minute: for work in between (`npm run test:fast`).
const firstToBreak = [
  'test/authentication/login.test.ts',
  'test/management-api/users.test.ts',
  'test/imports/users-imports.test.ts',
  'test/invitations/invitations.test.ts',
  'test/hosted-pages/invitation.test.ts',
  'test/sessions/sessions.test.ts',
  'test/start/start-page.test.ts',
];

export default defineConfig({
  test: {
    // Twice the cores: many tests wait, for mails, for leases, for a second to pass.
    maxWorkers: 4,
    // The usual reporter names every test that is slower: only those worth a look.
    slowTestThreshold: 10_000,
    projects: [
      { test: { ...common, name: 'unit', include: ['src/**/*.test.ts', 'examples/**/*.test.ts'] } },
      {
        test: {
          ...common,
          name: 'postgres',
          include: [throughTheFrontDoor],
          exclude: [architecture],
          globalSetup: ['test/harness/postgres-setup.ts'],
          setupFiles: ['test/harness/each-file.ts'],
        },
      },
      { test: { ...embedded, name: 'embedded', include: ON_BOTH } },
      // All that can run there, for `npm run test:both`.
      { test: { ...embedded, name: 'embedded-all', include: [throughTheFrontDoor] } },
      {
        test: {
          ...common,
          name: 'fast',
          include: firstToBreak,
          globalSetup: ['test/harness/postgres-setup.ts'],
          setupFiles: ['test/harness/each-file.ts'],
        },
      },
      { test: { ...common, name: 'architecture', include: [architecture] } },
    ],
  },
});
