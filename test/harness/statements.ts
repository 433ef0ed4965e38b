import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';

// Which statements the tests sent to which database. PostgreSQL gets every test, the embedded database only those that send it each
// statement at least once: docs/decisions/0034-tests-on-both-databases.md.

export type Kind = 'postgres' | 'embedded';

const FOLDER = join(import.meta.dirname, '../../test-results/statements');
const sent = new Set<string>();

/** Notes each statement that this process sends from now on. */
export function watchStatements(): void {
  watch(pg.Client.prototype, 'query');
  watch(PGlite.prototype, 'query');
  watch(PGlite.prototype, 'exec');
}

function watch(prototype: object, name: string): void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function' || Reflect.has(original, 'isWatched')) return;
  const watched = function (this: unknown, ...args: unknown[]) {
    const text = textOf(args[0]);
    if (text !== null) sent.add(shapeOf(text));
    return original.apply(this, args);
  };
  Reflect.set(prototype, name, Object.assign(watched, { isWatched: true }));
}

function textOf(query: unknown): string | null {
  if (typeof query === 'string') return query;
  const isObject = typeof query === 'object' && query !== null;
  return isObject && 'text' in query && typeof query.text === 'string' ? query.text : null;
}

/**
 * Returns the shape of a statement, without the parts that differ from call to call: blanks, parameters, literals, and the columns of
 * statements that the query builder made.
 */
export function shapeOf(statement: string): string {
  const text = statement
    .replace(/\s+/g, ' ')
    .replace(/\$\d+/g, '?')
    .replace(/'[^']*'/g, "'…'")
    .replace(/\b\d+\b/g, '0')
    .trim();
  if (!text.includes('"'))
    return text.replace(/\?(?:, \?)+/g, '?').replace(/\(\?\)(?:, \(\?\))+/g, '(?)');
  const table = text.match(/(?:from|into|update|join) "(\w+)"/)?.[1] ?? '';
  const words = text.replace(/"[^"]*"/g, '#').match(/[\w@<>=!|:&~*#-]+/g) ?? [];
  return `${table}: ${[...new Set(words)].sort().join(' ')}`;
}

/** Forgets what an earlier run sent to this kind of database. */
export function forgetStatements(kind: Kind): void {
  rmSync(join(FOLDER, kind), { recursive: true, force: true });
}

/** Writes down what the tests of this file sent. */
export function noteStatements(kind: Kind, file: string): void {
  mkdirSync(join(FOLDER, kind), { recursive: true });
  const name = file.slice(file.lastIndexOf('/test/') + 6).replaceAll('/', '--');
  writeFileSync(join(FOLDER, kind, `${name}.json`), JSON.stringify([...sent]));
  sent.clear();
}

/** Returns the statements of the last run, each with the files that sent it. */
export function statementsSent(kind: Kind): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of readdirSync(join(FOLDER, kind))) {
    const statements: string[] = JSON.parse(readFileSync(join(FOLDER, kind, name), 'utf8'));
    const file = `test/${name.replaceAll('--', '/').replace(/\.json$/, '')}`;
    for (const each of statements) found.set(each, [...(found.get(each) ?? []), file]);
  }
  return found;
}

// Statements of the harness, or different at each call.
const NOT_COMPARED = [
  /^(?:create|drop|alter) (?:database|role|schema) /i,
  /pg_catalog|pg_stat|pg_locks|pg_backend_pid|pg_terminate_backend|pg_sleep/i,
  /tasks\.queue/i,
  /^select \(?(?:select )?count\(\*\)/,
];

/**
 * Compares what a whole run sent to the two databases.
 * @param textOf returns the source of a test file; a statement that begins as one in the test is the test's own
 * @returns each statement that only PostgreSQL got, with a file that can send it to both
 */
export function sentToPostgresOnly(
  postgres: Map<string, string[]>,
  embedded: Map<string, string[]>,
  textOf: (file: string) => string,
): { statement: string; file: string }[] {
  return [...postgres].flatMap(([statement, files]) => {
    const isCompared = !NOT_COMPARED.some((pattern) => pattern.test(statement));
    if (!isCompared || embedded.has(statement)) return [];
    const beginning = statement.split(/\?|'…'/, 1)[0]?.trim() ?? '';
    const [file] = files.filter(
      (each) => !each.endsWith('.postgres.test.ts') && !textOf(each).includes(beginning),
    );
    return file === undefined ? [] : [{ statement, file }];
  });
}
