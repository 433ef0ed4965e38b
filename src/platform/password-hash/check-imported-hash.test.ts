import { expect, test } from 'vitest';
import { checkImportedHash, type ImportedHash } from './password-hash.ts';

const argon2 = (costs: string, tag = 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc') => ({
  algorithm: 'argon2' as const,
  hash: { value: `$argon2id$v=19$${costs}$c29tZXNhbHQ$${tag}` },
});
const bcrypt = (start: string) => ({
  algorithm: 'bcrypt' as const,
  hash: { value: `${start}${'.'.repeat(53)}` },
});
const zeros = (bytes: number) => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '');
const pbkdf2 = (digest: string, numbers: string, bytes: number) => ({
  algorithm: 'pbkdf2' as const,
  hash: { value: `$pbkdf2-${digest}${numbers}$c2FsdA$${zeros(bytes)}` },
});
const scrypt = (costs: Partial<ImportedHash>) => ({
  algorithm: 'scrypt' as const,
  hash: { value: '00'.repeat(costs.keylen ?? 32), encoding: 'hex' },
  keylen: 32,
  ...costs,
});
const md5 = { value: '1a1dc91c907325c69271ddf0c944bc72', encoding: 'hex' };
const salt = { value: 'abc' };

test.each<[string, ImportedHash]>([
  ['argon2', argon2('m=262144,t=10,p=16')],
  ['bcrypt', bcrypt('$2y$04$')],
  ['bcrypt', bcrypt('$2a$14$')],
  ['pbkdf2', pbkdf2('sha512', '$i=2000000,l=64', 64)],
  ['pbkdf2', pbkdf2('sha512', '$i=1,l=512', 512)],
  ['pbkdf2', pbkdf2('sha1', '$l=20', 20)],
  ['pbkdf2', pbkdf2('sha512', '$i=2400000,l=64', 64)],
  ['scrypt', scrypt({ cost: 2 ** 17, blockSize: 16 })],
  ['scrypt', scrypt({ cost: 2 ** 14, parallelization: 16 })],
  ['scrypt', scrypt({ keylen: 512 })],
])('%s at its bounds is accepted', (_, imported) => {
  expect(checkImportedHash(imported)).toEqual({ kind: 'ok' });
});

test.each<[string, ImportedHash]>([
  ['memory', argon2('m=264192,t=1,p=1')],
  ['memory and passes', argon2('m=262144,t=11,p=1')],
  ['passes', argon2('m=1024,t=3000,p=1')],
  ['lanes', argon2('m=1024,t=1,p=17')],
  ['bcrypt cost', bcrypt('$2b$15$')],
  ['bcrypt cost', bcrypt('$2b$31$')],
  ['iterations', pbkdf2('sha512', '$i=2400001,l=64', 64)],
  ['iterations of a slow digest', pbkdf2('sha3-512', '$i=1500000,l=64', 64)],
  ['iterations of all blocks', pbkdf2('sha1', '$i=2000000,l=512', 512)],
  ['N', scrypt({ cost: 2 ** 22 })],
  ['N, r and p', scrypt({ cost: 2 ** 17, blockSize: 16, parallelization: 10 })],
  ['p', scrypt({ cost: 2 ** 14, parallelization: 32 })],
])('a hash that is too costly by its %s is reported as such', (_, imported) => {
  expect(checkImportedHash(imported)).toMatchObject({
    kind: 'too-costly',
    message: expect.stringMatching(/would take about \d+ ms and \d+ MiB/),
  });
});

