import { computeHmac, hmacBytes } from './digests.ts';
import { bareHash, decode } from './encoding.ts';
import { type Family, refuse } from './imported-hash.ts';

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
  const compute = (bytes: Buffer) => computeHmac(digest, secret.value, bytes);
  return bareHash(imported, { by: digest, length, compute });
};
