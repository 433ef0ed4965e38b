import { argon2Sync, createHash, createHmac, pbkdf2Sync, scryptSync } from 'node:crypto';
import { hashSync } from '@node-rs/bcrypt';
import { expect, test } from 'vitest';
import { checkImportedHash, type ImportedHash, verifyPassword } from './password-hash.ts';

type Vector = [name: string, password: string, imported: ImportedHash];

const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
const matches = async (imported: ImportedHash, password: string) =>
  (await verifyPassword({ kind: 'imported', imported }, password)).matches;

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest();

const argon2d = argon2Sync('argon2d', {
  message: 'pass',
  nonce: Buffer.from('somesalt'),
  parallelism: 3,
  tagLength: 128,
  memory: 64,
  passes: 3,
});
const latin1Word = Buffer.from('pässword', 'latin1');

const SELF_MADE: Vector[] = [
  [
    'argon2d with a long hash and its costs in another order',
    'pass',
    {
      algorithm: 'argon2',
      hash: {
        value: `$argon2d$v=19$t=3,p=3,m=64$${bare(Buffer.from('somesalt'))}$${bare(argon2d)}`,
      },
    },
  ],
  ...(['md5', 'sha1', 'sha256', 'sha512'] as const).map((algorithm): Vector => {
    const value = createHash(algorithm).update('pass').digest('hex');
    return [`bare ${algorithm}`, 'pass', { algorithm, hash: { value, encoding: 'hex' } }];
  }),
  [
    'hex in upper case',
    'pass',
    {
      algorithm: 'sha256',
      hash: { value: sha256('pass').toString('hex').toUpperCase(), encoding: 'hex' },
    },
  ],
  [
    'base64',
    'pass2',
    {
      algorithm: 'sha256',
      hash: { value: sha256('pass2').toString('base64'), encoding: 'base64' },
    },
  ],
  [
    'url-safe base64',
    'pass2',
    {
      algorithm: 'sha256',
      hash: { value: sha256('pass2').toString('base64url'), encoding: 'base64' },
    },
  ],
  [
    'a hexadecimal salt behind the password',
    'pass',
    {
      algorithm: 'sha256',
      hash: {
        value: sha256(Buffer.concat([Buffer.from('pass'), Buffer.from('ff00', 'hex')])).toString(
          'hex',
        ),
        encoding: 'hex',
      },
      salt: { value: 'ff00', encoding: 'hex', position: 'suffix' },
    },
  ],
  ...(['latin1', 'binary', 'ascii'] as const).map(
    (passwordEncoding): Vector => [
      `a password in ${passwordEncoding}`,
      'pässword',
      {
        algorithm: 'sha256',
        hash: { value: sha256(latin1Word).toString('hex'), encoding: 'hex' },
        passwordEncoding,
      },
    ],
  ),
  ...(['utf16le', 'ucs2'] as const).map(
    (passwordEncoding): Vector => [
      `a password in ${passwordEncoding}`,
      'pässword',
      {
        algorithm: 'sha256',
        hash: {
          value: sha256(Buffer.from('pässword', 'utf16le')).toString('hex'),
          encoding: 'hex',
        },
        passwordEncoding,
      },
    ],
  ),
  ...['md5', 'ripemd160', 'sha224', 'sha384', 'sha512'].map(
    (digest): Vector => [
      `hmac with ${digest} and a salt`,
      'pass',
      {
        algorithm: 'hmac',
        hash: {
          value: createHmac(digest, 'key').update('saltpass').digest('hex'),
          encoding: 'hex',
          digest,
          key: { value: 'key' },
        },
        salt: { value: 'salt' },
      },
    ],
  ),
  [
    'pbkdf2 with the default iterations and length',
    'pass',
    {
      algorithm: 'pbkdf2',
      hash: {
        value: `$pbkdf2-sha512$${bare(Buffer.from('salt'))}$${bare(pbkdf2Sync('pass', 'salt', 100_000, 64, 'sha512'))}`,
      },
    },
  ],
  [
    'pbkdf2 with an OpenSSL alias of a digest',
    'pass',
    {
      algorithm: 'pbkdf2',
      hash: {
        value: `$pbkdf2-RSA-SHA256$i=7,l=32$${bare(Buffer.from('salt'))}$${bare(pbkdf2Sync('pass', 'salt', 7, 32, 'sha256'))}`,
      },
    },
  ],
  [
    'scrypt at its upper bound of memory',
    'pass',
    {
      algorithm: 'scrypt',
      hash: {
        value: scryptSync('pass', 'salt', 32, {
          N: 2 ** 17,
          r: 16,
          p: 1,
          maxmem: 2 ** 29,
        }).toString('base64'),
        encoding: 'base64',
      },
      salt: { value: 'c2FsdA==', encoding: 'base64' },
      keylen: 32,
      cost: 2 ** 17,
      blockSize: 16,
      parallelization: 1,
    },
  ],
  ...(
    [
      ['MD5', 'md5', ''],
      ['SMD5', 'md5', 'salt'],
      ['SHA', 'sha1', ''],
      ['SSHA', 'sha1', 'salt'],
      ['ssha', 'sha1', 'salt'],
      ['SHA256', 'sha256', ''],
      ['SSHA256', 'sha256', 'salt'],
      ['SHA384', 'sha384', ''],
      ['SHA512', 'sha512', ''],
      ['SSHA512', 'sha512', 'salt'],
      ['SSHA-512', 'sha512', 'salt'],
    ] as const
  ).map(([scheme, digest, salt]): Vector => {
    const computed = createHash(digest).update(`pass${salt}`).digest();
    const value = `{${scheme}}${Buffer.concat([computed, Buffer.from(salt)]).toString('base64')}`;
    return [`ldap {${scheme}}`, 'pass', { algorithm: 'ldap', hash: { value } }];
  }),
  ...(['$2a$', '$2b$', '$2y$'] as const).map(
    (prefix): Vector => [
      `bcrypt ${prefix}`,
      'pass',
      { algorithm: 'bcrypt', hash: { value: hashSync('pass', 4).replace('$2b$', prefix) } },
    ],
  ),
  [
    'bcrypt with a salt in front',
    'pass',
    {
      algorithm: 'bcrypt',
      hash: { value: hashSync('pepperpass', 4), encoding: 'utf8' },
      salt: { value: 'pepper' },
    },
  ],
  [
    'bcrypt of a password in latin1',
    'pässword',
    {
      algorithm: 'bcrypt',
      hash: { value: hashSync(latin1Word, 4) },
      passwordEncoding: 'latin1',
    },
  ],
];
test.each(SELF_MADE)('%s: only the right password matches', async (_name, password, imported) => {
  expect(checkImportedHash(imported)).toEqual({ kind: 'ok' });
  expect(await verifyPassword({ kind: 'imported', imported }, password)).toEqual({
    matches: true,
    outdated: true,
  });
  expect(await verifyPassword({ kind: 'imported', imported }, `x${password}`)).toEqual({
    matches: false,
    outdated: false,
  });
});

