import { expect, test } from 'vitest';
import { boundedPattern, withinPatternTime } from './bounded-pattern.ts';

const stalls = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);

test('a machine that does other work meanwhile takes no time from the patterns', () => {
  const pattern = boundedPattern('^a+$', 'u');
  const found = withinPatternTime(() => {
    stalls();
    return pattern.test('aaa');
  });
  expect(found).toBe(true);
});

test('a pattern that is none matches nothing', () => {
  expect(withinPatternTime(() => boundedPattern('(', 'u').test('('))).toBe(false);
});
