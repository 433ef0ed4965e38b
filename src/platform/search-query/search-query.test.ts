import { describe, expect, it } from 'vitest';
import { parseSearchQuery, type SearchQuery } from './search-query.ts';

/** Returns the tree in a short notation. */
function drawn(text: string): string {
  const parsed = parseSearchQuery(text);
  return parsed.kind === 'query' ? draw(parsed.query) : `${parsed.at}: ${parsed.message}`;
}

function draw(query: SearchQuery): string {
  switch (query.kind) {
    case 'all':
      return 'all';
    case 'and':
    case 'or':
      return `${query.kind}(${query.parts.map(draw).join(', ')})`;
    case 'not':
      return `not(${draw(query.part)})`;
    case 'exists':
      return `${query.field}?`;
    case 'equals':
      return `${query.field ?? ''}=${query.value}`;
    case 'pattern':
      return `${query.field ?? ''}~${query.pieces
        .map((piece) => (piece.kind === 'text' ? piece.text : piece.kind === 'any' ? '%' : '_'))
        .join('')}`;
    case 'range': {
      const { from, to } = query;
      return `${query.field}${from?.inclusive ? '[' : '{'}${from?.value ?? ''},${to?.value ?? ''}${to?.inclusive ? ']' : '}'}`;
    }
  }
}

describe('a search query', () => {
  it.each([
    ['', 'all'],
    [' * ', 'all'],
    ['a', '=a'],
    ['f:a', 'f=a'],
    ['f: a', 'f=a'],
    ['f:"a b"', 'f=a b'],
    ['f:""', 'f='],
    ['f:"a\\"*"', 'f=a"*'],
    ['f:a\\ b\\*', 'f=a b*'],
    ['f\\:g:a', 'f:g=a'],
    ['f:a**b?', 'f~a%b_'],
    ['f:*', 'f?'],
    ['_exists_:f.g', 'f.g?'],
    ['f:[a TO b}', 'f[a,b}'],
    ['f:{* TO "b c"]', 'f{,b c]'],
    ['f:[10:30 TO *]', 'f[10:30,}'],
    ['f:-5', 'f=-5'],
    ['f:+5', 'f=+5'],
    ['f:a-b+c', 'f=a-b+c'],
    ['ANDREA', '=ANDREA'],
    ['NOTE', '=NOTE'],
    ['f:"AND"', 'f=AND'],
    ['a b', 'or(=a, =b)'],
    ['a AND b OR c', 'or(and(=a, =b), =c)'],
    ['a OR b AND c', 'or(=a, and(=b, =c))'],
    ['NOT a AND b', 'and(not(=a), =b)'],
    ['NOT a OR b', 'or(not(=a), =b)'],
    ['a NOT b', 'and(=a, not(=b))'],
    ['a b -c', 'and(or(=a, =b), not(=c))'],
    ['+a b -c', 'and(=a, not(=c))'],
    ['+a AND -b', 'and(=a, not(=b))'],
    ['-a', 'not(=a)'],
    ['--a', 'not(not(=a))'],
    ['+-a', 'not(=a)'],
    ['-a -b', 'and(not(=a), not(=b))'],
    ['f:(a OR g:b)', 'or(f=a, g=b)'],
    ['f:(a (b AND c))', 'or(f=a, and(f=b, f=c))'],
    ['f:([1 TO 2] OR "x")', 'or(f[1,2], f=x)'],
    ['(a)(b)', 'or(=a, =b)'],
    ['a&&b', '=a&&b'],
    ['a && b || !c', 'or(and(=a, =b), not(=c))'],
  ])('%s is parsed', (text, tree) => {
    expect(drawn(text)).toBe(tree);
  });

  it('that is broken returns a place inside the text', () => {
    const random = randomFrom(20_260);
    const bits = ['(', ')', '[', ']', '{', '}', '"', ':', '\\', '*', '?', '~', '^', '+', '-', '!'];
    const words = [
      'AND',
      'OR',
      'NOT',
      ' TO ',
      '&&',
      '||',
      '_exists_:',
      'name',
      'é🎉',
      '\ud800',
      '\0',
      ' ',
      '/',
      'a',
    ];
    const kinds = { query: 0, invalid: 0 };
    for (let round = 0; round < 50_000; round++) {
      const parts = Array.from({ length: random(14) }, () => {
        const from = random(2) === 0 ? bits : words;
        return from[random(from.length)] ?? '';
      });
      const text = parts.join(random(2) === 0 ? '' : ' ');
      const parsed = parseSearchQuery(text);
      kinds[parsed.kind]++;
      if (parsed.kind === 'query') {
        draw(parsed.query);
        continue;
      }
      expect(parsed.message).not.toBe('');
      expect(parsed.at, text).toBeGreaterThanOrEqual(0);
      expect(parsed.at, text).toBeLessThanOrEqual(text.length);
    }
    expect(Math.min(kinds.query, kinds.invalid)).toBeGreaterThan(1000);
  });

  it('written from a tree is read as that tree', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 3000; round++) {
      const tree = randomTree(random, 4);
      expect(drawn(written(tree))).toBe(draw(tree));
    }
  });
});

/** Returns the same pseudorandom numbers below `n` at every run. */
function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function randomTree(random: (n: number) => number, depth: number): SearchQuery {
  const kind = depth === 0 ? 0 : random(4);
  if (kind === 1) return { kind: 'not', part: randomTree(random, depth - 1) };
  if (kind > 1) {
    const parts = Array.from({ length: 2 + random(2) }, () => randomTree(random, depth - 1));
    return { kind: kind === 2 ? 'and' : 'or', parts };
  }
  const letters = [...'ab "\\:()[]{}+-!*?~^&|/é🎉'];
  const value = Array.from(
    { length: 1 + random(6) },
    () => letters[random(letters.length)] ?? '',
  ).join('');
  return { kind: 'equals', field: random(2) === 0 ? null : 'some.field', value, at: 0 };
}

function written(query: SearchQuery): string {
  if (query.kind === 'not') return `NOT (${written(query.part)})`;
  if (query.kind === 'and' || query.kind === 'or') {
    const parts = query.parts.map((part) => `(${written(part)})`);
    return parts.join(query.kind === 'and' ? ' AND ' : ' OR ');
  }
  if (query.kind !== 'equals') return '*';
  // Every character is escaped, which Lucene allows.
  const value = [...query.value].map((character) => `\\${character}`).join('');
  return query.field === null ? value : `${query.field}:${value}`;
}
