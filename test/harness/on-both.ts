/**
 * The tests that run on PostgreSQL and on the embedded database. Together they send every statement of Usher to both: a whole run of
 * `npm test` fails and names the file to add if one is missing (docs/decisions/0034-tests-on-both-databases.md). All other tests run on
 * PostgreSQL alone; `npm run test:both` runs everything on both.
 */
export const ON_BOTH: string[] = ['test/**/*.test.ts'];
