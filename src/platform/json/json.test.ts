import { expect, test } from 'vitest';
import { hasHugeNumber, MOST_LEVELS, parseJson } from './json.ts';

const nested = (levels: number, open = '[', shut = ']') =>
  open.repeat(levels) + shut.repeat(levels);

test('ordinary JSON is parsed as by JSON.parse', () => {
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
])('endless nesting is refused before it is built: %s', (_what, text) => {
  expect(() => parseJson(text)).toThrow(/levels deep/);
});

const NINES = '9'.repeat(400);

test.each([
  ['1e400', true],
  ['[{"a":-1E+400}]', true],
  ['{"a":1.5e0309}', true],
  [NINES, true],
  [`${'9'.repeat(250)}e60`, true],
  ['1.7e308', false],
  ['[1e-400,0.00,12]', false],
  [`{"a":"1e400","${NINES}":"${NINES}"}`, false],
])('%s has a number that cannot be stored: %s', (text, isHuge) => {
  expect(hasHugeNumber(text)).toBe(isHuge);
  if (isHuge) expect(() => parseJson(text)).toThrow(/too large/);
  else expect(() => parseJson(text)).not.toThrow();
});
