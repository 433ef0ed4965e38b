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

/** Returns the statement without what differs from call to call: blanks, numbers of parameters, lengths of lists, literals. */
export function shapeOf(statement: string): string {
  return statement
    .replace(/\s+/g, ' ')
    .replace(/\$\d+/g, '?')
    .replace(/'[^']*'/g, "'…'")
    .replace(/\b\d+\b/g, '0')
    .replace(/\?(?:, \?)+/g, '?')
    .replace(/\(\?\)(?:, \(\?\))+/g, '(?)')
    .trim();
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

// Sent by a postgres-only test, by a database tool, or different at each call.
const NOT_COMPARED = [
  /^(?:create|drop) database /i,
  /pg_catalog|pg_stat|pg_locks|pg_backend_pid|pg_terminate_backend|pg_sleep/i,
  /tasks\.queue/i,
];

/**
 * Compares what a whole run sent to the two databases.
 * @returns each statement that only PostgreSQL got, with a file that can send it to both
 */
export function sentToPostgresOnly(
  postgres: Map<string, string[]>,
  embedded: Map<string, string[]>,
): { statement: string; files: string[] }[] {
  return [...postgres].flatMap(([statement, files]) => {
    const isCompared = !NOT_COMPARED.some((pattern) => pattern.test(statement));
    const onBoth = files.filter((file) => !file.endsWith('.postgres.test.ts'));
    const isMissing = isCompared && !embedded.has(statement) && onBoth.length > 0;
    return isMissing ? [{ statement, files: onBoth }] : [];
  });
}
