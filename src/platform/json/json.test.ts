import { expect, test } from 'vitest';
import { MOST_LEVELS, parseJson } from './json.ts';

const nested = (levels: number, open = '[', shut = ']') =>
  open.repeat(levels) + shut.repeat(levels);

test('what people and programs write is read as it is', () => {
  for (const value of [null, 1, 'x', [], {}, { a: [{ b: '[[[' }] }, '"\\', '{"[{"']) {
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  }
  expect(() => parseJson(nested(MOST_LEVELS))).not.toThrow();
  expect(parseJson(`["${'['.repeat(5000)}\\\\", "\\"${'{'.repeat(5000)}"]`)).toHaveLength(2);
});

test.each([
  ['arrays', nested(MOST_LEVELS + 1)],
  ['objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
  ['after text that ends in a slash', `["\\\\",${nested(5000)}]`],
  ['in pieces', `[${nested(90)},${nested(5000)}]`],
])('nesting without end is refused before it is built: %s', (_what, text) => {
  expect(() => parseJson(text)).toThrow(/levels deep/);
});
