import { createHash, createHmac } from 'node:crypto';
import { createHMAC, createMD4, createWhirlpool, md4, whirlpool } from 'hash-wasm';

/** WebAssembly versions of digests that OpenSSL has retired (version 3 has them in a provider that is not loaded). */
const RETIRED = {
  md4: { bytes: 16, digest: md4, create: createMD4 },
  whirlpool: { bytes: 64, digest: whirlpool, create: createWhirlpool },
};

function isRetired(digest: string): digest is keyof typeof RETIRED {
  return Object.hasOwn(RETIRED, digest);
}

/** Returns the digest of some bytes. @throws if there is no such digest: check {@link digestBytes} first */
export async function computeDigest(digest: string, bytes: Buffer): Promise<Buffer> {
  if (!isRetired(digest)) return createHash(digest).update(bytes).digest();
  return Buffer.from(await RETIRED[digest].digest(bytes), 'hex');
}

/** Returns the HMAC (RFC 2104) of some bytes. @throws if there is no such digest: check {@link hmacBytes} first */
export async function computeHmac(digest: string, key: Buffer, bytes: Buffer): Promise<Buffer> {
  if (!isRetired(digest)) return createHmac(digest, key).update(bytes).digest();
  const hmac = await createHMAC(RETIRED[digest].create(), key);
  return Buffer.from(hmac.init().update(bytes).digest('binary'));
}

/** Returns the length in bytes of a {@link computeHmac} result, or `null` if it is not available. */
export function hmacBytes(digest: string): number | null {
  return isRetired(digest) ? RETIRED[digest].bytes : pbkdf2DigestBytes(digest);
}

/**
 * Returns the length in bytes of the digest, or `null` if PBKDF2 cannot use it here: OpenSSL lacks it (md4, whirlpool), or has no HMAC for
 * it (shake128).
 */
export function pbkdf2DigestBytes(digest: string): number | null {
  return probe(() => createHmac(digest, '').digest().length);
}

/** Returns the length in bytes of a {@link computeDigest} result, or `null` if it is not available. */
export function digestBytes(digest: string): number | null {
  if (isRetired(digest)) return RETIRED[digest].bytes;
  return probe(() => createHash(digest).digest().length);
}

// OpenSSL lists names that it cannot compute, so only a trial is reliable.
function probe(measure: () => number): number | null {
  try {
    return measure();
  } catch {
    return null;
  }
}