test('bcrypt uses only the first 72 bytes, as every bcrypt does', async () => {
  const imported: ImportedHash = {
    algorithm: 'bcrypt',
    hash: { value: hashSync('x'.repeat(80), 4) },
  };
  expect(await matches(imported, `${'x'.repeat(72)}anything`)).toBe(true);
  expect(await matches(imported, 'x'.repeat(71))).toBe(false);
});

test('many verifications at once all get an answer', async () => {
  const imported: ImportedHash = {
    algorithm: 'bcrypt',
    hash: { value: hashSync('pass', 4) },
  };
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => {
      return matches(imported, index % 2 ? 'pass' : 'wrong');
    }),
  );
  expect(answers).toEqual(answers.map((_, index) => index % 2 === 1));
});

test.each(SELF_MADE)('%s: a hash cut short matches nothing', async (_name, password, imported) => {
  const value = imported.hash.value.slice(0, -9);
  expect(await matches({ ...imported, hash: { ...imported.hash, value } }, password)).toBe(false);
});

test('any damage to stored data gives a mismatch and never an error', async () => {
  const broken = [null, undefined, 7, 'text', [], {}, { algorithm: 'sha256' }].map(
    (value) => value as unknown as ImportedHash,
  );
  const oneOfEach = [...new Map(SELF_MADE.map((vector) => [vector[2].algorithm, vector])).values()];
  const spoilt = oneOfEach
    .flatMap(([, , imported]) => [
      { ...imported, algorithm: 'rot13' },
      { ...imported, algorithm: 'toString' },
      { ...imported, passwordEncoding: 'constructor' },
      { ...imported, hash: { ...imported.hash, value: '' } },
      { ...imported, hash: { ...imported.hash, value: `${imported.hash.value}\n` } },
      { ...imported, hash: { ...imported.hash, value: '$'.repeat(5000) } },
      { ...imported, hash: { ...imported.hash, encoding: 'utf7' } },
      { ...imported, salt: { value: 1 } },
    ])
    .map((value) => value as unknown as ImportedHash);

  for (const imported of [...broken, ...spoilt]) {
    expect(checkImportedHash(imported)).toMatchObject({ kind: 'refused' });
    expect(await matches(imported, 'pass')).toBe(false);
  }
});
