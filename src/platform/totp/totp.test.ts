import { expect, test } from 'vitest';
import { fromBase32, toBase32, totpStep, totpUri } from './totp.ts';

// RFC 6238, appendix B: SHA-1, the last six of eight digits.
const SECRET = toBase32(Buffer.from('12345678901234567890'));
const at = (seconds: number) => new Date(seconds * 1000);

test.each([
  [59, '287082', 1],
  [1_111_111_109, '081804', 37_037_036],
  [1_111_111_111, '050471', 37_037_037],
  [20_000_000_000, '353130', 666_666_666],
])('the published code of second %d matches its step', async (seconds, code, step) => {
  expect(await totpStep({ secret: SECRET, code, now: at(seconds) })).toBe(step);
});

test('a code of the previous or next step matches, and none further away', async () => {
  expect(await totpStep({ secret: SECRET, code: '287082', now: at(89) })).toBe(1);
  expect(await totpStep({ secret: SECRET, code: '287082', now: at(15) })).toBe(1);
  expect(await totpStep({ secret: SECRET, code: '287082', now: at(90) })).toBeNull();
});

test.each([
  '',
  '12345',
  '1234567',
  'abcdef',
  '２８７０８２',
])('an invalid code matches nothing: %j', async (code) => {
  expect(await totpStep({ secret: SECRET, code, now: at(59) })).toBeNull();
});

test('an odd secret is read as authenticator apps read it, and an invalid one matches nothing', async () => {
  expect(fromBase32('jbsw y3dp')).toEqual(Uint8Array.from(Buffer.from('Hello')));
  expect(fromBase32('MFR')).toEqual(Uint8Array.from(Buffer.from('a')));
  expect(await totpStep({ secret: 'A', code: '287082', now: at(59) })).toBeNull();
  expect(await totpStep({ secret: '1!', code: '287082', now: at(59) })).toBeNull();
});

test('the URI contains issuer and account, escaped', () => {
  expect(totpUri({ secret: 'ABC', issuer: 'My Tenant', account: 'a b@example.test' })).toBe(
    'otpauth://totp/My%20Tenant:a%20b%40example.test?secret=ABC&issuer=My%20Tenant&algorithm=SHA1&digits=6&period=30',
  );
});
