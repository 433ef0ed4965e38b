import { getHashes } from 'node:crypto';
import type { Problems } from './validate-problems.ts';
import { missing, report } from './validate-problems.ts';

/** The wire's `custom_password_hash`; `password_hash` becomes algorithm bcrypt. */
export type ImportedHash = {
  algorithm:
    | 'bcrypt'
    | 'argon2'
    | 'pbkdf2'
    | 'scrypt'
    | 'sha1'
    | 'sha256'
    | 'sha512'
    | 'md5'
    | 'md4'
    | 'hmac'
    | 'ldap';
  hash: {
    value: string;
    encoding?: string;
    digest?: string;
    key?: { value: string; encoding?: string };
  };
  salt?: { value: string; encoding?: string; position?: 'prefix' | 'suffix' };
  passwordEncoding?: string;
  keylen?: number;
  cost?: number;
  blockSize?: number;
  parallelization?: number;
};

type Check = (hash: ImportedHash, path: string, problems: Problems) => void;

// One login must not cost more than a moment and a few hundred MiB, whatever somebody imports.
const MAX_BCRYPT_COST = 14;
const MAX_ARGON2_MEMORY_KIB = 256 * 1024;
const MAX_ARGON2_PASSES = 10;
const MAX_ARGON2_LANES = 16;
const MAX_SCRYPT_COST = 2 ** 17;
const MAX_SCRYPT_BLOCK_SIZE = 16;
const MAX_SCRYPT_PARALLELIZATION = 10;
const MAX_PBKDF2_ITERATIONS = 2_000_000;
const MAX_KEY_BYTES = 512;

const DIGEST_BYTES: { readonly [digest: string]: number } = {
  md4: 16,
  md5: 16,
  ripemd160: 20,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
  whirlpool: 64,
};

const LDAP_BYTES: { readonly [scheme: string]: number } = {
  md5: 16,
  sha: 20,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

const available = new Set(getHashes().map((name) => name.toLowerCase()));

/** OpenSSL 3 keeps md4 and whirlpool in a provider that is usually not loaded. */
export function isDigestAvailable(name: string): boolean {
  return available.has(name.toLowerCase());
}

/** Bytes a hex or base64 (also URL-safe, padded or not) text stands for, or -1 if it is neither. */
export function decodedLength(text: string, encoding: string): number {
  if (encoding === 'hex') {
    return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text) ? text.length / 2 : -1;
  }
  const digits = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(text)?.[1];
  if (digits === undefined || digits.length % 4 === 1) return -1;
  return Math.floor((digits.length * 3) / 4);
}

/** The rows we imitate want cost 10 exactly; we take every cost a login can bear. */
export const checkBcrypt: Check = ({ hash }, path, problems) => {
  const at = path.endsWith('.hash') ? `${path}.value` : path;
  const match = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash.value);
  if (!match) {
    report(
      problems,
      'PATTERN',
      at,
      'This is not a complete bcrypt hash: it must be $2a$, $2b$ or $2y$, two digits of cost, $ and 53 characters.',
    );
    return;
  }
  bounded(problems, at, 'bcrypt cost', Number(match[1]), 4, MAX_BCRYPT_COST);
};

/** https://github.com/P-H-C/phc-string-format, the parameters in the order argon2 writes them. */
export const checkPhcArgon2: Check = ({ hash }, path, problems) => {
  const at = `${path}.value`;
  const match =
    /^\$argon2(?:id|i|d)\$(?:v=(\d{1,3})\$)?m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*)$/.exec(
      hash.value,
    );
  if (!match || ![undefined, '16', '19'].includes(match[1])) {
    report(
      problems,
      'PATTERN',
      at,
      'This is not an argon2 PHC string: write it as $argon2id$v=19$m=65536,t=2,p=1$<salt>$<hash> with salt and hash in base64.',
    );
    return;
  }
  const [, , memory, passes, lanes, salt = '', value = ''] = match;
  bounded(problems, at, 'argon2 m (KiB)', Number(memory), 8 * Number(lanes), MAX_ARGON2_MEMORY_KIB);
  bounded(problems, at, 'argon2 t', Number(passes), 1, MAX_ARGON2_PASSES);
  bounded(problems, at, 'argon2 p', Number(lanes), 1, MAX_ARGON2_LANES);
  // What the verifier takes.
  bounded(problems, at, 'argon2 salt bytes', decodedLength(salt, 'base64'), 8, 48);
  bounded(problems, at, 'argon2 hash bytes', decodedLength(value, 'base64'), 10, 64);
};

/** `$pbkdf2-<digest>$i=…,l=…$<salt>$<hash>`; i and l may be missing and default to 100000 and 64. */
export const checkPhcPbkdf2: Check = ({ hash }, path, problems) => {
  const at = `${path}.value`;
  const match =
    /^\$pbkdf2-([A-Za-z0-9/-]+)(?:\$((?:i=\d{1,10}|l=\d{1,10})(?:,(?:i=\d{1,10}|l=\d{1,10}))?))?\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
      hash.value,
    );
  if (!match) {
    report(
      problems,
      'PATTERN',
      at,
      'This is not a pbkdf2 PHC string: write it as $pbkdf2-sha512$i=100000,l=64$<salt>$<hash> with salt and hash in base64 without padding.',
    );
    return;
  }
  const [, digest = '', parameters = '', , value = ''] = match;
  if (!isDigestAvailable(digest)) unavailable(problems, at, digest);
  const iterations = Number(/i=(\d+)/.exec(parameters)?.[1] ?? 100_000);
  const length = Number(/l=(\d+)/.exec(parameters)?.[1] ?? 64);
  bounded(problems, at, 'pbkdf2 i', iterations, 1, MAX_PBKDF2_ITERATIONS);
  bounded(problems, at, 'pbkdf2 l', length, 1, MAX_KEY_BYTES);
  expectBytes(problems, at, 'l', length, decodedLength(value, 'base64'));
};

