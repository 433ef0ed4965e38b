import { randomBytes } from 'node:crypto';
import { epochSeconds } from '../clock/clock.ts';

export { isReservedUserId, RESERVED_IDS, RESERVED_USERS_PATTERN } from './reserved-ids.ts';

const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

let pool = Buffer.alloc(0);
let used = 0;

/** Returns `count` random bytes from a buffer: one system call serves many ids. */
function draw(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomBytes(Math.max(8192, count));
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

/** Returns a random string of `length` letters and digits, without bias. */
export function randomAlnum(length: number): string {
  let out = '';
  while (out.length < length) {
    for (const byte of draw(length)) {
      // 248 is the largest multiple of 62 in a byte. Larger values would favor some letters.
      if (byte < 248) out += ALNUM[byte % 62];
      if (out.length === length) break;
    }
  }
  return out;
}

/** Returns an id in the API's form: prefix, underscore, 16 letters and digits (`con_ftSSLHb0O7rcUGmF`). */
export function newId(prefix: string): string {
  return `${prefix}_${randomAlnum(16)}`;
}

/** Returns 24 hexadecimal digits that begin with the time in seconds, as the ids of database users do. */
export function newObjectId(now: Date): string {
  const seconds = epochSeconds(now);
  return seconds.toString(16).padStart(8, '0') + draw(8).toString('hex');
}
