import { sameBytes } from '../crypto/crypto.ts';
import { computeHmac, hmacBytes } from './digests.ts';
import { decode, hashBytes, saltedBytes } from './encoding.ts';
import { CHEAP, type Family, refuse } from './imported-hash.ts';

const DIGESTS = [
  'md4',
  'md5',
  'ripemd160',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'whirlpool',
];

/** HMAC (RFC 2104) of the password with an optional salt, under the key of the hash. */
export const hmac: Family = (imported) => {
  const { digest, key } = imported.hash;
  if (digest === undefined || key === undefined) {
    const path = digest === undefined ? 'hash.digest' : 'hash.key';
    return refuse(path, 'NOT_PASSED', `${path} is required for hmac`);
  }
  if (!DIGESTS.includes(digest)) {
    const message = `hash.digest must be one of ${DIGESTS.join(', ')}`;
    return refuse('hash.digest', 'ENUM_MISMATCH', message);
  }
  const length = hmacBytes(digest);
  if (length === null) {
    return refuse('hash.digest', 'ENUM_MISMATCH', `${digest} is not available here`);
  }
  const secret = decode('hash.key', key, 'utf8');
  if (secret.kind === 'refused') return secret;
  const expected = hashBytes(imported);
  if (expected.kind === 'refused') return expected;
  const bytes = saltedBytes(imported);
  if (bytes.kind === 'refused') return bytes;
  if (expected.value.length !== length) {
    return refuse(
      'hash.value',
      'FORMAT',
      `hash.value has ${expected.value.length} bytes, ${digest} gives ${length}`,
    );
  }
  return {
    kind: 'parsed',
    value: {
      ...CHEAP,
      verify: async (password) => {
        const computed = await computeHmac(digest, secret.value, bytes.value(password));
        return sameBytes(computed, expected.value);
      },
    },
  };
};
