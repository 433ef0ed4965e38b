import { hash } from '@node-rs/argon2';
import { costlyPool, ordinaryPool, TooBusy } from '../hashing-queue/hashing-queue.ts';
import { argon2, matchesArgon2, parseArgon2 } from './argon2.ts';
import { bcrypt, hashWithBcrypt } from './bcrypt.ts';
import { calibrate } from './calibrate.ts';
import {
  argon2Ms,
  bcryptMs,
  fitsLogin,
  floorMs,
  isCostly,
  isCostlyTime,
  isVerifiable,
} from './cost.ts';
import { digest } from './digest.ts';
import { hmac } from './hmac.ts';
import {
  type Checked,
  type Family,
  type ImportedHash,
  type Parsed,
  refuse,
  type Verifier,
} from './imported-hash.ts';
import { ldap } from './ldap.ts';
import { pbkdf2 } from './pbkdf2.ts';
import { scrypt } from './scrypt.ts';
import { hasImportedShape, MAX_TEXT } from './shape.ts';

export { bcryptMs, isCostlyTime, pbkdf2Ms, scryptMs } from './cost.ts';
export type { ImportedHash } from './imported-hash.ts';

/** The content of a passwords row: our own argon2id PHC string, or an imported hash as it came. */
export type StoredHash =
  | { kind: 'argon2id'; phc: string }
  | { kind: 'imported'; imported: ImportedHash };

/** The reserved time of a refusal, among all attempts of this node. */
export type Turn = {
  /** Milliseconds from now until a refusal may be answered: when the costliest hash would be verified after all earlier attempts. */
  refusalInMs: number;
  /** Whether too many attempts came earlier. A wrong password then gets "try again later". */
  isOverfull: boolean;
  /** Releases the time after a correct password: later attempts need not wait for it. */
  release(): void;
};

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
const OURS = { memoryKib: 19_456, passes: 2, lanes: 1, saltBytes: 16, tagBytes: 32 };

const FAMILIES: Record<ImportedHash['algorithm'], Family> = {
  argon2,
  bcrypt,
  hmac,
  ldap,
  md4: digest,
  md5: digest,
  pbkdf2,
  scrypt,
  sha1: digest,
  sha256: digest,
  sha512: digest,
};

const OURS_MS = argon2Ms(OURS);

/**
 * Hashes a password for storage.
 * @returns an argon2id PHC string (RFC 9106). Computed in the thread pool, one at a time per core.
 */
export function hashPassword(password: string): Promise<string> {
  const { memoryKib, passes, lanes, tagBytes } = OURS;
  return ordinaryPool.run(OURS_MS, () =>
    hash(normalized(password), {
      algorithm: 2,
      memoryCost: memoryKib,
      timeCost: passes,
      parallelism: lanes,
      outputLen: tagBytes,
    }),
  );
}

const BCRYPT_COST = 10;

/** Hashes a password for a system that knows bcrypt only. Beyond 72 bytes, bcrypt does not see it. */
export function hashPasswordWithBcrypt(password: string): Promise<string> {
  return ordinaryPool.run(bcryptMs(BCRYPT_COST), () => hashWithBcrypt(password, BCRYPT_COST));
}

/**
 * Compares a password with the stored value, in constant time. Malformed stored data is a mismatch, never an error. So is older data beyond
 * every cost limit. A costly verification waits for one of few slots. A mismatch with an imported hash also takes the time of
 * `verifyNothing`, because a plain digest would otherwise reveal that the account exists.
 *
 * @returns `outdated` is true if the password matches and the caller should store a new hash: for every imported one, and for argon2id with
 * other parameters than the current ones
 * @param turn from {@link acquireSlot}, at a login: its time is reserved already
 * @throws TooBusy (statusCode 503) if too many costly verifications wait already
 */
export async function verifyPassword(
  stored: StoredHash,
  password: string,
  turn: Turn | null = null,
): Promise<{ matches: boolean; outdated: boolean }> {
  if (stored.kind === 'argon2id') return verifyOurs(stored.phc, password, turn);
  const matches = await verifyImported(stored.imported, password, turn);
  if (!matches) await verifyNothing(password);
  return { matches, outdated: matches };
}

/** Takes the time of one verification, for accounts that do not exist. */
export async function verifyNothing(password: string): Promise<void> {
  const { memoryKib, passes, lanes, saltBytes, tagBytes } = OURS;
  const salt = Buffer.alloc(saltBytes);
  const tag = Buffer.alloc(tagBytes);
  const nobody = { type: 'id', version: 19 as const, memoryKib, passes, lanes, salt, tag };
  await ordinaryPool.run(OURS_MS, () => matchesArgon2(nobody, normalized(password)));
}

