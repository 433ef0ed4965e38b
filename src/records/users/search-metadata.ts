import { type SqlBool, sql } from 'kysely';
import {
  type SearchBound,
  type SearchPiece,
  UnsearchableError,
} from '../../platform/search-query/search-query.ts';
import { type Condition, type Field, requireSelectivePattern } from './search-fields.ts';

const PATH = /^(app_metadata|user_metadata)\.(.+)$/s;
const MAX_LEVELS = 10;
const NUMBER = /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?$/;

/**
 * Returns `app_metadata.a.b` as a field, or `null` for other names. Conditions are SQL/JSON paths passed as values. Their lax mode looks
 * into arrays, and the column's index serves their `==`.
 */
export function metadataField(name: string, at: number): Field | null {
  const [, column, rest] = PATH.exec(name) ?? [];
  if (column === undefined || rest === undefined) return wholeColumn(name);
  const keys = rest.split('.');
  if (keys.length > MAX_LEVELS || keys.includes('')) {
    throw new UnsearchableError(`${name} is not a path to metadata`, at);
  }
  const path = `$.${keys.map(quoted).join('.')}`;
  const stored = sql.ref(`users.${column}`);
  const matches = (condition: string): Condition =>
    sql<SqlBool>`${stored} @@ ${condition}::jsonpath`;
  const finds = (filter: string): Condition =>
    sql<SqlBool>`${stored} @? ${`${path}[*] ? (${filter})`}::jsonpath`;
  return {
    // null, [] and {} count as absent.
    exists: finds('@.type() != "null" && (@.type() != "object" || exists(@.keyvalue()))'),
    equals: (value) =>
      matches(
        literals(value)
          .map((literal) => `${path} == ${literal}`)
          .join(' || '),
      ),
    pattern(pieces, where) {
      refuseOnUserMetadata(column, 'Wildcards', where);
      requireSelectivePattern(pieces, where);
      return finds(like(pieces));
    },
    range(from, to, where) {
      refuseOnUserMetadata(column, 'Ranges', where);
      return finds(between(from, to));
    },
  };
}

function wholeColumn(name: string): Field | null {
  if (name !== 'app_metadata' && name !== 'user_metadata') return null;
  const refuse = (at: number): never => {
    throw new UnsearchableError(`${name} needs a path, such as ${name}.plan`, at);
  };
  return {
    exists: sql`${sql.ref(`users.${name}`)} <> '{}'::jsonb`,
    equals: (_value, at) => refuse(at),
    pattern: (_pieces, at) => refuse(at),
    range: (_from, _to, at) => refuse(at),
  };
}

function refuseOnUserMetadata(column: string, what: string, at: number): void {
  if (column !== 'user_metadata') return;
  throw new UnsearchableError(`${what} are not supported for user_metadata`, at);
}

/** Returns a value's possible forms in the metadata: text, and the number or boolean it can be read as. */
function literals(value: string): string[] {
  const typed = value === 'true' || value === 'false' || NUMBER.test(value);
  return typed ? [quoted(value), value] : [quoted(value)];
}

/** Compares numbers if both bounds are numbers, else text in character order. */
function between(from: SearchBound, to: SearchBound): string {
  const bounds = [from, to].filter((bound) => bound !== null);
  const numeric = bounds.every((bound) => NUMBER.test(bound.value));
  const literal = (value: string) => (numeric ? value : quoted(value));
  const parts = [
    ...(from ? [`@ ${from.inclusive ? '>=' : '>'} ${literal(from.value)}`] : []),
    ...(to ? [`@ ${to.inclusive ? '<=' : '<'} ${literal(to.value)}`] : []),
  ];
  return parts.length === 0 ? '@ != null' : parts.join(' && ');
}

function like(pieces: SearchPiece[]): string {
  const [first, second, ...more] = pieces;
  if (first?.kind === 'text' && second?.kind === 'any' && more.length === 0) {
    return `@ starts with ${quoted(first.text)}`;
  }
  const pattern = pieces
    .map((piece) =>
      piece.kind === 'any'
        ? '.*'
        : piece.kind === 'one'
          ? '.'
          : piece.text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&'),
    )
    .join('');
  return `@ like_regex ${quoted(`^${pattern}$`)} flag "s"`;
}

/** Quotes a string or key inside a path. The path language has JSON's escapes (SQL/JSON, ISO 9075-2). */
function quoted(text: string): string {
  return JSON.stringify(text);
}
