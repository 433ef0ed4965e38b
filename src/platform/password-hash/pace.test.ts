import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

const MINUTE = 60_000;

test('a machine as fast as estimated, or a little slower, is taken as such', () => {
  const pace = createPace();
  for (const ratio of [0.4, 1, 1.2]) pace.note(ratio, 0);
  expect(pace.factor(0)).toBe(1);
});

test('a slower one raises it by steps, which single faster verifications do not lower', () => {
  const pace = createPace();
  pace.note(1.3, 0);
  expect(pace.factor(0)).toBe(2);
  pace.note(50, 0);
  pace.note(0.5, 1);
  expect(pace.factor(1)).toBe(4);
});

test('it is lowered when nothing has needed it for ten minutes', () => {
  const pace = createPace();
  pace.note(3, 0);
  pace.note(3, 5 * MINUTE);
  expect(pace.factor(14 * MINUTE)).toBe(4);
  expect(pace.factor(15 * MINUTE)).toBe(2);
  expect(pace.factor(24 * MINUTE)).toBe(2);
  expect(pace.factor(25 * MINUTE)).toBe(1);
});
