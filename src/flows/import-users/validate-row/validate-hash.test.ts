import { createHash, createHmac, pbkdf2Sync, scryptSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { identifiersOf } from '../../../records/connections/connections.ts';
import { validateRow } from './validate-row.ts';

/** A connection whose users have usernames. */
const RULES = identifiersOf({
  options: { requires_username: true, validation: { username: { min: 1, max: 128 } } },
});

const EMAIL = 'ann@example.com';

function validate(row: unknown) {
  return validateRow(Buffer.from(typeof row === 'string' ? row : JSON.stringify(row)), RULES);
}

/** Returns `code path` of each error of a row with these properties and a valid address. */
function errorsOf(properties: Record<string, unknown>): string[] {
  const verdict = validate({ email: EMAIL, ...properties });
  if (verdict.kind === 'user') return [];
  return verdict.errors.map(({ code, path }) => `${code} ${path}`);
}

function userOf(properties: Record<string, unknown>) {
  const verdict = validate({ email: EMAIL, ...properties });
  if (verdict.kind === 'rejected') throw new Error(JSON.stringify(verdict.errors));
  return verdict.user;
}

const salt = Buffer.from('0123456789abcdef');
const b64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
const PBKDF2 = `$pbkdf2-sha256$i=1000,l=32$${b64(salt)}$${b64(pbkdf2Sync('x', salt, 1000, 32, 'sha256'))}`;
const SCRYPT = scryptSync('x', salt, 32).toString('hex');
const SHA256 = createHash('sha256').update('x').digest();
const BCRYPT = '$2y$12$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K';
const ARGON2 = (params: string) => `$argon2id$v=19$${params}$${b64(salt)}$${b64(SHA256)}`;
const SSHA = `{SSHA}${Buffer.concat([createHash('sha1').update('x').digest(), salt]).toString('base64')}`;

function custom(algorithm: string, hash: unknown, more: object = {}) {
  return { custom_password_hash: { algorithm, hash, ...more } };
}

describe('custom password hashes', () => {
  test.each([
    // The published examples.
    custom(
      'sha256',
      {
        value: 'd24e794fce503c3ddb1cd1ba1dd5d9b250cf9917336a0316fefd87fecf79200f',
        encoding: 'hex',
      },
      { salt: { value: 'abc123', position: 'prefix' } },
    ),
    custom('hmac', {
      value: 'cg7f42jH39/2EaAU4wNd4s2lKIk=',
      encoding: 'base64',
      digest: 'sha1',
      key: { value: '736868', encoding: 'hex' },
    }),
    custom(
      'scrypt',
      {
        value: '097f6197e1b41538f723e32aa7a68e8d76227d8e432ce5faa4882a913032db29',
        encoding: 'hex',
      },
      { salt: { value: 'abc123', encoding: 'utf8' }, keylen: 32, cost: 4096 },
    ),
    custom('ldap', {
      value:
        '{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRemgSXGl5YuE=',
      encoding: 'utf8',
    }),
    custom('bcrypt', { value: BCRYPT }, { salt: { value: 'pepper', position: 'suffix' } }),
    custom('argon2', { value: ARGON2('m=65536,t=2,p=1'), encoding: 'utf8' }),
    custom('argon2', { value: ARGON2('m=262144,t=10,p=16') }),
    custom('pbkdf2', { value: PBKDF2, encoding: 'utf8' }),
    custom('pbkdf2', { value: `$pbkdf2-sha512$${b64(salt)}$${b64(Buffer.alloc(64))}` }),
    custom('md5', {
      value: createHash('md5').update('x').digest('hex').toUpperCase(),
      encoding: 'hex',
    }),
    custom(
      'sha1',
      { value: createHash('sha1').update('x').digest('base64url'), encoding: 'base64' },
      { password: { encoding: 'utf16le' } },
    ),
    custom('sha512', {
      value: createHash('sha512').update('x').digest('base64'),
      encoding: 'base64',
    }),
    custom('hmac', {
      value: createHmac('sha256', 'k').update('x').digest('hex'),
      encoding: 'hex',
      digest: 'sha256',
      key: { value: 'k' },
    }),
    custom('ldap', { value: SSHA }),
    custom('ldap', { value: `{MD5}${createHash('md5').update('x').digest('base64')}` }),
  ])('%j is accepted', (properties) => {
    expect(errorsOf(properties)).toEqual([]);
  });

  test('come with the defaults of the wire', () => {
    const { password } = userOf(
      custom('scrypt', { value: SCRYPT, encoding: 'hex' }, { keylen: 32, salt: { value: 's' } }),
    );
    expect(password).toEqual({
      algorithm: 'scrypt',
      hash: { value: SCRYPT, encoding: 'hex' },
      salt: { value: 's', encoding: 'utf8', position: 'prefix' },
      keylen: 32,
      cost: 16_384,
      blockSize: 8,
      parallelization: 1,
    });
  });

  const AT = 'custom_password_hash';
  const scrypt = (more: object) =>
    custom('scrypt', { value: SCRYPT, encoding: 'hex' }, { keylen: 32, ...more });
  const sha256 = (hash: object, more: object = {}) =>
    custom('sha256', { value: SHA256.toString('hex'), encoding: 'hex', ...hash }, more);
  test.each([
    [{ custom_password_hash: 'x' }, [`INVALID_TYPE ${AT}`]],
    [
      { custom_password_hash: {} },
      [`OBJECT_REQUIRED ${AT}.algorithm`, `OBJECT_REQUIRED ${AT}.hash`],
    ],
    [custom('rot13', { value: 'x' }), [`ENUM_MISMATCH ${AT}.algorithm`]],
    [custom('toString', { value: 'x' }), [`ENUM_MISMATCH ${AT}.algorithm`]],
    [custom('sha256', 'x'), [`INVALID_TYPE ${AT}.hash`]],
    [
      custom('sha256', {}),
      [`OBJECT_REQUIRED ${AT}.hash.value`, `OBJECT_REQUIRED ${AT}.hash.encoding`],
    ],
    [sha256({ encoding: 'utf8' }), [`ENUM_MISMATCH ${AT}.hash.encoding`]],
    [sha256({ encoding: 'rot13' }), [`ENUM_MISMATCH ${AT}.hash.encoding`]],
    [sha256({ encoding: 'base64' }), [`PATTERN ${AT}.hash.value`]],
    [sha256({ value: 'abcd' }), [`PATTERN ${AT}.hash.value`]],
    [sha256({ value: 'x'.repeat(64) }), [`PATTERN ${AT}.hash.value`]],
    [sha256({ digest: 'sha1' }), [`NOT_PASSED ${AT}.hash.digest`]],
    [sha256({}, { salt: {} }), [`OBJECT_REQUIRED ${AT}.salt.value`]],
    [sha256({}, { salt: { value: 'xyz', encoding: 'hex' } }), [`PATTERN ${AT}.salt.value`]],
    [
      sha256({}, { salt: { value: 's', position: 'middle' } }),
      [`ENUM_MISMATCH ${AT}.salt.position`],
    ],
    [sha256({}, { password: { encoding: 'ebcdic' } }), [`ENUM_MISMATCH ${AT}.password.encoding`]],
    [sha256({}, { rounds: 3 }), [`NOT_PASSED ${AT}.rounds`]],
    [custom('bcrypt', { value: '$2x$10$abc' }), [`PATTERN ${AT}.hash.value`]],
    [custom('bcrypt', { value: BCRYPT.replace('$12', '$03') }), [`MINIMUM ${AT}.hash.value`]],
    [custom('bcrypt', { value: BCRYPT, encoding: 'hex' }), [`ENUM_MISMATCH ${AT}.hash.encoding`]],
    [custom('argon2', { value: ARGON2('m=8,t=1,p=2') }), [`MINIMUM ${AT}.hash.value`]],
    [custom('argon2', { value: 'x' }), [`PATTERN ${AT}.hash.value`]],
    [
      custom('argon2', { value: ARGON2('m=64,t=1,p=1') }, { salt: { value: 's' } }),
      [`NOT_PASSED ${AT}.salt`],
    ],
    [custom('pbkdf2', { value: PBKDF2 }, { salt: { value: 's' } }), [`NOT_PASSED ${AT}.salt`]],
    [custom('pbkdf2', { value: PBKDF2.replace('l=32', 'l=64') }), [`PATTERN ${AT}.hash.value`]],
    [
      custom('pbkdf2', { value: PBKDF2.replace('sha256', 'whirlpool') }),
      [`ENUM_MISMATCH ${AT}.hash.value`],
    ],
    [custom('pbkdf2', { value: 'pbkdf2' }), [`PATTERN ${AT}.hash.value`]],
    [custom('scrypt', { value: SCRYPT, encoding: 'hex' }), [`NOT_PASSED ${AT}.keylen`]],
    [scrypt({ keylen: 64 }), [`PATTERN ${AT}.hash.value`]],
    [scrypt({ keylen: 0 }), [`MINIMUM ${AT}.keylen`]],
    [scrypt({ keylen: '32' }), [`INVALID_TYPE ${AT}.keylen`]],
    [scrypt({ cost: 1000 }), [`PATTERN ${AT}.cost`]],
    [scrypt({ cost: 1 }), [`MINIMUM ${AT}.cost`]],
    [
      custom('hmac', { value: 'abcd', encoding: 'hex' }),
      [`OBJECT_REQUIRED ${AT}.hash.digest`, `OBJECT_REQUIRED ${AT}.hash.key`],
    ],
    [
      custom('hmac', { value: 'abcd', encoding: 'hex', digest: 'crc32', key: { value: 'k' } }),
      [`ENUM_MISMATCH ${AT}.hash.digest`],
    ],
    [
      custom('hmac', { value: 'abcd', encoding: 'hex', digest: 'sha1', key: { value: 'k' } }),
      [`PATTERN ${AT}.hash.value`],
    ],
    [custom('ldap', { value: '{CRYPT}abc' }), [`PATTERN ${AT}.hash.value`]],
    [custom('ldap', { value: '{SHA}YWJj' }), [`PATTERN ${AT}.hash.value`]],
    [
      custom('ldap', { value: `{SSHA}${createHash('sha1').digest('base64')}` }),
      [`PATTERN ${AT}.hash.value`],
    ],
    [{ ...sha256({}), password_hash: BCRYPT.replace('2y', '2b') }, [`NOT_PASSED ${AT}`]],
    [{ password_hash: BCRYPT }, ['PATTERN password_hash']],
    [{ password_hash: 'secret' }, ['PATTERN password_hash']],
  ])('%j gives %j', (properties, errors) => {
    expect(errorsOf(properties)).toEqual(errors);
  });

  test.each([
    custom('bcrypt', { value: BCRYPT.replace('$12', '$15') }),
    custom('argon2', { value: ARGON2('m=1048576,t=2,p=1') }),
    custom('argon2', { value: ARGON2('m=65536,t=2000,p=1') }),
    custom('pbkdf2', { value: PBKDF2.replace('i=1000', 'i=200000000') }),
    scrypt({ cost: 2 ** 17, blockSize: 16, parallelization: 10 }),
    { password_hash: BCRYPT.replace('2y$12', '2a$31') },
  ])('%j is left out, and a note says so', (properties) => {
    const user = userOf(properties);
    expect(user.password).toBeUndefined();
    expect(user.notes).toMatchObject([
      {
        code: 'HASH_LEFT_OUT',
        path: Object.keys(properties)[0],
        message: expect.stringMatching(/would take about \d+ ms/),
      },
    ]);
  });

  test('with base64 padding inside a text of its own format are refused, because no login could read them', () => {
    const padded = `${ARGON2('m=65536,t=2,p=1')}=`;
    expect(errorsOf(custom('argon2', { value: padded }))).toEqual([`PATTERN ${AT}.hash.value`]);
  });
});
