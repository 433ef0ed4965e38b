import { expect, test } from 'vitest';
import { addressKey, loginKeys, throttleKey } from './throttles.ts';

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

test('keys hold nothing of whom they are about, and are never mixed up', () => {
  expect(throttleKey('login', 'con_1', 'jo@example.test')).not.toMatch(/jo|example/);
  expect(throttleKey('login', 'a', 'b')).not.toBe(throttleKey('login', 'ab'));
  expect(throttleKey('login', 'a')).not.toBe(throttleKey('reset', 'a'));
});

test('a name counts as one however it is typed', () => {
  const keys = (identifier: string) =>
    loginKeys({ connectionId: 'con_1', identifier }, '192.0.2.1');
  expect(keys(' Jo@Example.test ')).toEqual(keys('jo@example.test'));
});
