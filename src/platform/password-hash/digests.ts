import { createHash, createHmac } from 'node:crypto';
import { createHMAC, createMD4, createWhirlpool, md4, whirlpool } from 'hash-wasm';

/** Digests that OpenSSL has retired (version 3 keeps them in a provider that is not loaded), in WebAssembly. */
const RETIRED = {
  md4: { bytes: 16, digest: md4, create: createMD4 },
  whirlpool: { bytes: 64, digest: whirlpool, create: createWhirlpool },
};

function isRetired(digest: string): digest is keyof typeof RETIRED {
  return Object.hasOwn(RETIRED, digest);
}

/** The digest of some bytes. @throws when there is no such digest: ask {@link digestBytes} before */
export async function computeDigest(digest: string, bytes: Buffer): Promise<Buffer> {
  if (!isRetired(digest)) return createHash(digest).update(bytes).digest();
  return Buffer.from(await RETIRED[digest].digest(bytes), 'hex');
}

/** The HMAC (RFC 2104) of some bytes. @throws when there is no such digest: ask {@link hmacBytes} before */
export async function computeHmac(digest: string, key: Buffer, bytes: Buffer): Promise<Buffer> {
  if (!isRetired(digest)) return createHmac(digest, key).update(bytes).digest();
  const hmac = await createHMAC(RETIRED[digest].create(), key);
  return Buffer.from(hmac.init().update(bytes).digest('binary'));
}

/** Bytes that {@link computeHmac} gives, null if it can't. */
export function hmacBytes(digest: string): number | null {
  return isRetired(digest) ? RETIRED[digest].bytes : pbkdf2DigestBytes(digest);
}

/** Bytes of the digest, null if it can't be used in PBKDF2 here: OpenSSL hasn't got it (md4, whirlpool), or not for an HMAC (shake128). */
export function pbkdf2DigestBytes(digest: string): number | null {
  return probe(() => createHmac(digest, '').digest().length);
}

/** Bytes that {@link computeDigest} gives, null if it can't. */
export function digestBytes(digest: string): number | null {
  if (isRetired(digest)) return RETIRED[digest].bytes;
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
