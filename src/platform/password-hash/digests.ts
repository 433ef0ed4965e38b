import { createHash, createHmac } from 'node:crypto';

/**
 * Bytes that the digest gives when used in an HMAC, null if this OpenSSL hasn't got it (md4 and
 * whirlpool are gone since version 3) or it can't be used so (shake128).
 */
export function hmacDigestBytes(digest: string): number | null {
  return probe(() => createHmac(digest, '').digest().length);
}

/** Bytes that the digest gives, null if this OpenSSL hasn't got it. */
export function digestBytes(digest: string): number | null {
  return probe(() => createHash(digest).digest().length);
}

// OpenSSL lists names it can't compute, so asking is the only sure test.
function probe(measure: () => number): number | null {
  try {
    return measure();
  } catch {
    return null;
  }
}