/**
 * Checks that an imported hash is complete and readable, and that its verification fits a login. An import can then refuse it with a reason
 * instead of locking its user out.
 */
export function checkImportedHash(imported: ImportedHash): Checked {
  const parsed = parseImported(imported);
  if (parsed.kind === 'refused') return parsed;
  const { costMs, memoryBytes } = parsed.value;
  if (fitsLogin(parsed.value)) return { kind: 'ok' };
  const cost = `about ${Math.ceil(costMs)} ms and ${Math.ceil(memoryBytes / 1024 ** 2)} MiB`;
  return {
    kind: 'too-costly',
    message: `verifying this ${imported.algorithm} hash would take ${cost}, more than the limit for a login`,
  };
}

/** Returns the estimated time of verifying an imported hash, in whole milliseconds. It is the same on every node. */
export function costOfImported(imported: ImportedHash): number {
  const parsed = parseImported(imported);
  return parsed.kind === 'refused' ? 0 : floorMs(parsed.value);
}

/**
 * Reserves the time of one login attempt in a connection, for expensive and cheap verifications alike. So neither the duration of a refusal
 * nor the wait behind it reveals the hash that was verified.
 * @param costliestMs from {@link costOfImported}, of the connection's costliest hash; 0 if there is none
 */
export async function acquireSlot(costliestMs: number): Promise<Turn> {
  if (costliestMs > 0) await calibrate();
  const isFew = isCostlyTime(costliestMs);
  const turns = [ordinaryPool.reserve(OURS_MS + (isFew ? 0 : costliestMs))];
  if (isFew) turns.push(costlyPool.reserve(costliestMs));
  return {
    refusalInMs: Math.round(Math.max(...turns.map((turn) => turn.doneInMs))),
    isOverfull: turns.some((turn) => turn.isOverfull),
    release() {
      for (const turn of turns) turn.release(performance.now());
    },
  };
}

/** Returns whether a verification was refused because too many costly ones wait. */
export function isTooBusy(error: unknown): boolean {
  return error instanceof TooBusy;
}

async function verifyOurs(phc: string, password: string, turn: Turn | null) {
  const parsed = parseArgon2(phc);
  if (parsed.kind === 'refused') return { matches: false, outdated: false };
  const stored = parsed.value;
  const cost = { costMs: argon2Ms(stored), memoryBytes: stored.memoryKib * 1024 };
  const matches = await inTurn({ ...cost, threads: stored.lanes }, turn, () =>
    matchesArgon2(stored, normalized(password)),
  );
  const current =
    stored.type === 'id' &&
    stored.version === 19 &&
    stored.memoryKib === OURS.memoryKib &&
    stored.passes === OURS.passes &&
    stored.lanes === OURS.lanes &&
    stored.tag.length === OURS.tagBytes;
  return { matches, outdated: matches && !current };
}

async function verifyImported(
  imported: ImportedHash,
  password: string,
  turn: Turn | null,
): Promise<boolean> {
  const parsed = parseImported(imported);
  if (parsed.kind === 'refused') return false;
  const verifier = parsed.value;
  return inTurn(verifier, turn, () => verifier.verify(password));
}

async function inTurn(
  cost: Omit<Verifier, 'verify'>,
  turn: Turn | null,
  verify: () => boolean | Promise<boolean>,
): Promise<boolean> {
  if (!isVerifiable(cost)) return false;
  const pool = isCostly(cost) ? costlyPool : ordinaryPool;
  // Later attempts wait for this too, so their refusals must include it.
  if (turn === null) pool.reserve(cost.costMs);
  return pool.run(cost.costMs, verify);
}

function parseImported(imported: ImportedHash): Parsed<Verifier> {
  if (!hasImportedShape(imported)) {
    return refuse(
      'hash',
      'FORMAT',
      `the value lacks the fields of a password hash, or one of them is longer than ${MAX_TEXT} characters`,
    );
  }
  if (!Object.hasOwn(FAMILIES, imported.algorithm)) {
    const known = Object.keys(FAMILIES).join(', ');
    return refuse('algorithm', 'ENUM_MISMATCH', `algorithm must be one of ${known}`);
  }
  return FAMILIES[imported.algorithm](imported);
}

// The same password typed on another keyboard may have another Unicode form: NIST SP 800-63B requires normalization before hashing.
// Imported hashes are used as they were made.
function normalized(password: string): Buffer {
  return Buffer.from(password.normalize('NFKC'), 'utf8');
}
