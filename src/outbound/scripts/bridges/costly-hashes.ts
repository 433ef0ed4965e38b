import { pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { compare, hash } from '@node-rs/bcrypt';
import { costlyPool, ordinaryPool } from '../../../platform/hashing-queue/hashing-queue.ts';
import {
  bcryptMs,
  isCostlyTime,
  pbkdf2Ms,
  scryptMs,
} from '../../../platform/password-hash/password-hash.ts';
import type { Json } from '../script-types.ts';
import { text } from './values.ts';

const derivePbkdf2 = promisify(pbkdf2);
const deriveScrypt = promisify(scrypt) as (
  password: Buffer,
  salt: Buffer,
  length: number,
  options: object,
) => Promise<Buffer>;

/** Estimated milliseconds, so that a run has time for it. bcrypt of cost 15 takes less, of cost 16 more. */
const MOST_MS = 2500;
const MAX_SCRYPT_BYTES = 128 * 1024 * 1024;
const MAX_KEY_BYTES = 1024;
/** Of SHA-1. Longer keys take one more pass for each of them. */
const LEAST_DIGEST_BYTES = 20;

/** Refuses what would take too long, before anything is computed. What is costly waits for one of few slots. */
async function computed<T>(what: string, costMs: number, work: () => Promise<T>): Promise<T> {
  if (!(costMs <= MOST_MS)) {
    throw new RangeError(
      `The ${what} is too high for a script: it would take about ${Math.ceil(costMs / 1000)} seconds.`,
    );
  }
  return await (isCostlyTime(costMs) ? costlyPool : ordinaryPool).run(costMs, work);
}

/**
 * Computes hashes that are costly by design, off the event loop.
 * @throws RangeError for a cost beyond the limits, before anything is computed
 * @throws TooBusy if too many wait already
 */
export const COSTLY: Record<string, (args: Json[]) => Promise<Json>> = {
  async bcryptCompare([password, hashed]) {
    const stored = text(hashed);
    const cost = /^\$2[abxy]?\$(\d\d)\$/.exec(stored)?.[1];
    if (cost === undefined) return false;
    return await computed('bcrypt cost', bcryptMs(Number(cost)), () =>
      compare(text(password), stored),
    );
  },
  async bcryptHash([password, cost]) {
    const rounds = Math.max(4, whole('bcrypt cost', cost ?? 10));
    return await computed('bcrypt cost', bcryptMs(rounds), () => hash(text(password), rounds));
  },
  async pbkdf2([password, salt, iterations, length, digest]) {
    const count = whole('number of iterations', iterations);
    const bytes = whole('length of the key', length);
    refuseAbove('length of the key', bytes, MAX_KEY_BYTES);
    const name = text(digest, 'sha1');
    const costMs = pbkdf2Ms(name, count, Math.ceil(bytes / LEAST_DIGEST_BYTES));
    const key = await computed('number of iterations', costMs, () =>
      derivePbkdf2(bytesOf(password), bytesOf(salt), count, bytes, name),
    );
    return key.toString('base64');
  },
  async scrypt([password, salt, length, options]) {
    const { N, r, p } = scryptCost(options);
    const bytes = whole('length of the key', length);
    refuseAbove('length of the key', bytes, MAX_KEY_BYTES);
    refuseAbove('memory of scrypt', 128 * N * r, MAX_SCRYPT_BYTES);
    const limits = { N, r, p, maxmem: MAX_SCRYPT_BYTES + 1024 * 1024 };
    const key = await computed('cost of scrypt', scryptMs({ N, r, p }), () =>
      deriveScrypt(bytesOf(password), bytesOf(salt), bytes, limits),
    );
    return key.toString('base64');
  },
};

function bytesOf(base64: Json | undefined): Buffer {
  return Buffer.from(text(base64), 'base64');
}

function scryptCost(options: Json | undefined): { N: number; r: number; p: number } {
  const given = (options ?? {}) as Record<string, Json>;
  return {
    N: whole('cost of scrypt', given.N ?? given.cost ?? 16_384),
    r: whole('block size of scrypt', given.r ?? given.blockSize ?? 8),
    p: whole('parallelization of scrypt', given.p ?? given.parallelization ?? 1),
  };
}

function whole(what: string, value: Json | undefined): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`The ${what} must be a whole number above 0.`);
}

function refuseAbove(what: string, value: number, most: number): void {
  if (value <= most) return;
  throw new RangeError(
    `The ${what} is too high for a script: ${value} instead of ${most} at most.`,
  );
}
