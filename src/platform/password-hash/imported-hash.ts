/** A text that represents bytes. `encoding` is `hex`, `base64` (also url-safe) or `utf8`. */
export type EncodedText = { value: string; encoding?: string };

/** A password hash of another system, with the parameters to verify it. */
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
  hash: EncodedText & { digest?: string; key?: EncodedText };
  salt?: EncodedText & { position?: 'prefix' | 'suffix' };
  /** The encoding with which the other system converted the typed password to bytes. */
  passwordEncoding?: string;
  /** scrypt: length of the derived key in bytes. */
  keylen?: number;
  /** scrypt: N. */
  cost?: number;
  /** scrypt: r. */
  blockSize?: number;
  /** scrypt: p. */
  parallelization?: number;
};

export type Refused = {
  kind: 'refused';
  /** Path in the hash object, such as `hash.value`. */
  path: string;
  code: 'MAXIMUM' | 'MINIMUM' | 'PATTERN' | 'FORMAT' | 'ENUM_MISMATCH' | 'NOT_PASSED';
  message: string;
};

export type Checked =
  | { kind: 'ok' }
  /** The hash is valid, but its verification is too costly for a login. */
  | { kind: 'too-costly'; message: string }
  | Refused;

export type Parsed<T> = { kind: 'parsed'; value: T } | Refused;

/** A parsed hash: the cost of its verification, and the verification itself. */
export type Verifier = {
  /** Additional memory of one verification, in bytes. */
  memoryBytes: number;
  /** Estimated time of one verification, in milliseconds; see cost.ts. */
  costMs: number;
  /** Number of threads that one verification uses. */
  threads: number;
  verify(password: string): boolean | Promise<boolean>;
};

/** The cost of a verification that takes almost nothing. */
export const CHEAP = { memoryBytes: 0, costMs: 0, threads: 1 };

/** One family of algorithms: parses a hash, or returns its problem. */
export type Family = (imported: ImportedHash) => Parsed<Verifier>;

export function refuse(path: string, code: Refused['code'], message: string): Refused {
  return { kind: 'refused', path, code, message };
}

/** Refuses a number that is not whole or not in `[least, most]`. Returns `null` if it is allowed. */
export function outOfBounds(
  path: string,
  what: string,
  value: number,
  least: number,
  most: number,
): Refused | null {
  if (!Number.isSafeInteger(value)) {
    return refuse(path, 'FORMAT', `${what} must be a whole number`);
  }
  if (value < least) {
    return refuse(path, 'MINIMUM', `${what} must be at least ${least}, it is ${value}`);
  }
  if (value > most) {
    return refuse(path, 'MAXIMUM', `${what} must be at most ${most}, it is ${value}`);
  }
  return null;
}
