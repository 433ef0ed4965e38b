import { expect, test } from 'vitest';
import { readTypedCode } from './typed-code.ts';

test.each([
  ['123456', '123456'],
  ['123 456', '123456'],
  [' 123456\n', '123456'],
  ['123-456', '123456'],
  ['123\u2011456', '123456'],
  ['123\u00a0456', '123456'],
  ['\u200b123\u200d456\ufeff', '123456'],
  ['１２３４５６', '123456'],
  ['٠١٢٣٤٥', '012345'],
  ['۶۷۸۹۰۱', '678901'],
  ['९८७६५४', '987654'],
  ['wdjb-mjht', 'WDJBMJHT'],
  ['12a456', '12A456'],
  ['', ''],
])('%j means %j', (typed, meant) => {
  expect(readTypedCode(typed)).toBe(meant);
});
