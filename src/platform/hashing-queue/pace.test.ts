import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

const MINUTE = 60_000;

test('a machine at the estimated speed, or slightly slower, has the factor 1', () => {
  const pace = createPace();
  for (const ratio of [0.4, 1, 1.2]) pace.note(ratio, 0);
  expect(pace.factor(0)).toBe(1);
});

test('a slower machine raises the factor by steps, and single faster verifications do not lower it', () => {
  const pace = createPace();
  for (const ratio of [1.3, 1.3]) pace.note(ratio, 0);
  expect(pace.factor(0)).toBe(2);
  for (const ratio of [50, 50, 0.5]) pace.note(ratio, 1);
  expect(pace.factor(1)).toBe(8);
});

test('a single pause does not raise the factor', () => {
  const pace = createPace();
  for (const ratio of [1, 50, 1]) pace.note(ratio, 0);
  expect(pace.factor(0)).toBe(1);
});

test('ten minutes without need lower the factor', () => {
  const pace = createPace();
  for (const at of [0, 0, 5 * MINUTE]) pace.note(3, at);
  expect(pace.factor(14 * MINUTE)).toBe(4);
  expect(pace.factor(15 * MINUTE)).toBe(2);
  expect(pace.factor(24 * MINUTE)).toBe(2);
  expect(pace.factor(25 * MINUTE)).toBe(1);
});
