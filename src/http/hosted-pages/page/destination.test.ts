import { expect, test } from 'vitest';
import { withParameters } from './destination.ts';

test.each([
  ['https://app.example', 'https://app.example?a=1%262'],
  ['https://app.example/', 'https://app.example/?a=1%262'],
  ['https://app.example/in?x=%20y', 'https://app.example/in?x=%20y&a=1%262'],
  ['https://app.example/in?', 'https://app.example/in?a=1%262'],
  ['https://app.example/in?x&', 'https://app.example/in?x&a=1%262'],
  ['https://app.example/#/in?x=1', 'https://app.example/?a=1%262#/in?x=1'],
  ['https://app.example/?x=1#', 'https://app.example/?x=1&a=1%262#'],
  ['com.example.app://in', 'com.example.app://in?a=1%262'],
])('parameters go behind the query and before the fragment of %s', (url, expected) => {
  expect(
    withParameters(url, [
      ['a', '1&2'],
      ['left-out', null],
    ]),
  ).toBe(expected);
});
