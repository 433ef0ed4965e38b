import { argon2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashPassword, type StoredHash, verifyNothing, verifyPassword } from './password-hash.ts';

/** Returns an argon2id PHC string from OpenSSL, which our implementation must accept. */
function foreignPhc(password: string, { memory = 19_456, passes = 2, parallelism = 1 } = {}) {
  const nonce = Buffer.from('sixteen bytes of');
  const cost = { memory, passes, parallelism };
  const tag = argon2Sync('argon2id', { message: password, nonce, tagLength: 32, ...cost });
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(tag)}`;
}

const own = (phc: string): StoredHash => ({ kind: 'argon2id', phc });

test('a hashed password matches, another does not', async () => {
  const phc = await hashPassword('correct horse');

  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(own(phc), 'correct horse')).toEqual({
    matches: true,
    outdated: false,
  });
  expect(await verifyPassword(own(phc), 'correct horsf')).toEqual({
    matches: false,
    outdated: false,
  });
});

test('the same password never gives the same hash twice', async () => {
  expect(await hashPassword('correct horse')).not.toBe(await hashPassword('correct horse'));
});

test('a hash that OpenSSL made with our parameters is current', async () => {
  const phc = foreignPhc('correct horse');
  expect(await verifyPassword(own(phc), 'correct horse')).toEqual({
    matches: true,
    outdated: false,
  });
});

test.each([
  { memory: 8_192 },
  { passes: 1 },
  { parallelism: 2 },
])('a hash with %o is outdated once the password matches', async (parameters) => {
  const phc = foreignPhc('correct horse', parameters);
  expect(await verifyPassword(own(phc), 'correct horse')).toEqual({
    matches: true,
    outdated: true,
  });
  expect(await verifyPassword(own(phc), 'wrong')).toEqual({ matches: false, outdated: false });
});

test('the composed and the decomposed form of a letter are the same password', async () => {
  const phc = await hashPassword('Sch\u00f6nbrunn1');
  expect(await verifyPassword(own(phc), 'Scho\u0308nbrunn1')).toMatchObject({ matches: true });
});

test.each([
  '',
  '$argon2id$',
  '$argon2id$v=19$m=19456,t=2,p=1$$',
  '$argon2id$v=19$m=19456,t=2,t=2$c2l4dGVlbiBieXRlcyBvZg$AAAA',
  '$argon2id$v=19$m=4194304,t=2,p=1$c2l4dGVlbiBieXRlcyBvZg$AAAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=8,t=2,p=4$c2l4dGVlbiBieXRlcyBvZg$AAAAAAAAAAAAAAAAAAAAAA',
  '$argon2x$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyBvZg$AAAAAAAAAAAAAAAAAAAAAA',
])('the malformed hash "%s" matches nothing and throws nothing', async (phc) => {
  expect(await verifyPassword(own(phc), '')).toEqual({ matches: false, outdated: false });
});

test('verifying nothing works without an account', async () => {
  await expect(verifyNothing('anything')).resolves.toBeUndefined();
});
