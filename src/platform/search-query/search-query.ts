import { type Reader, readerOf, SearchSyntaxError } from './reader.ts';
import type { SearchPiece, SearchQuery, SearchTerm } from './search-tree.ts';

export type { SearchBound, SearchPiece, SearchQuery, SearchTerm } from './search-tree.ts';

export type ParsedSearch =
  | { kind: 'query'; query: SearchQuery }
  /** `message` is for people. `at` is the character index, from 0. */
  | { kind: 'invalid'; message: string; at: number };

/** A search as conditions of a store, or the problem as data. */
export type CompiledSearch<T> =
  | { kind: 'ready'; where: T }
  | Extract<ParsedSearch, { kind: 'invalid' }>;

/** A store's functions that build a condition from each kind of node. */
export type SearchStore<T> = {
  all(): T;
  and(parts: T[]): T;
  or(parts: T[]): T;
  /** Also true for rows without a value: a user without a name does not have that name. */
  not(part: T): T;
  /** Fields to search for a term without a field. */
  unnamed: readonly string[];
  /**
   *
   * @throws UnsearchableError if the store cannot search for the term
   */
  term(field: string, term: SearchTerm): T;
};

/** Thrown by a store for a term that it cannot search for. `at` is the character index, from 0. */
export class UnsearchableError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'UnsearchableError';
    this.at = at;
  }
}

export const MAX_SEARCH_LENGTH = 4096;
const MAX_DEPTH = 32;
const MAX_TERMS = 100;
const MAX_WILDCARDS = 10;

type Occurrence = 'should' | 'must' | 'not';
type Clause = { occurrence: Occurrence; node: SearchQuery };
type State = { reader: Reader; terms: number };
type Context = { depth: number; field: string | null };

/**
 * Parses the subset of Lucene's query syntax for user searches: `field:value`, phrases, ranges, wildcards, `_exists_:field`, AND, OR, NOT
 * (and `&&`, `||`, `!`), `+`, `-`, parentheses also after a field, and escapes with a backslash. NOT binds tighter than AND, AND tighter
 * than OR. Terms side by side are alternatives unless one of them has a `+`, and a `-` or NOT among them excludes. Blank text matches
 * everything. Time and memory grow with the length, which is bounded, as are nesting and the number of terms.
 */
export function parseSearchQuery(text: string): ParsedSearch {
  if (text.length > MAX_SEARCH_LENGTH) {
    return invalid(`The search is longer than ${MAX_SEARCH_LENGTH} characters`, MAX_SEARCH_LENGTH);
  }
  const nul = text.indexOf('\0');
  if (nul !== -1) return invalid('The search contains a NUL character', nul);
  if (!text.isWellFormed()) return invalid('The search is not valid Unicode', 0);
  const state: State = { reader: readerOf(text), terms: 0 };
  try {
    state.reader.skipBlanks();
    if (state.reader.atEnd()) return { kind: 'query', query: { kind: 'all' } };
    const query = parseClauses(state, { depth: 0, field: null });
    if (!state.reader.atEnd()) state.reader.fail(`Unexpected ${state.reader.peek()}`);
    return { kind: 'query', query };
  } catch (error) {
    if (error instanceof SearchSyntaxError) return invalid(error.message, error.at);
    throw error;
  }
}

/** Parses a search as {@link parseSearchQuery} does and compiles it to a store's condition. */
export function compileSearch<T>(text: string, store: SearchStore<T>): CompiledSearch<T> {
  const parsed = parseSearchQuery(text);
  if (parsed.kind === 'invalid') return parsed;
  try {
    return { kind: 'ready', where: compile(parsed.query, store) };
  } catch (error) {
    if (!(error instanceof UnsearchableError)) throw error;
    return { kind: 'invalid', message: error.message, at: error.at };
  }
}

function compile<T>(query: SearchQuery, store: SearchStore<T>): T {
  switch (query.kind) {
    case 'all':
      return store.all();
    case 'and':
      return store.and(query.parts.map((part) => compile(part, store)));
    case 'or':
      return store.or(query.parts.map((part) => compile(part, store)));
    case 'not':
      return store.not(compile(query.part, store));
    default:
      if (query.field !== null) return store.term(query.field, query);
      return store.or(store.unnamed.map((name) => store.term(name, query)));
  }
}

function invalid(message: string, at: number): Extract<ParsedSearch, { kind: 'invalid' }> {
  return { kind: 'invalid', message, at };
}

/** Parses clauses side by side, up to the end or a closing parenthesis. */
function parseClauses(state: State, context: Context): SearchQuery {
  const { reader } = state;
  if (context.depth > MAX_DEPTH)
    reader.fail(`The search is nested deeper than ${MAX_DEPTH} levels`);
  const clauses: Clause[] = [];
  for (;;) {
    clauses.push(parseAlternatives(state, context));
    reader.skipBlanks();
    if (reader.atEnd() || reader.peek() === ')') return combined(clauses);
  }
}

function combined(clauses: Clause[]): SearchQuery {
  const of = (wanted: Occurrence) =>
    clauses.filter((clause) => clause.occurrence === wanted).map((clause) => clause.node);
  const must = of('must');
  const wanted = must.length > 0 ? must : group('or', of('should'));
  const unwanted = of('not').map((part): SearchQuery => ({ kind: 'not', part }));
  const [only, ...more] = [...wanted, ...unwanted];
  if (only === undefined) return { kind: 'all' };
  return more.length === 0 ? only : { kind: 'and', parts: [only, ...more] };
}