export const checkScrypt: Check = (scrypt, path, problems) => {
  const { hash, keylen, cost = 16_384, blockSize = 8, parallelization = 1 } = scrypt;
  if (keylen === undefined) {
    missing(problems, path, 'keylen', 'scrypt needs the length of the hash in bytes, such as 32.');
    return;
  }
  bounded(problems, `${path}.keylen`, 'scrypt keylen', keylen, 1, MAX_KEY_BYTES);
  if (cost < 2 || !Number.isInteger(Math.log2(cost))) {
    const message = 'cost must be a power of two greater than 1, such as 16384: correct it.';
    report(problems, 'NOT_PASSED', `${path}.cost`, message);
  }
  bounded(problems, `${path}.cost`, 'scrypt cost', cost, 1, MAX_SCRYPT_COST);
  // Together with the cost this bounds the memory, 128 × cost × blockSize, at 256 MiB.
  bounded(problems, `${path}.blockSize`, 'scrypt blockSize', blockSize, 1, MAX_SCRYPT_BLOCK_SIZE);
  bounded(
    problems,
    `${path}.parallelization`,
    'scrypt parallelization',
    parallelization,
    1,
    MAX_SCRYPT_PARALLELIZATION,
  );
  const bytes = decodedLength(hash.value, hash.encoding ?? 'hex');
  expectBytes(problems, `${path}.hash.value`, 'keylen', keylen, bytes);
};

export const checkDigestHash: Check = ({ algorithm, hash }, path, problems) => {
  const bytes = decodedLength(hash.value, hash.encoding ?? 'hex');
  expectBytes(problems, `${path}.value`, algorithm, DIGEST_BYTES[algorithm] ?? 0, bytes);
};

export const checkHmac: Check = ({ hash }, path, problems) => {
  const digest = hash.digest ?? '';
  if (!Object.hasOwn(DIGEST_BYTES, digest)) {
    const names = Object.keys(DIGEST_BYTES).join(', ');
    report(problems, 'ENUM_MISMATCH', `${path}.digest`, `No enum match: use one of ${names}.`);
    return;
  }
  if (!isDigestAvailable(digest)) unavailable(problems, `${path}.digest`, digest);
  const bytes = decodedLength(hash.value, hash.encoding ?? 'hex');
  expectBytes(problems, `${path}.value`, digest, DIGEST_BYTES[digest] ?? 0, bytes);
};

/** RFC 2307 `{SCHEME}base64`; the salted schemes append the salt to the digest. */
export const checkLdap: Check = ({ hash }, path, problems) => {
  const at = `${path}.value`;
  const match = /^\{([A-Za-z0-9]+)\}(.+)$/.exec(hash.value);
  const scheme = match?.[1]?.toLowerCase() ?? '';
  const isSalted = scheme === 'smd5' || scheme.startsWith('ssha');
  const digest = isSalted ? scheme.slice(1) : scheme;
  if (!match || !Object.hasOwn(LDAP_BYTES, digest)) {
    report(
      problems,
      'PATTERN',
      at,
      'Write the hash as {SCHEME}base64 with one of the schemes MD5, SMD5, SHA, SSHA, SHA224 to SHA512 and SSHA224 to SSHA512; {CRYPT} is not supported.',
    );
    return;
  }
  const expected = LDAP_BYTES[digest] ?? 0;
  const bytes = decodedLength(match[2] ?? '', 'base64');
  if (!isSalted) expectBytes(problems, at, scheme, expected, bytes);
  else if (bytes <= expected) {
    report(
      problems,
      'PATTERN',
      at,
      `A {${scheme.toUpperCase()}} hash is ${expected} bytes and its salt, in base64; this value is too short or not base64. Export it again.`,
    );
  }
};

function bounded(
  problems: Problems,
  path: string,
  what: string,
  value: number,
  minimum: number,
  maximum: number,
): void {
  if (value > maximum) {
    report(
      problems,
      'MAXIMUM',
      path,
      `${what} is ${value}, maximum ${maximum}: import the user without a hash and let them set a new password.`,
    );
  } else if (value < minimum) {
    report(problems, 'MINIMUM', path, `${what} is ${value}, minimum ${minimum}: correct the hash.`);
  }
}

function expectBytes(
  problems: Problems,
  path: string,
  what: string,
  expected: number,
  bytes: number,
): void {
  if (bytes === expected) return;
  const found = bytes === -1 ? 'is not in the encoding it says' : `is ${bytes} bytes`;
  report(
    problems,
    'PATTERN',
    path,
    `The hash must be ${expected} bytes (${what}) but ${found}: check algorithm, encoding and length.`,
  );
}

function unavailable(problems: Problems, path: string, digest: string): void {
  report(
    problems,
    'ENUM_MISMATCH',
    path,
    `${digest} is not available on this server: import the user without a hash and let them set a new password.`,
  );
}
