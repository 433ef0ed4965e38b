import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  type DecipherGCM,
  getCiphers,
  getHashes,
  type KeyObject,
  pbkdf2Sync,
  scryptSync,
  sign,
  verify,
} from 'node:crypto';

type Key = {
  key?: string;
  der?: string;
  jwk?: object;
  secret?: string;
  type?: 'pkcs1' | 'spki' | 'pkcs8' | 'sec1';
  passphrase?: string;
  padding?: number;
  saltLength?: number;
  dsaEncoding?: 'der' | 'ieee-p1363';
};

/** What scripts compute while they wait keeps the thread of their process busy: about a tenth of a second at most. */
const MAX_ITERATIONS = 200_000;
const MAX_SCRYPT_BLOCKS = 300_000;
const MAX_KEY_BYTES = 256;

const bytes = (base64: string): Buffer => Buffer.from(String(base64), 'base64');

function publicKey(key: Key): KeyObject {
  return createPublicKey(materialOf(key) as Parameters<typeof createPublicKey>[0]);
}

function privateKey(key: Key): KeyObject {
  return createPrivateKey(materialOf(key) as Parameters<typeof createPrivateKey>[0]);
}

function materialOf({ key, der, jwk, type, passphrase }: Key): object {
  if (jwk !== undefined) return { key: jwk, format: 'jwk' };
  if (der !== undefined) return { key: bytes(der), format: 'der', type, passphrase };
  return { key: String(key), format: 'pem', passphrase };
}

/** Options of a signature, beside its key. */
function signingOf({ padding, saltLength, dsaEncoding }: Key): object {
  return {
    ...(padding !== undefined && { padding }),
    ...(saltLength !== undefined && { saltLength }),
    ...(dsaEncoding !== undefined && { dsaEncoding }),
  };
}

/** `RSA-SHA256` is an old name of `sha256` with an RSA key. */
function digestOf(algorithm: string | null): string | null {
  return algorithm === null ? null : algorithm.replace(/^rsa-/i, '');
}

/** Returns details of a key in JSON. */
function detailsOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): object {
  const shown = Object.entries(asymmetricKeyDetails).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? Number(value) : value,
  ]);
  return { asymmetricKeyType, asymmetricKeyDetails: Object.fromEntries(shown) };
}

function refuseAbove(what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value > 0 && value <= most) return;
  throw new RangeError(
    `The ${what} must be from 1 to ${most} in a function that waits. The one with a callback can do more.`,
  );
}

type CipherOptions = { aad: string; tag: string | null; padding: boolean };

/** Functions of `crypto` that give their result at once. Bytes travel in base64. */
export const SYNC_CRYPTO: Record<string, (...args: never[]) => unknown> = {
  hashes: () => getHashes(),
  ciphers: () => getCiphers(),
  cipher(
    isEncrypting: boolean,
    algorithm: string,
    key: string,
    iv: string | null,
    authTagLength: number | null,
    data: string,
    { aad, tag, padding }: CipherOptions,
  ) {
    const create = isEncrypting ? createCipheriv : createDecipheriv;
    const options = authTagLength === null ? {} : { authTagLength };
    const cipher = create(
      algorithm,
      bytes(key),
      iv === null ? null : bytes(iv),
      options as object,
    ) as CipherGCM & DecipherGCM;
    cipher.setAutoPadding(padding);
    const isAuthenticated = /gcm|ccm|ocb|poly1305/i.test(algorithm);
    if (!isEncrypting && tag !== null) cipher.setAuthTag(bytes(tag));
    if (aad !== '') cipher.setAAD(bytes(aad), { plaintextLength: bytes(data).length });
    const done = Buffer.concat([cipher.update(bytes(data)), cipher.final()]);
    return {
      data: done.toString('base64'),
      tag: isEncrypting && isAuthenticated ? cipher.getAuthTag().toString('base64') : null,
    };
  },
  readKey(type: 'public' | 'private', given: Key) {
    const key = type === 'public' ? publicKey(given) : privateKey(given);
    const pem =
      type === 'public'
        ? key.export({ type: 'spki', format: 'pem' })
        : key.export({ type: 'pkcs8', format: 'pem' });
    return { pem, ...detailsOf(key) };
  },
  exportKey(pem: string, options: { format: 'der' | 'jwk'; type: 'spki' }) {
    const isPrivate = pem.includes('PRIVATE KEY');
    const key = isPrivate ? privateKey({ key: pem }) : publicKey({ key: pem });
    const made: Buffer | object = key.export(options as { format: 'der'; type: 'spki' });
    return Buffer.isBuffer(made) ? made.toString('base64') : made;
  },
  sign(algorithm: string | null, data: string, key: Key) {
    const options = { key: privateKey(key), ...signingOf(key) };
    return sign(digestOf(algorithm), bytes(data), options).toString('base64');
  },
  verify(algorithm: string | null, data: string, key: Key, signature: string) {
    const options = { key: publicKey(key), ...signingOf(key) };
    return verify(digestOf(algorithm), bytes(data), options, bytes(signature));
  },
  pbkdf2(password: string, salt: string, iterations: number, length: number, digest: string) {
    refuseAbove('number of iterations', iterations, MAX_ITERATIONS);
    refuseAbove('length of the key', length, MAX_KEY_BYTES);
    const blocks = Math.ceil(length / 16);
    refuseAbove('number of iterations and blocks', iterations * blocks, 8 * MAX_ITERATIONS);
    return pbkdf2Sync(bytes(password), bytes(salt), iterations, length, digest).toString('base64');
  },
  scrypt(password: string, salt: string, length: number, options: Record<string, number>) {
    const N = options.N ?? options.cost ?? 16_384;
    const r = options.r ?? options.blockSize ?? 8;
    const p = options.p ?? options.parallelization ?? 1;
    refuseAbove('cost of scrypt', N * r * p, MAX_SCRYPT_BLOCKS);
    refuseAbove('length of the key', length, MAX_KEY_BYTES);
    const limits = { N, r, p, maxmem: 128 * N * r + 1024 * 1024 };
    return scryptSync(bytes(password), bytes(salt), length, limits).toString('base64');
  },
};
