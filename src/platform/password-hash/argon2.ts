import { hashRaw } from '@node-rs/argon2';
import { sameBytes } from '../crypto/crypto.ts';
import { argon2Ms } from './cost.ts';
import { fromBase64, textWithSalt } from './encoding.ts';
import { type Family, outOfBounds, type Parsed, refuse } from './imported-hash.ts';

const MAX_NUMBER = 2 ** 32 - 1;
const MIN_SALT_BYTES = 8;
const MIN_TAG_BYTES = 8;
const MAX_SALT_BYTES = 512;
const MAX_TAG_BYTES = 512;

// The library's enums are const enums, which have no value after type stripping.
const ALGORITHMS: Record<string, 0 | 1 | 2> = { d: 0, i: 1, id: 2 };
const PHC =
  /^\$argon2(id|i|d)(?:\$v=(16|19))?\$([mtp]=\d{1,10}(?:,[mtp]=\d{1,10}){2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export type Argon2 = {
  type: string;
  version: 16 | 19;
  memoryKib: number;
  passes: number;
  lanes: number;
  salt: Buffer;
  tag: Buffer;
};

/**
 * Parses `$argon2id$v=19$m=65536,t=2,p=1$salt$hash` (PHC string format). Without `v` the version is 16, as in the reference implementation.
 */
export function parseArgon2(phc: string): Parsed<Argon2> {
  const [, type = '', version = '16', numbers = '', salt64 = '', tag64 = ''] = PHC.exec(phc) ?? [];
  const costs = new Map(numbers.split(',').map((pair) => [pair[0], Number(pair.slice(2))]));
  const memoryKib = costs.get('m');
  const passes = costs.get('t');
  const lanes = costs.get('p');
  const salt = fromBase64(salt64);
  const tag = fromBase64(tag64);
  if (!memoryKib || !passes || !lanes || !salt || !tag) {
    return refuse(
      'hash.value',
      'PATTERN',
      'hash.value must look like $argon2id$v=19$m=65536,t=2,p=1$<base64 salt>$<base64 hash>',
    );
  }
  return (
    outOfBounds('hash.value', 'argon2 m (KiB)', memoryKib, 8 * lanes, MAX_NUMBER) ??
    outOfBounds('hash.value', 'argon2 t', passes, 1, MAX_NUMBER) ??
    outOfBounds('hash.value', 'argon2 p', lanes, 1, MAX_NUMBER) ??
    outOfBounds('hash.value', 'argon2 salt length', salt.length, MIN_SALT_BYTES, MAX_SALT_BYTES) ??
    outOfBounds('hash.value', 'argon2 hash length', tag.length, MIN_TAG_BYTES, MAX_TAG_BYTES) ?? {
      kind: 'parsed',
      value: { type, version: version === '19' ? 19 : 16, memoryKib, passes, lanes, salt, tag },
    }
  );
}

/** Returns whether the password gives this hash. Runs in the thread pool. */
export async function matchesArgon2(stored: Argon2, password: Uint8Array): Promise<boolean> {
  const { memoryKib, passes, lanes, salt, tag } = stored;
  const computed = await hashRaw(password, {
    algorithm: ALGORITHMS[stored.type],
    version: stored.version === 19 ? 1 : 0,
    memoryCost: memoryKib,
    timeCost: passes,
    parallelism: lanes,
    outputLen: tag.length,
    salt,
  });
  return sameBytes(computed, tag);
}

/** argon2i, argon2d and argon2id as PHC strings (RFC 9106). */
export const argon2: Family = (imported) => {
  const read = textWithSalt(imported);
  if (read.kind === 'refused') return read;
  const { text, bytes } = read.value;
  const parsed = parseArgon2(text);
  if (parsed.kind === 'refused') return parsed;
  return {
    kind: 'parsed',
    value: {
      memoryBytes: parsed.value.memoryKib * 1024,
      costMs: argon2Ms(parsed.value),
      threads: parsed.value.lanes,
      verify: (password) => matchesArgon2(parsed.value, bytes(password)),
    },
  };
};
