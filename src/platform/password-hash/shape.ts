import type { ImportedHash } from './imported-hash.ts';

const NUMBERS = ['keylen', 'cost', 'blockSize', 'parallelization'];
// Longer than any hash within the bounds. It keeps the patterns from parsing megabytes.
export const MAX_TEXT = 4096;

/** Returns whether a value has the types of an imported hash. Stored data may be older than this code. */
export function hasImportedShape(value: unknown): value is ImportedHash {
  if (!isRecord(value) || !isText(value.algorithm)) return false;
  const { hash, salt, passwordEncoding } = value;
  return (
    isEncodedText(hash) &&
    isOptionalText(hash.digest) &&
    (hash.key === undefined || isEncodedText(hash.key)) &&
    (salt === undefined || (isEncodedText(salt) && isOptionalText(salt.position))) &&
    isOptionalText(passwordEncoding) &&
    NUMBERS.every((name) => value[name] === undefined || typeof value[name] === 'number')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isEncodedText(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && isText(value.value) && isOptionalText(value.encoding);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}
