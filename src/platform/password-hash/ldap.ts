import { createHash } from 'node:crypto';
import { sameBytes } from '../crypto/crypto.ts';
import { fromBase64, textWithSalt } from './encoding.ts';
import { CHEAP, type Family, refuse } from './imported-hash.ts';

/** Digest and its length in bytes by scheme. Names have no dashes, and no S for a salted one. */
const SCHEMES: Record<string, [digest: string, bytes: number]> = {
  MD5: ['md5', 16],
  SHA: ['sha1', 20],
  SHA1: ['sha1', 20],
  SHA224: ['sha224', 28],
  SHA256: ['sha256', 32],
  SHA384: ['sha384', 48],
  SHA512: ['sha512', 64],
};
const SALTED = /^S(?=MD5|SHA)/;
const USER_PASSWORD = /^\{([A-Za-z0-9-]{1,16})\}(.+)$/;

/** `userPassword` values of directories (RFC 2307): `{SSHA}` and base64 of digest and salt. */
export const ldap: Family = (imported) => {
  const read = textWithSalt(imported);
  if (read.kind === 'refused') return read;
  const { text, bytes } = read.value;

  const [, written = '', base64 = ''] = USER_PASSWORD.exec(text) ?? [];
  const scheme = written.toUpperCase().replaceAll('-', '');
  const bare = scheme.replace(SALTED, '');
  const known = Object.hasOwn(SCHEMES, bare) ? SCHEMES[bare] : undefined;
  if (!known) {
    return refuse(
      'hash.value',
      'PATTERN',
      'hash.value must start with one of {MD5}, {SMD5}, {SHA}, {SSHA}, {SHA256}, {SSHA256}, {SHA384}, {SSHA384}, {SHA512}, {SSHA512}',
    );
  }
  const [digest, length] = known;
  const salted = bare !== scheme;
  const decoded = fromBase64(base64);
  if (!decoded || (salted ? decoded.length <= length : decoded.length !== length)) {
    return refuse(
      'hash.value',
      'FORMAT',
      `{${written}} must be followed by base64 of ${length} bytes${salted ? ' and a salt' : ''}`,
    );
  }
  const expected = decoded.subarray(0, length);
  const salt = decoded.subarray(length);
  return {
    kind: 'parsed',
    value: {
      ...CHEAP,
      verify: (password) =>
        sameBytes(createHash(digest).update(bytes(password)).update(salt).digest(), expected),
    },
  };
};