function group(kind: 'and' | 'or', parts: SearchQuery[]): SearchQuery[] {
  return parts.length > 1 ? [{ kind, parts }] : parts;
}

function parseAlternatives(state: State, context: Context): Clause {
  return parseJoined(state, 'or', () =>
    parseJoined(state, 'and', () => parseClause(state, context, 0)),
  );
}

function parseJoined(state: State, kind: 'and' | 'or', next: () => Clause): Clause {
  const first = next();
  const parts = [first];
  while (state.reader.takeOperator(kind)) parts.push(next());
  if (parts.length === 1) return first;
  return { occurrence: 'should', node: { kind, parts: parts.map(plain) } };
}

/** Among operators a `+` has no effect, and a `-` is a NOT. */
function plain({ occurrence, node }: Clause): SearchQuery {
  return occurrence === 'not' ? { kind: 'not', part: node } : node;
}

function parseClause(state: State, context: Context, signs: number): Clause {
  const { reader } = state;
  if (signs > MAX_DEPTH) reader.fail('Too many signs before one term');
  const sign = reader.takeSign();
  if (sign === undefined) return { occurrence: 'should', node: parsePrimary(state, context) };
  const inner = parseClause(state, context, signs + 1);
  if (sign === 'must') return inner.occurrence === 'not' ? inner : { ...inner, occurrence: 'must' };
  return { occurrence: 'not', node: plain(inner) };
}

function parsePrimary(state: State, context: Context): SearchQuery {
  const { reader } = state;
  reader.skipBlanks();
  const at = reader.position();
  if (reader.take('(')) return parseGroup(state, context, at);
  if (reader.peek() === '"') return count(state, reader.readPhrase(context.field));
  if (context.field !== null && (reader.peek() === '[' || reader.peek() === '{')) {
    return count(state, reader.readRange(context.field));
  }
  const word = reader.readWord();
  if (!reader.take(':')) {
    if (!word.escaped && /^(?:and|or|not)$/.test(word.raw)) {
      reader.fail(`Write operators in capitals: ${word.raw.toUpperCase()}`, at);
    }
    return count(state, termOf(state, context.field, word.pieces, at));
  }
  return parseField(state, { ...context, field: fieldName(reader, word.pieces, at) }, at);
}

/** Parses the part after the colon. */
function parseField(state: State, context: Context & { field: string }, at: number): SearchQuery {
  const { reader } = state;
  const { field } = context;
  reader.skipBlanks();
  if (field === '_exists_') {
    const from = reader.position();
    const named = reader.peek() === '"' ? reader.readPhrase(null).value : undefined;
    const name = named ?? fieldName(reader, reader.readWord().pieces, from);
    return count(state, { kind: 'exists', field: name, at: from });
  }
  if (reader.take('(')) return parseGroup(state, context, at);
  if (reader.peek() === '"') return count(state, reader.readPhrase(field));
  if (reader.peek() === '[' || reader.peek() === '{') return count(state, reader.readRange(field));
  if (reader.atEnd()) reader.fail(`A value is missing after ${field}:`);
  if (reader.peek() === '/') {
    reader.fail('Regular expressions are not supported. Put a value that begins with / in quotes');
  }
  const from = reader.position();
  const { pieces } = reader.readWord();
  if (reader.peek() === ':') {
    reader.fail('Write a colon inside a value as \\:, or put the value in quotes');
  }
  if (field === '*' && isOnlyAny(pieces)) return count(state, { kind: 'all' });
  return count(state, termOf(state, field, pieces, from));
}

function parseGroup(state: State, context: Context, opened: number): SearchQuery {
  const { reader } = state;
  reader.skipBlanks();
  if (reader.peek() === ')') reader.fail('A term is missing between the parentheses');
  const inner = parseClauses(state, { ...context, depth: context.depth + 1 });
  if (!reader.take(')')) reader.fail('This parenthesis is not closed', opened);
  return inner;
}

function termOf(
  state: State,
  field: string | null,
  pieces: SearchPiece[],
  at: number,
): SearchQuery {
  if (isOnlyAny(pieces)) return field === null ? { kind: 'all' } : { kind: 'exists', field, at };
  const [first, ...more] = pieces;
  if (first?.kind === 'text' && more.length === 0) {
    return { kind: 'equals', field, value: first.text, at };
  }
  if (pieces.filter((piece) => piece.kind !== 'text').length > MAX_WILDCARDS) {
    state.reader.fail(`A term has more than ${MAX_WILDCARDS} wildcards`, at);
  }
  return { kind: 'pattern', field, pieces, at };
}

function isOnlyAny(pieces: SearchPiece[]): boolean {
  return pieces.length > 0 && pieces.every((piece) => piece.kind === 'any');
}

function fieldName(reader: Reader, pieces: SearchPiece[], at: number): string {
  const [first, ...more] = pieces;
  if (first?.kind === 'text' && more.length === 0) return first.text;
  if (isOnlyAny(pieces)) return '*';
  return reader.fail('The name of a field cannot have wildcards', at);
}

function count<T extends SearchQuery>(state: State, term: T): T {
  state.terms++;
  if (state.terms > MAX_TERMS) state.reader.fail(`The search has more than ${MAX_TERMS} terms`);
  return term;
}
