import { scrypt as derive, type ScryptOptions } from 'node:crypto';
import { sameBytes } from '../crypto/crypto.ts';
import { scryptMs } from './cost.ts';
import { decode, hashBytes, passwordBytes } from './encoding.ts';
import { type Family, outOfBounds, refuse } from './imported-hash.ts';

const MAX_N = 2 ** 30;
const MAX_R_AND_P = 2 ** 15;
const MIN_KEY_BYTES = 8;
const MAX_KEY_BYTES = 512;

function deriveInThreadPool(
  password: Buffer,
  salt: Buffer,
  length: number,
  options: ScryptOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    derive(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** scrypt (RFC 7914). */
export const scrypt: Family = (imported) => {
  const expected = hashBytes(imported);
  if (expected.kind === 'refused') return expected;
  const bytes = passwordBytes(imported);
  if (bytes.kind === 'refused') return bytes;
  const salt = decode('salt', imported.salt ?? { value: '' }, 'utf8');
  if (salt.kind === 'refused') return salt;

  const { keylen, cost: N = 16_384, blockSize: r = 8, parallelization: p = 1 } = imported;
  if (keylen === undefined) return refuse('keylen', 'NOT_PASSED', 'keylen is required for scrypt');
  const refusal =
    outOfBounds('keylen', 'keylen', keylen, MIN_KEY_BYTES, MAX_KEY_BYTES) ??
    outOfBounds('cost', 'cost', N, 2, MAX_N) ??
    outOfBounds('blockSize', 'blockSize', r, 1, MAX_R_AND_P) ??
    outOfBounds('parallelization', 'parallelization', p, 1, MAX_R_AND_P);
  if (refusal) return refusal;
  if ((N & (N - 1)) !== 0) return refuse('cost', 'FORMAT', 'cost must be a power of two');
  if (N >= 2 ** Math.min(16 * r, 53)) {
    return refuse('cost', 'MAXIMUM', `cost must be below 2^${16 * r} when blockSize is ${r}`);
  }
  if (expected.value.length !== keylen) {
    return refuse(
      'hash.value',
      'FORMAT',
      `hash.value has ${expected.value.length} bytes, but keylen is ${keylen}`,
    );
  }
  // Memory that OpenSSL allocates (crypto/evp/pbe_scrypt.c): V, B, and two blocks of scratch.
  const memoryBytes = 128 * r * (N + p + 2);
  return {
    kind: 'parsed',
    value: {
      memoryBytes,
      costMs: scryptMs({ N, r, p }),
      threads: 1,
      verify: async (password) => {
        const options = { N, r, p, maxmem: 2 * memoryBytes };
        const key = await deriveInThreadPool(bytes.value(password), salt.value, keylen, options);
        return sameBytes(key, expected.value);
      },
    },
  };
};
