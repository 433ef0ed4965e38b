import { sameBytes } from '../crypto/crypto.ts';
import { computeHmac, hmacBytes } from './digests.ts';
import { bareHash, decode } from './encoding.ts';
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
  const bare = bareHash(imported, digest, length);
  if (bare.kind === 'refused') return bare;
  const { expected, bytes } = bare.value;
  return {
    kind: 'parsed',
    value: {
      ...CHEAP,
      verify: async (password) => {
        const computed = await computeHmac(digest, secret.value, bytes(password));
        return sameBytes(computed, expected);
      },
    },
  };
};
