import { costlyPool, ordinaryPool } from '../hashing-queue/hashing-queue.ts';
import { argon2 } from './argon2.ts';
import { bcrypt } from './bcrypt.ts';
import type { Family, ImportedHash } from './imported-hash.ts';
import { pbkdf2 } from './pbkdf2.ts';
import { scrypt } from './scrypt.ts';

const zeros = (bytes: number) => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '');

/** Sample hashes with an estimated duration of about 20 ms, one of each kind that can be costly. */
const SAMPLES: [Family, ImportedHash][] = [
  [bcrypt, { algorithm: 'bcrypt', hash: { value: `$2b$08$${'.'.repeat(53)}` } }],
  [
    argon2,
    {
      algorithm: 'argon2',
      hash: { value: `$argon2id$v=19$m=65536,t=1,p=1$${zeros(16)}$${zeros(32)}` },
    },
  ],
  [
    scrypt,
    {
      algorithm: 'scrypt',
      hash: { value: '00'.repeat(32), encoding: 'hex' },
      keylen: 32,
      cost: 8192,
    },
  ],
  [
    pbkdf2,
    { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-sha512$i=50000,l=64$AAAA$${zeros(64)}` } },
  ],
];
// The fastest of this many runs counts: a pause says nothing about the machine.
const TIMES = 2;

let learned: Promise<void> | undefined;

/** Measures once how this machine compares with the estimates, before the first refusal depends on them. */
export function calibrate(): Promise<void> {
  // After a failure, for example for lack of memory, the next call tries again.
  learned ??= measure().catch((error: unknown) => {
    learned = undefined;
    throw error;
  });
  return learned;
}

async function measure(): Promise<void> {
  let slowest = 0;
  for (const [family, imported] of SAMPLES) {
    const parsed = family(imported);
    if (parsed.kind === 'refused') throw new Error(parsed.message);
    const { costMs, verify } = parsed.value;
    let best = Number.POSITIVE_INFINITY;
    for (let time = 0; time < TIMES; time++) {
      const began = performance.now();
      await verify('nobody');
      best = Math.min(best, performance.now() - began);
    }
    slowest = Math.max(slowest, best / costMs);
  }
  for (const pool of [costlyPool, ordinaryPool]) {
    // The pace accepts a value after two in a row.
    pool.note(slowest);
    pool.note(slowest);
  }
}