test.each<[string, string, string, ImportedHash]>([
  ['MAXIMUM', 'hash.value', 'bcrypt cost', bcrypt('$2b$32$')],
  ['MINIMUM', 'hash.value', 'argon2 m', argon2('m=31,t=1,p=4')],
  ['MINIMUM', 'hash.value', 'argon2 hash length', argon2('m=1024,t=1,p=1', 'AAAA')],
  ['PATTERN', 'hash.value', '$argon2id$', argon2('m=1024,t=1')],
  ['PATTERN', 'hash.value', '$argon2id$', argon2('m=0,t=1,p=1')],
  ['NOT_PASSED', 'salt', 'not allowed', { ...argon2('m=1024,t=1,p=1'), salt }],
  ['MINIMUM', 'hash.value', 'bcrypt cost', bcrypt('$2b$03$')],
  ['PATTERN', 'hash.value', '$2a$', bcrypt('$2x$10$')],
  ['PATTERN', 'hash.value', '60 characters', bcrypt('$2b$10$.')],
  ['ENUM_MISMATCH', 'hash.encoding', 'utf8', { algorithm: 'bcrypt', hash: md5 }],
  ['MINIMUM', 'hash.value', 'pbkdf2 i', pbkdf2('sha512', '$i=0,l=64', 64)],
  ['MAXIMUM', 'hash.value', 'pbkdf2 l', pbkdf2('sha512', '$i=1,l=513', 513)],
  ['FORMAT', 'hash.value', 'l is 64', pbkdf2('sha256', '', 32)],
  ['ENUM_MISMATCH', 'hash.value', 'whirlpool', pbkdf2('whirlpool', '', 64)],
  ['ENUM_MISMATCH', 'hash.value', 'shake128', pbkdf2('shake128', '', 64)],
  ['NOT_PASSED', 'salt', 'not allowed', { ...pbkdf2('sha1', '$l=20', 20), salt }],
  ['MINIMUM', 'cost', 'cost', scrypt({ cost: 1 })],
  ['FORMAT', 'cost', 'power of two', scrypt({ cost: 1000 })],
  ['MAXIMUM', 'cost', 'below 2^16', scrypt({ cost: 2 ** 16, blockSize: 1 })],
  ['FORMAT', 'cost', 'whole number', scrypt({ cost: 2.5 })],
  ['MAXIMUM', 'keylen', 'keylen', scrypt({ keylen: 513 })],
  ['NOT_PASSED', 'keylen', 'required', scrypt({ keylen: undefined })],
  ['FORMAT', 'hash.value', 'keylen is 16', { ...scrypt({}), keylen: 16 }],
  ['FORMAT', 'hash.value', '32', { algorithm: 'sha256', hash: md5 }],
  ['NOT_PASSED', 'hash.encoding', 'hex', { algorithm: 'md5', hash: { value: md5.value } }],
  [
    'ENUM_MISMATCH',
    'hash.encoding',
    'hex',
    { algorithm: 'md5', hash: { ...md5, encoding: 'utf8' } },
  ],
  [
    'FORMAT',
    'hash.value',
    'valid hex',
    { algorithm: 'md5', hash: { value: 'xyz', encoding: 'hex' } },
  ],
  [
    'FORMAT',
    'hash.value',
    'valid base64',
    { algorithm: 'md5', hash: { value: 'a%', encoding: 'base64' } },
  ],
  [
    'ENUM_MISMATCH',
    'salt.encoding',
    'base64',
    { algorithm: 'md5', hash: md5, salt: { value: 'a', encoding: 'latin1' } },
  ],
  [
    'ENUM_MISMATCH',
    'password.encoding',
    'utf16le',
    { algorithm: 'md5', hash: md5, passwordEncoding: 'utf7' },
  ],
  ['NOT_PASSED', 'hash.digest', 'required', { algorithm: 'hmac', hash: md5 }],
  ['NOT_PASSED', 'hash.key', 'required', { algorithm: 'hmac', hash: { ...md5, digest: 'md5' } }],
  [
    'ENUM_MISMATCH',
    'hash.digest',
    'one of',
    { algorithm: 'hmac', hash: { ...md5, digest: 'sha3-256', key: { value: 'k' } } },
  ],
  [
    'FORMAT',
    'hash',
    '4096 characters',
    { algorithm: 'md5', hash: md5, salt: { value: 'a'.repeat(4097) } },
  ],
  ['PATTERN', 'hash.value', '{SSHA}', { algorithm: 'ldap', hash: { value: '{CRYPT}$1$abc' } }],
  ['FORMAT', 'hash.value', '16 bytes', { algorithm: 'ldap', hash: { value: '{MD5}AAAA' } }],
  ['FORMAT', 'hash.value', 'a salt', { algorithm: 'ldap', hash: { value: `{SMD5}${zeros(16)}` } }],
])('%s at %s, and the message says %s', (code, path, words, imported) => {
  expect(checkImportedHash(imported)).toEqual({
    kind: 'refused',
    code,
    path,
    message: expect.stringContaining(words),
  });
});
