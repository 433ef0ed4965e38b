import { pbkdf2 as derive } from 'node:crypto';
import { promisify } from 'node:util';
import { sameBytes } from '../crypto/crypto.ts';
import { pbkdf2Ms } from './cost.ts';
import { pbkdf2DigestBytes } from './digests.ts';
import { fromBase64, textWithSalt } from './encoding.ts';
import { CHEAP, type Family, outOfBounds, refuse } from './imported-hash.ts';

const DEFAULT_ITERATIONS = 100_000;
const DEFAULT_LENGTH = 64;
const MAX_ITERATIONS = 2 ** 31 - 1;
const MIN_LENGTH = 8;
const MAX_LENGTH = 512;

const PHC =
  /^\$pbkdf2-([A-Za-z0-9/-]{1,64})(?:\$([il]=\d{1,10}(?:,[il]=\d{1,10})?))?\$([A-Za-z0-9+/]*)\$([A-Za-z0-9+/]+)$/;

const deriveInThreadPool = promisify(derive);

/** PBKDF2 (RFC 8018) as `$pbkdf2-sha256$i=100000,l=64$salt$hash`, base64 without padding. */
export const pbkdf2: Family = (imported) => {
  const read = textWithSalt(imported);
  if (read.kind === 'refused') return read;
  const { text, bytes } = read.value;

  const [, digest = '', numbers = '', salt64 = '', hash64 = ''] = PHC.exec(text) ?? [];
  const salt = fromBase64(salt64);
  const expected = fromBase64(hash64);
  if (!digest || !salt || !expected) {
    return refuse(
      'hash.value',
      'PATTERN',
      'hash.value must look like $pbkdf2-sha256$i=100000,l=64$<base64 salt>$<base64 hash>, without padding',
    );
  }
  const given = new Map(numbers.split(',').map((pair) => [pair[0], Number(pair.slice(2))]));
  const iterations = given.get('i') ?? DEFAULT_ITERATIONS;
  const length = given.get('l') ?? DEFAULT_LENGTH;
  const digestBytes = pbkdf2DigestBytes(digest);
  if (digestBytes === null) {
    return refuse('hash.value', 'ENUM_MISMATCH', `the digest ${digest} is not available here`);
  }
  const refusal =
    outOfBounds('hash.value', 'pbkdf2 i', iterations, 1, MAX_ITERATIONS) ??
    outOfBounds('hash.value', 'pbkdf2 l', length, MIN_LENGTH, MAX_LENGTH);
  if (refusal) return refusal;
  if (expected.length !== length) {
    return refuse(
      'hash.value',
      'FORMAT',
      `the hash has ${expected.length} bytes, but l is ${length} (${DEFAULT_LENGTH} if not given)`,
    );
  }
  return {
    kind: 'parsed',
    value: {
      ...CHEAP,
      costMs: pbkdf2Ms(digest, iterations, Math.ceil(length / digestBytes)),
      verify: async (password) =>
        sameBytes(
          await deriveInThreadPool(bytes(password), salt, iterations, length, digest),
          expected,
        ),
    },
  };
};
