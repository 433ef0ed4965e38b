import type { Verifier } from './imported-hash.ts';

type Cost = Pick<Verifier, 'costMs' | 'memoryBytes' | 'threads'>;

/** What one verification may cost for a hash to be taken from an import: time and memory that fit a login. */
const MOST_MS = 1000;
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_THREADS = 16;
// What earlier versions took in is still verified.
const MOST_MS_STORED = 10_000;
// scrypt needs some blocks beside its large table.
const SPARE_BYTES = 1024 * 1024;

/** From here on a verification waits for one of the few places that costly ones have. */
const COSTLY_MS = 100;
const COSTLY_BYTES = 64 * 1024 * 1024;

// Estimates, not measurements: every node must judge a hash alike. Taken on one core of about 3 GHz.
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

/** Time in ms that argon2 takes. Lanes do the same work in more threads, which a busy server has not. */
export function argon2Ms({ memoryKib, passes }: { memoryKib: number; passes: number }): number {
  return (memoryKib * passes) / ARGON2_KIB_PER_MS;
}

/** Time in ms that bcrypt takes. */
export function bcryptMs(cost: number): number {
  return 2 ** cost / BCRYPT_ROUNDS_PER_MS;
}

/** Time in ms that scrypt takes. */
export function scryptMs({ N, r, p }: { N: number; r: number; p: number }): number {
  return (N * r * p) / SCRYPT_BLOCKS_PER_MS;
}

/** Time in ms that PBKDF2 takes. @param blocks of output, each of which costs all iterations again */
export function pbkdf2Ms(digest: string, iterations: number, blocks: number): number {
  const name = digest.toLowerCase().replace(/^rsa-|-/g, '');
  return (iterations * blocks) / (PBKDF2_ITERATIONS_PER_MS[name] ?? PBKDF2_OTHERS_PER_MS);
}

/** Whether a hash costs so little that an import may bring it. */
export function fitsLogin({ costMs, memoryBytes, threads }: Cost): boolean {
  return costMs <= MOST_MS && memoryBytes <= MOST_BYTES + SPARE_BYTES && threads <= MOST_THREADS;
}

/** Whether a hash that is stored is verified at all. */
export function isBearable({ costMs, memoryBytes, threads }: Cost): boolean {
  return (
    fitsLogin({ costMs: Math.min(costMs, MOST_MS), memoryBytes, threads }) &&
    costMs <= MOST_MS_STORED
  );
}

/** As {@link isCostly}, of the estimated time alone. */
export function isCostlyTime(costMs: number): boolean {
  return costMs > COSTLY_MS;
}

/** Time in whole ms that a store's wrong answers take for such a hash; a costly one counts as costly also when it is memory that it takes. */
export function floorMs(cost: Pick<Cost, 'costMs' | 'memoryBytes'>): number {
  return Math.ceil(isCostly(cost) ? Math.max(cost.costMs, COSTLY_MS + 1) : cost.costMs);
}

/** Whether so much goes into a verification that only a few may run at a time. */
export function isCostly({ costMs, memoryBytes }: Pick<Cost, 'costMs' | 'memoryBytes'>): boolean {
  return isCostlyTime(costMs) || memoryBytes > COSTLY_BYTES;
}
