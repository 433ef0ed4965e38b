import { expect, test } from 'vitest';
import { canonicalIdentifier } from './login-identifier.ts';

test.each([
  [`${' '.repeat(330)}Ada@Bücher.example`, 'ada@xn--bcher-kva.example'],
  ['+49 (151) 2345678', '+491512345678'],
  [' Ada.L ', 'ada.l'],
  ['not..an@address', 'not..an@address'],
  ['a\0b\ud800', 'a\u{fffd}b\u{fffd}'],
  ['', ''],
])('%j counts as %j', (typed, canonical) => {
  expect(canonicalIdentifier(typed)).toBe(canonical);
  expect(canonicalIdentifier(canonical)).toBe(canonical);
});

test('a long input is cut', () => {
  expect(canonicalIdentifier('İ'.repeat(100_000))).toHaveLength(320);
});
