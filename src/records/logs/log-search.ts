import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { dateConditions, folded } from '../../platform/db/db.ts';
import {
  compileSearch,
  type SearchBound,
  type SearchPiece,
  type SearchTerm,
  UnsearchableError,
} from '../../platform/search-query/search-query.ts';

export type Condition = RawBuilder<SqlBool>;

/** A parsed search. */
export type LogSearch = { where: Condition };

export type Prepared =
  | { kind: 'ready'; search: LogSearch }
  /** `message` is for people. `at` is the character index, from 0. */
  | { kind: 'invalid'; message: string; at: number };

type Text = RawBuilder<string>;
type Field = { kind: 'exact' | 'folded'; column: Text } | { kind: 'date'; column: Text };

const exact = (name: string): Field => ({ kind: 'exact', column: sql.ref(`logs.${name}`) });
const inAnyCase = (name: string): Field => ({
  kind: 'folded',
  column: folded(sql.ref(`logs.${name}`)),
});

const FIELDS: ReadonlyMap<string, Field> = new Map([
  ['log_id', exact('log_id')],
  ['type', exact('type')],
  ['user_id', exact('user_id')],
  ['user_name', inAnyCase('user_name')],
  ['client_id', exact('client_id')],
  ['client_name', inAnyCase('client_name')],
  ['connection', inAnyCase('connection')],
  ['connection_id', exact('connection_id')],
  ['organization_id', exact('organization_id')],
  ['organization_name', inAnyCase('organization_name')],
  ['ip', exact('ip')],
  ['hostname', inAnyCase('hostname')],
  ['strategy', exact('strategy')],
  ['strategy_type', exact('strategy_type')],
  ['audience', exact('audience')],
  ['scope', exact('scope')],
  ['description', inAnyCase('description')],
  ['user_agent', inAnyCase('user_agent')],
  ['date', { kind: 'date', column: sql.ref('logs.date') }],
]);

/** Fields to search for a term without a field. */
const DEFAULT_FIELDS = [
  'user_id',
  'user_name',
  'client_id',
  'client_name',
  'connection',
  'ip',
  'type',
];

/** Parses `q`, Lucene's syntax over the fields of log entries. Values become parameters, never SQL. */
export function prepareLogQuery(q: string): Prepared {
  const compiled = compileSearch<Condition>(q, {
    all: () => sql`true`,
    and: (parts) => joined(parts, 'and'),
    or: (parts) => joined(parts, 'or'),
    not: (part) => sql`(${part}) is not true`,
    unnamed: DEFAULT_FIELDS,
    term: (name, term) => onField(fieldOf(name, term.at), term),
  });
  if (compiled.kind === 'invalid') return compiled;
  return { kind: 'ready', search: { where: compiled.where } };
}

function fieldOf(name: string, at: number): Field {
  const field = FIELDS.get(name);
  if (field) return field;
  const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  throw new UnsearchableError(
    `${shown} is not a searchable field. The fields are ${[...FIELDS.keys()].join(', ')}`,
    at,
  );
}

function onField(field: Field, term: SearchTerm): Condition {
  if (term.kind === 'exists') return sql`${field.column} is not null`;
  if (field.kind === 'date') return onDate(field.column, term);
  const value = (text: string): Text =>
    field.kind === 'folded' ? folded(sql`${text}::text`) : sql<string>`${text}::text`;
  switch (term.kind) {
    case 'equals':
      return sql`${field.column} = ${value(term.value)}`;
    case 'pattern':
      return sql`${field.column} like ${value(likePattern(term.pieces))}`;
    case 'range':
      return between(field.column, term.from, term.to, (bound) => value(bound));
  }
}

function onDate(column: Text, term: Exclude<SearchTerm, { kind: 'exists' }>): Condition {
  const { equals, range } = dateConditions(column, 'date');
  switch (term.kind) {
    case 'equals':
      return equals(term.value, term.at);
    case 'range':
      return range(term.from, term.to, term.at);
    case 'pattern':
      throw new UnsearchableError('Wildcards are not supported for date', term.at);
  }
}

function between(
  column: Text,
  from: SearchBound,
  to: SearchBound,
  value: (bound: string) => Text,
): Condition {
  const parts: Condition[] = [];
  if (from) parts.push(sql`${column} ${sql.raw(from.inclusive ? '>=' : '>')} ${value(from.value)}`);
  if (to) parts.push(sql`${column} ${sql.raw(to.inclusive ? '<=' : '<')} ${value(to.value)}`);
  return parts.length === 0 ? sql`${column} is not null` : joined(parts, 'and');
}

function likePattern(pieces: SearchPiece[]): string {
  return pieces
    .map((piece) =>
      piece.kind === 'text' ? escaped(piece.text) : piece.kind === 'any' ? '%' : '_',
    )
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

function joined(parts: Condition[], by: 'and' | 'or'): Condition {
  return sql`(${sql.join(parts, by === 'and' ? sql` and ` : sql` or `)})`;
}

const MOST_CLAUSES = 20;
const OLD_NAMES = new Map([
  ['application', 'client_name'],
  ['user', 'user_name'],
]);
const STARTS: readonly string[] = ['client_name', 'connection', 'user_name'];

/**
 * Parses `search`: words and `field:word`, all of which must match. A word matches the start of the value, in quotes the whole value, in
 * any case.
 */
export function prepareLogSearch(text: string): Prepared {
  const plain = text.replaceAll('\0', '').toWellFormed();
  const clauses = [...plain.matchAll(/(?:(\w+):)?(?:"([^"]*)"|([^\s"]+))/g)];
  if (clauses.length > MOST_CLAUSES) {
    return { kind: 'invalid', message: `search has more than ${MOST_CLAUSES} words`, at: 0 };
  }
  try {
    const parts = clauses.map(({ 1: name, 2: whole, 3: start, index }) => {
      const fields = name === undefined ? STARTS : [OLD_NAMES.get(name) ?? name];
      const value = whole ?? start ?? '';
      return joined(
        fields.map((field): Condition => {
          const { column, kind } = fieldOf(field, index);
          if (kind === 'date')
            throw new UnsearchableError('search does not support date. Use q', index);
          const stored = kind === 'folded' ? column : folded(column);
          return whole === undefined
            ? sql`${stored} like ${folded(sql`${`${escaped(value)}%`}::text`)}`
            : sql`${stored} = ${folded(sql`${value}::text`)}`;
        }),
        'or',
      );
    });
    return {
      kind: 'ready',
      search: { where: parts.length === 0 ? sql`true` : joined(parts, 'and') },
    };
  } catch (error) {
    if (!(error instanceof UnsearchableError)) throw error;
    return { kind: 'invalid', message: error.message, at: error.at };
  }
}
