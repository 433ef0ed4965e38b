import { expect, test } from 'vitest';
import { addressKey, subjectOf, throttleKey } from './throttles.ts';

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:0db8:0001:0002::1', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['::1', '::2', true],
  ['fe80::1%eth0', 'fe80::2', true],
  ['2001:db8::1:2:3', '2001:db8:0:0:9::', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
])('%s and %s count as one subscriber: %s', (a, b, same) => {
  expect(addressKey('x', a) === addressKey('x', b)).toBe(same);
});

test('keys contain nothing of their subjects, and never collide', () => {
  expect(throttleKey('login', 'con_1', 'jo@example.test')).not.toMatch(/jo|example/);
  expect(throttleKey('login', 'a', 'b')).not.toBe(throttleKey('login', 'ab'));
  expect(throttleKey('login', 'a')).not.toBe(throttleKey('reset', 'a'));
});

test.each([
  ['blanks around it', ' \t\u{a0}jo@example.test '],
  ['more blanks than a name may be long', `${' '.repeat(330)}jo@example.test`],
  ['another case', 'Jo@EXAMPLE.test'],
  ['a domain in another script', 'jo@ｅxample.test'],
])('an unknown identifier counts as one with %s', (_how, identifier) => {
  const subject = (name: string) => subjectOf({ connectionId: 'con_1', identifier: name });
  expect(subject(identifier)).toBe(subject('jo@example.test'));
});

test('a phone number that no user has counts as one in every notation', () => {
  const subject = (identifier: string) => subjectOf({ connectionId: 'con_1', identifier });
  expect(subject('00 44 20 7946 0123')).toBe(subject('+442079460123'));
});
