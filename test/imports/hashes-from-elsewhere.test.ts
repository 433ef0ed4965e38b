import { createHMAC, createMD4, createWhirlpool, md4 } from 'hash-wasm';
import { beforeAll, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { authorizeAt, browserOf } from '../logs/browser.ts';
import { ended, type RefusedRow, upload } from './import-jobs.ts';

const PASSWORD = 'Größe-中文-Tulip-77';
/** NTLM of `password`, as many sources publish it. */
const NTLM_OF_PASSWORD = '8846F7EAEE8FB117AD06BDD830B7586C';
const NTLM_OF_NOTHING = '31d6cfe0d16ae931b73c59d7e0c089c0';
const UTF16 = { password: { encoding: 'utf16le' } };

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);
const base64 = (hex: string) => bytes(hex, 'hex').toString('base64');
const ntlm = (value: string) => ({
  algorithm: 'md4',
  hash: { value, encoding: 'hex' },
  ...UTF16,
});

async function hmac(digest: 'md4' | 'whirlpool', key: Buffer, message: Buffer): Promise<string> {
  const made = await createHMAC(digest === 'md4' ? createMD4() : createWhirlpool(), key);
  return made.init().update(message).digest('hex');
}

type Kind = { what: string; password: string; hash: object };

async function kinds(): Promise<Kind[]> {
  const utf16 = bytes(PASSWORD, 'utf16le');
  const salted = (parts: Buffer[]) => md4(Buffer.concat(parts));
  const own = (what: string, hash: object): Kind => ({ what, password: PASSWORD, hash });
  return [
    { what: 'NTLM in capitals', password: 'password', hash: ntlm(NTLM_OF_PASSWORD) },
    own('NTLM of other letters', ntlm(await md4(utf16))),
    own('NTLM in base64', {
      algorithm: 'md4',
      hash: { value: base64(await md4(utf16)), encoding: 'base64' },
      ...UTF16,
    }),
    own('md4 of UTF-8', {
      algorithm: 'md4',
      hash: { value: await md4(PASSWORD), encoding: 'hex' },
    }),
    own('md4 with a salt of text in front', {
      algorithm: 'md4',
      hash: { value: await salted([bytes('sälz'), bytes(PASSWORD)]), encoding: 'hex' },
      salt: { value: 'sälz' },
    }),
    own('md4 of UTF-16 with a salt in hex behind', {
      algorithm: 'md4',
      hash: { value: await salted([utf16, bytes('00ff', 'hex')]), encoding: 'hex' },
      salt: { value: '00FF', encoding: 'hex', position: 'suffix' },
      ...UTF16,
    }),
    own('md4 in base64 with a salt in base64 in front', {
      algorithm: 'md4',
      hash: {
        value: base64(await salted([bytes('0001', 'hex'), bytes(PASSWORD)])),
        encoding: 'base64',
      },
      salt: { value: 'AAE', encoding: 'base64', position: 'prefix' },
    }),
    own('HMAC with md4', {
      algorithm: 'hmac',
      hash: {
        value: await hmac('md4', bytes('key'), bytes(PASSWORD)),
        encoding: 'hex',
        digest: 'md4',
        key: { value: 'key' },
      },
    }),
    own('HMAC with whirlpool and a salt', {
      algorithm: 'hmac',
      hash: {
        value: base64(
          await hmac('whirlpool', bytes('ab'.repeat(80), 'hex'), bytes(`${PASSWORD}s`)),
        ),
        encoding: 'base64',
        digest: 'whirlpool',
        key: { value: 'ab'.repeat(80), encoding: 'hex' },
      },
      salt: { value: 's', position: 'suffix' },
    }),
  ];
}

let world: PasswordWorld;
beforeAll(async () => {
  world = await openPasswordWorld();
});

let address = 0;
const logIn = (email: string, password: string) =>
  world.login(email, password, { ip: `198.51.100.${++address}` });

async function storedKind(email: string): Promise<unknown> {
  const { rows } = await world.server.app.database.execute(
    `select p.kind, p.phc like '$argon2id$v=19$m=19456,t=2,p=1$%' as is_ours, p.imported
     from passwords p join users u on u.id = p.user_id where u.email = $1`,
    [email],
  );
  return rows[0];
}

