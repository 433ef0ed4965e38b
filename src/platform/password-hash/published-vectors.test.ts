import { expect, test } from 'vitest';
import { computeDigest, computeHmac } from './digests.ts';
import { checkImportedHash, type ImportedHash, verifyPassword } from './password-hash.ts';

type Vector = [name: string, password: string, imported: ImportedHash];

const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

/** Examples of the published import format. All passwords except the first were guessed. */
const PUBLISHED: Vector[] = [
  [
    'bcrypt',
    'hello',
    {
      algorithm: 'bcrypt',
      hash: { value: '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K' },
    },
  ],
  [
    'sha256 with a salt in front',
    'shh',
    {
      algorithm: 'sha256',
      hash: {
        value: 'd24e794fce503c3ddb1cd1ba1dd5d9b250cf9917336a0316fefd87fecf79200f',
        encoding: 'hex',
      },
      salt: { value: 'abc123', position: 'prefix' },
    },
  ],
  [
    'hmac',
    'test',
    {
      algorithm: 'hmac',
      hash: {
        value: 'cg7f42jH39/2EaAU4wNd4s2lKIk=',
        encoding: 'base64',
        digest: 'sha1',
        key: { value: '736868', encoding: 'hex' },
      },
    },
  ],
  [
    'scrypt',
    'password',
    {
      algorithm: 'scrypt',
      hash: {
        value: '097f6197e1b41538f723e32aa7a68e8d76227d8e432ce5faa4882a913032db29',
        encoding: 'hex',
      },
      salt: { value: 'abc123', encoding: 'utf8' },
      keylen: 32,
      cost: 4096,
    },
  ],
  [
    'ldap',
    'shh',
    {
      algorithm: 'ldap',
      hash: {
        value:
          '{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRemgSXGl5YuE=',
        encoding: 'utf8',
      },
    },
  ],
];

const pbkdf2Vector = (
  digest: string,
  numbers: string,
  salt: string,
  hex: string,
): ImportedHash => ({
  algorithm: 'pbkdf2',
  hash: {
    value: `$pbkdf2-${digest}$${numbers}$${bare(Buffer.from(salt))}$${bare(Buffer.from(hex, 'hex'))}`,
  },
});

const RFC: Vector[] = [
  [
    'RFC 6070, 4096 iterations',
    'password',
    pbkdf2Vector('sha1', 'i=4096,l=20', 'salt', '4b007901b765489abead49d926f721d065a429c1'),
  ],
  [
    'RFC 6070, more than one block',
    'passwordPASSWORDpassword',
    pbkdf2Vector(
      'sha1',
      'i=4096,l=25',
      'saltSALTsaltSALTsaltSALTsaltSALTsalt',
      '3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038',
    ),
  ],
  [
    'RFC 6070, zero bytes',
    'pass\0word',
    pbkdf2Vector('sha1', 'i=4096,l=16', 'sa\0lt', '56fa6aa75548099dcc37d7f03425e0c3'),
  ],
  [
    'RFC 7914, PBKDF2 with sha256',
    'passwd',
    pbkdf2Vector(
      'sha256',
      'i=1,l=64',
      'salt',
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
        '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    ),
  ],
  [
    'RFC 7914, scrypt of nothing',
    '',
    {
      algorithm: 'scrypt',
      hash: {
        value:
          '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442' +
          'fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
        encoding: 'hex',
      },
      keylen: 64,
      cost: 16,
      blockSize: 1,
    },
  ],
  [
    'RFC 7914, scrypt with the default costs',
    'pleaseletmein',
    {
      algorithm: 'scrypt',
      hash: {
        value:
          '7023BDCB3AFD7348461C06CD81FD38EBFDA8FBBA904F8E3EA9B543F6545DA1F2' +
          'D5432955613F0FCF62D49705242A9AF9E61E85DC0D651E40DFCF017B45575887',
        encoding: 'hex',
      },
      salt: { value: 'SodiumChloride' },
      keylen: 64,
    },
  ],
];

const hex = (algorithm: 'md4', value: string, more: Partial<ImportedHash> = {}): ImportedHash => ({
  algorithm,
  hash: { value, encoding: 'hex' },
  ...more,
});
/** The format of Active Directory: MD4 of UTF-16LE. */
const NTLM = { passwordEncoding: 'utf16le' };

/** Digests that OpenSSL has retired. */
const RETIRED: Vector[] = [
  ['RFC 1320, nothing', '', hex('md4', '31d6cfe0d16ae931b73c59d7e0c089c0')],
  ['RFC 1320, a', 'a', hex('md4', 'bde52cb31de33e46245e05fbdbd6fb24')],
  ['RFC 1320, abc', 'abc', hex('md4', 'a448017aaf21d8525fc10ae87aa6729d')],
  ['RFC 1320, message digest', 'message digest', hex('md4', 'd9130a8164549fe818874806e1c7014b')],
  [
    'RFC 1320, more than one block',
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
    hex('md4', 'e33b4ddc9c38f2199c3e7b164fcc0536'),
  ],
  ['NTLM of password', 'password', hex('md4', '8846f7eaee8fb117ad06bdd830b7586c', NTLM)],
  ['NTLM of nothing', '', hex('md4', '31d6cfe0d16ae931b73c59d7e0c089c0', NTLM)],
];

/** From the test suite of the reference implementation, github.com/P-H-C/phc-winner-argon2. */
const ARGON2_REFERENCE: Vector[] = [
  '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
  '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ',
].map((value) => [value, 'password', { algorithm: 'argon2', hash: { value } }]);

test.each([
  ...PUBLISHED,
  ...RFC,
  ...ARGON2_REFERENCE,
  ...RETIRED,
])('only the right password matches the published hash: %s', async (_name, password, imported) => {
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

test.each([
  [
    '',
    '19fa61d75522a4669b44e39c1d2e1726c530232130d407f89afee0964997f7a73e83be698b288febcf88e3e03c4f0757ea8964e59b63d93708b138cc42a66eb3',
  ],
  [
    'abc',
    '4e2448a4c6f486bb16b6562c73b4020bf3043e3a731bce721ae1b303d97e6d4c7181eebdb6c57e277d0e34957114cbd6c797fc9d95d8b582d225292076d4eef5',
  ],
])('whirlpool of %j is as published in ISO/IEC 10118-3', async (text, published) => {
  expect((await computeDigest('whirlpool', Buffer.from(text))).toString('hex')).toBe(published);
});

test.each(['md4', 'whirlpool'])('HMAC with %s follows RFC 2104', async (digest) => {
  const long = Buffer.alloc(100, 'k');
  for (const key of [Buffer.from('key'), long]) {
    const short = key.length > 64 ? await computeDigest(digest, key) : key;
    const pad = (byte: number) => Buffer.alloc(64, byte).map((each, n) => each ^ (short[n] ?? 0));
    const inner = await computeDigest(digest, Buffer.concat([pad(0x36), Buffer.from('text')]));
    const outer = await computeDigest(digest, Buffer.concat([pad(0x5c), inner]));
    expect(await computeHmac(digest, key, Buffer.from('text'))).toEqual(outer);
    const value = outer.toString('hex');
    const hash = { value, encoding: 'hex', digest };
    const imported: ImportedHash = {
      algorithm: 'hmac',
      hash: { ...hash, key: { value: key.toString('hex'), encoding: 'hex' } },
    };
    expect(checkImportedHash(imported)).toEqual({ kind: 'ok' });
    const verdict = await verifyPassword({ kind: 'imported', imported }, 'text');
    expect(verdict).toEqual({ matches: true, outdated: true });
  }
});
