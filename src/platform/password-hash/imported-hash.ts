/** A text that stands for bytes. `encoding` is `hex`, `base64` (also url-safe) or `utf8`. */
export type EncodedText = { value: string; encoding?: string };

/** A password hash made by another system, with what it takes to verify it. */
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
  /** The encoding in which the other system turned the typed password into bytes. */
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
  /** Dotted place in the hash object, such as `hash.value`. */
  path: string;
  code: 'MAXIMUM' | 'MINIMUM' | 'PATTERN' | 'FORMAT' | 'ENUM_MISMATCH' | 'NOT_PASSED';
  message: string;
};

export type Checked =
  | { kind: 'ok' }
  /** Nothing is wrong with it, but verifying it does not fit a login. */
  | { kind: 'too-costly'; message: string }
  | Refused;

export type Parsed<T> = { kind: 'parsed'; value: T } | Refused;

/** A hash that has been read: what verifying takes, and the verification itself. */
export type Verifier = {
  /** Memory in bytes that one verification takes beside the ordinary. */
  memoryBytes: number;
  /** Time in ms that one verification is estimated to take; see cost.ts. */
  costMs: number;
  /** Threads that one verification takes. */
  threads: number;
  verify(password: string): boolean | Promise<boolean>;
};

/** What verifying costs where it is next to nothing. */
export const CHEAP = { memoryBytes: 0, costMs: 0, threads: 1 };

/** One family of algorithms: reads a hash, or says what is wrong with it. */
export type Family = (imported: ImportedHash) => Parsed<Verifier>;

export function refuse(path: string, code: Refused['code'], message: string): Refused {
  return { kind: 'refused', path, code, message };
}

/** Refuses a whole number outside of `[least, most]`; null when it is inside. */
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