async function refusedRows(jobId: string): Promise<RefusedRow[]> {
  const { body } = await world.server.api<RefusedRow[]>('GET', `/api/v2/jobs/${jobId}/errors`);
  return body;
}

test('users with md4 or whirlpool hashes log in with their password, and the server then keeps it as argon2id', async () => {
  const people = (await kinds()).map((kind) => ({ ...kind, email: aPerson().email }));
  const rows = people.map(({ email, hash }) => ({ email, custom_password_hash: hash }));
  const { body } = await upload(world.server, rows);
  const job = await ended(world.server, body.id);
  expect(job.summary, JSON.stringify(await refusedRows(job.id))).toMatchObject({ failed: 0 });
  await Promise.all(
    people.map(async ({ what, email, password }) => {
      for (const wrong of [`${password}x`, password.toUpperCase()]) {
        expect((await logIn(email, wrong)).status, what).toBe(403);
      }
      expect(await storedKind(email), what).toMatchObject({ kind: 'imported' });
      expect((await logIn(email, password)).status, what).toBe(200);
      const ours = { kind: 'argon2id', is_ours: true, imported: null };
      expect(await storedKind(email), what).toEqual(ours);
      expect((await logIn(email, password)).status, what).toBe(200);
      expect((await logIn(email, `${password}x`)).status, what).toBe(403);
    }),
  );
});

test('a CSV export of Active Directory can be imported, even with hashes of digits alone', async () => {
  const digits = '12345678901234567890123456789012';
  const [first, second] = [aPerson().email, aPerson().email];
  const field = 'custom_password_hash';
  const csv = [
    `email,${field}.algorithm,${field}.hash.value,${field}.hash.encoding,${field}.password.encoding`,
    `${first},md4,${NTLM_OF_PASSWORD},hex,utf16le`,
    `${second},md4,${digits},hex,utf16le`,
  ].join('\r\n');
  const { body } = await upload(world.server, csv);
  const job = await ended(world.server, body.id);
  expect(job.summary, JSON.stringify(await refusedRows(job.id))).toMatchObject({ inserted: 2 });
  expect(await storedKind(second)).toMatchObject({ imported: { hash: { value: digits } } });
  expect((await logIn(first, 'password')).status).toBe(200);
});

test('an empty password logs nobody in, even if the hash is of one', async () => {
  const blank = [
    ntlm(NTLM_OF_NOTHING),
    { algorithm: 'md5', hash: { value: 'd41d8cd98f00b204e9800998ecf8427e', encoding: 'hex' } },
  ].map((hash) => ({ email: aPerson().email, custom_password_hash: hash }));
  const { body } = await upload(world.server, blank);
  expect((await ended(world.server, body.id)).summary).toMatchObject({ inserted: 2 });
  for (const { email } of blank) {
    expect((await logIn(email, '')).status).not.toBe(200);
    const back = await authorizeAt(world, browserOf('a browser'), { email, password: '' }).catch(
      () => null,
    );
    expect(back?.searchParams.get('code') ?? null).toBeNull();
  }
});

