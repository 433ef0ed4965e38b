import type { Verifier } from './imported-hash.ts';

type Cost = Pick<Verifier, 'costMs' | 'memoryBytes' | 'threads'>;

/** Maximum time in milliseconds of one verification for a hash from an import, so that it fits a login. */
const MOST_MS = 1000;
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_THREADS = 16;
// Hashes that earlier versions accepted are still verified up to this limit.
const MOST_MS_STORED = 10_000;
// scrypt needs some blocks beside its large table.
const SPARE_BYTES = 1024 * 1024;

/** From this time in milliseconds on a verification counts as costly and waits for one of few slots. */
const COSTLY_MS = 100;
const COSTLY_BYTES = 64 * 1024 * 1024;

// These are estimates, not measurements, because every node must judge a hash alike. They come from one core of about 3 GHz.
const ARGON2_KIB_PER_MS = 2800;
const BCRYPT_ROUNDS_PER_MS = 17.5;
const SCRYPT_BLOCKS_PER_MS = 3000;
const PBKDF2_ITERATIONS_PER_MS: Record<string, number> = {
  md5: 4500,
  sha1: 7000,
  sha224: 7000,
  sha256: 7000,
  sha384: 2400,
  sha512: 2400,
};
const PBKDF2_OTHERS_PER_MS = 1400;

/**
 * Returns the time in milliseconds that argon2 takes. Lanes divide the work among threads, which a busy server does not have, so they do
 * not count.
 */
export function argon2Ms({ memoryKib, passes }: { memoryKib: number; passes: number }): number {
  return (memoryKib * passes) / ARGON2_KIB_PER_MS;
}

/** Returns the time in milliseconds that bcrypt takes. */
export function bcryptMs(cost: number): number {
  return 2 ** cost / BCRYPT_ROUNDS_PER_MS;
}

/** Returns the time in milliseconds that scrypt takes. */
export function scryptMs({ N, r, p }: { N: number; r: number; p: number }): number {
  return (N * r * p) / SCRYPT_BLOCKS_PER_MS;
}

/** Returns the time in milliseconds that PBKDF2 takes. @param blocks number of output blocks; each costs all iterations again */
export function pbkdf2Ms(digest: string, iterations: number, blocks: number): number {
  const name = digest.toLowerCase().replace(/^rsa-|-/g, '');
  return (iterations * blocks) / (PBKDF2_ITERATIONS_PER_MS[name] ?? PBKDF2_OTHERS_PER_MS);
}

/** Returns whether a hash is cheap enough for an import. */
export function fitsLogin({ costMs, memoryBytes, threads }: Cost): boolean {
  return costMs <= MOST_MS && memoryBytes <= MOST_BYTES + SPARE_BYTES && threads <= MOST_THREADS;
}

/** Returns whether a stored hash is verified at all. */
export function isVerifiable({ costMs, memoryBytes, threads }: Cost): boolean {
  return (
    fitsLogin({ costMs: Math.min(costMs, MOST_MS), memoryBytes, threads }) &&
    costMs <= MOST_MS_STORED
  );
}

/** Works as {@link isCostly}, with the estimated time alone. */
export function isCostlyTime(costMs: number): boolean {
  return costMs > COSTLY_MS;
}

/**
 * Returns the time in whole milliseconds that refusals of a connection take because of such a hash. A hash that is costly only in memory
 * counts as costly in time.
 */
export function floorMs(cost: Pick<Cost, 'costMs' | 'memoryBytes'>): number {
  return Math.ceil(isCostly(cost) ? Math.max(cost.costMs, COSTLY_MS + 1) : cost.costMs);
}

/** Returns whether a verification is so costly that only a few may run at a time. */
export function isCostly({ costMs, memoryBytes }: Pick<Cost, 'costMs' | 'memoryBytes'>): boolean {
  return isCostlyTime(costMs) || memoryBytes > COSTLY_BYTES;
}
