import type { Equals, Range, SearchBound, SearchPiece } from './search-tree.ts';

/** A syntax error and its place. The parser catches it and returns it as data. */
export class SearchSyntaxError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'SearchSyntaxError';
    this.at = at;
  }
}

export type Word = { raw: string; escaped: boolean; pieces: SearchPiece[] };

/** Reads the text once, from left to right. Every function starts where the previous one stopped. */
export type Reader = {
  position(): number;
  atEnd(): boolean;
  /** Returns the next character, or an empty string at the end. */
  peek(): string;
  skipBlanks(): void;
  take(character: string): boolean;
  /** Takes AND or OR in either spelling. */
  takeOperator(kind: 'and' | 'or'): boolean;
  /** Takes `+`, `-`, `!` or NOT before a clause. */
  takeSign(): 'must' | 'not' | undefined;
  readWord(): Word;
  readPhrase(field: string | null): Equals;
  readRange(field: string): Range;
  fail(message: string, at?: number): never;
};

const OPERATORS = { and: ['AND', '&&'], or: ['OR', '||'] };
const BLANKS = new Set([' ', '\t', '\n', '\r', '\u3000', '\u00a0']);
const ENDS_WORD = new Set([...BLANKS, '(', ')', '[', ']', '{', '}', '"', ':']);
const ENDS_BOUND = new Set([...BLANKS, ']', '}', '"', '[', '{']);

export function readerOf(text: string): Reader {
  let at = 0;

  const fail = (message: string, where = at): never => {
    throw new SearchSyntaxError(message, where);
  };
  const peek = () => text[at] ?? '';
  const atEnd = () => at >= text.length;
  const skipBlanks = () => {
    while (BLANKS.has(peek())) at++;
  };
  const take = (character: string) => {
    if (atEnd() || peek() !== character) return false;
    at++;
    return true;
  };

  /** `AND` is an operator, `ANDREA` is a word. */
  const takeWord = (word: string): boolean => {
    if (!text.startsWith(word, at)) return false;
    const after = text[at + word.length] ?? ' ';
    if (/^[A-Z]/.test(word) && !BLANKS.has(after) && !'()"'.includes(after)) return false;
    at += word.length;
    return true;
  };

  const takeEscaped = (): string => {
    const escaped = text[at + 1] ?? fail('A character is missing after the backslash');
    at += 2;
    return escaped;
  };

  const readWord = (): Word => {
    const start = at;
    const pieces: SearchPiece[] = [];
    let run = '';
    let escaped = false;
    const endRun = () => {
      if (run !== '') pieces.push({ kind: 'text', text: run });
      run = '';
    };
    while (!atEnd() && !ENDS_WORD.has(peek())) {
      const character = peek();
      if (character === '\\') {
        run += takeEscaped();
        escaped = true;
        continue;
      }
      if (character === '~' || character === '^') {
        fail(`Fuzzy and boosted terms are not supported. Write \\${character} for the character`);
      }
      if (character === '*' || character === '?') {
        endRun();
        const kind = character === '*' ? 'any' : 'one';
        if (kind === 'one' || pieces.at(-1)?.kind !== 'any') pieces.push({ kind });
      } else {
        run += character;
      }
      at++;
    }
    endRun();
    if (pieces.length === 0) {
      fail(atEnd() ? 'A term is missing at the end of the search' : `Unexpected ${peek()}`);
    }
    const raw = text.slice(start, at);
    if (!escaped && ['AND', 'OR', 'NOT', '&&', '||'].includes(raw)) {
      fail(`A term is missing before ${raw}`, start);
    }
    return { raw, escaped, pieces };
  };

  const readQuoted = (): string => {
    const opened = at;
    at++;
    let value = '';
    while (!atEnd()) {
      if (peek() === '\\') {
        value += takeEscaped();
        continue;
      }
      if (take('"')) return value;
      value += peek();
      at++;
    }
    return fail('The quotes are not closed', opened);
  };

  const refuseSuffix = () => {
    if (peek() === '~' || peek() === '^') fail('Fuzzy and boosted phrases are not supported');
  };

  const readPhrase = (field: string | null): Equals => {
    const from = at;
    const value = readQuoted();
    refuseSuffix();
    return { kind: 'equals', field, value, at: from };
  };

  /** Returns `null` for `*`. */
  const readBoundValue = (): string | null => {
    skipBlanks();
    if (peek() === '"') return readQuoted();
    const start = at;
    let value = '';
    while (!atEnd() && !ENDS_BOUND.has(peek())) {
      if (peek() === '\\') {
        value += takeEscaped();
      } else {
        value += peek();
        at++;
      }
    }
    if (at === start) fail('A range needs a value or * on both sides: [a TO b]');
    return text.slice(start, at) === '*' ? null : value;
  };

  const readRange = (field: string): Range => {
    const opened = at;
    const includesFrom = take('[');
    if (!includesFrom) take('{');
    const from = readBoundValue();
    skipBlanks();
    if (!takeWord('TO')) fail('TO is missing in the range: [a TO b]');
    const to = readBoundValue();
    skipBlanks();
    const includesTo = take(']');
    if (!includesTo && !take('}')) fail('The range is not closed', opened);
    refuseSuffix();
    const bound = (value: string | null, inclusive: boolean): SearchBound =>
      value === null ? null : { value, inclusive };
    return {
      kind: 'range',
      field,
      from: bound(from, includesFrom),
      to: bound(to, includesTo),
      at: opened,
    };
  };

  return {
    position: () => at,
    atEnd,
    peek,
    skipBlanks,
    take,
    takeOperator(kind) {
      skipBlanks();
      return OPERATORS[kind].some(takeWord);
    },
    takeSign() {
      skipBlanks();
      if (take('+')) return 'must';
      if (take('-') || take('!') || takeWord('NOT')) return 'not';
      return undefined;
    },
    readWord,
    readPhrase,
    readRange,
    fail,
  };
}