test('a hash that no login could verify is refused with the row and the reason', async () => {
  const good = ntlm(NTLM_OF_PASSWORD);
  const value = (text: unknown) => ({ ...good, hash: { ...good.hash, value: text } });
  const mac = (hash: object) => ({
    algorithm: 'hmac',
    hash: {
      value: '00'.repeat(64),
      encoding: 'hex',
      digest: 'whirlpool',
      key: { value: 'k' },
      ...hash,
    },
  });
  const hostile: [hash: unknown, code: string, path: string][] = [
    [value(NTLM_OF_PASSWORD.slice(2)), 'PATTERN', 'hash.value'],
    [value(`${NTLM_OF_PASSWORD}00`), 'PATTERN', 'hash.value'],
    [value(NTLM_OF_PASSWORD.slice(1)), 'PATTERN', 'hash.value'],
    [value(`0x${NTLM_OF_PASSWORD}`), 'PATTERN', 'hash.value'],
    [
      value(`ada:1001:aad3b435b51404eeaad3b435b51404ee:${NTLM_OF_PASSWORD}:::`),
      'PATTERN',
      'hash.value',
    ],
    [value('\0'.repeat(32)), 'PATTERN', 'hash.value'],
    [value(''), 'MIN_LENGTH', 'hash.value'],
    [value(8846), 'INVALID_TYPE', 'hash.value'],
    [value([NTLM_OF_PASSWORD]), 'INVALID_TYPE', 'hash.value'],
    [value('00'.repeat(3000)), 'MAX_LENGTH', 'hash.value'],
    [{ ...good, hash: { value: NTLM_OF_PASSWORD } }, 'OBJECT_REQUIRED', 'hash.encoding'],
    [{ ...good, hash: { ...good.hash, encoding: 'utf8' } }, 'ENUM_MISMATCH', 'hash.encoding'],
    [{ ...good, hash: { ...good.hash, encoding: 'utf16le' } }, 'ENUM_MISMATCH', 'hash.encoding'],
    [{ ...good, hash: { ...good.hash, encoding: 'base64' } }, 'PATTERN', 'hash.value'],
    [{ ...good, hash: { ...good.hash, digest: 'md4' } }, 'NOT_PASSED', 'hash.digest'],
    [{ ...good, password: { encoding: 'utf16' } }, 'ENUM_MISMATCH', 'password.encoding'],
    [{ ...good, password: { encoding: 'utf16be' } }, 'ENUM_MISMATCH', 'password.encoding'],
    [{ ...good, password: { encoding: '__proto__' } }, 'ENUM_MISMATCH', 'password.encoding'],
    [{ ...good, salt: { value: 's', position: 'middle' } }, 'ENUM_MISMATCH', 'salt.position'],
    [{ ...good, salt: { value: 's', encoding: 'utf16le' } }, 'ENUM_MISMATCH', 'salt.encoding'],
    [{ ...good, salt: { value: 'xy', encoding: 'hex' } }, 'PATTERN', 'salt.value'],
    [{ ...good, salt: { value: 'a\0b' } }, 'PATTERN', 'salt.value'],
    [{ ...good, salt: { value: 's'.repeat(5000) } }, 'MAX_LENGTH', 'salt.value'],
    [{ ...good, algorithm: 'ntlm' }, 'ENUM_MISMATCH', 'algorithm'],
    [{ ...good, algorithm: 'MD4' }, 'ENUM_MISMATCH', 'algorithm'],
    [{ ...good, algorithm: 'whirlpool' }, 'ENUM_MISMATCH', 'algorithm'],
    [mac({ value: '00'.repeat(63) }), 'PATTERN', 'hash.value'],
    [mac({ digest: 'Whirlpool' }), 'ENUM_MISMATCH', 'hash.digest'],
    [mac({ digest: 'md4' }), 'PATTERN', 'hash.value'],
    [mac({ key: undefined }), 'OBJECT_REQUIRED', 'hash.key'],
    [mac({ key: { value: 'zz', encoding: 'hex' } }), 'PATTERN', 'hash.key.value'],
    [
      { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-md4$i=1,l=16$AAAA$${'A'.repeat(22)}` } },
      'ENUM_MISMATCH',
      'hash.value',
    ],
    [
      { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-whirlpool$i=1,l=64$AAAA$${'A'.repeat(86)}` } },
      'ENUM_MISMATCH',
      'hash.value',
    ],
  ];
  const rows = hostile.map(([hash]) => ({ email: aPerson().email, custom_password_hash: hash }));
  const { body } = await upload(world.server, rows);
  const job = await ended(world.server, body.id);
  const refused = await refusedRows(job.id);
  const seen = refused.map(({ errors }) => [
    ...new Set(errors.map(({ code, path }) => `${code} ${path}`)),
  ]);
  const expected = hostile.map(([, code, path]) => [`${code} custom_password_hash.${path}`]);
  expect(seen).toEqual(expected);
  expect(job.summary).toEqual({ total: rows.length, failed: rows.length, inserted: 0, updated: 0 });
});
