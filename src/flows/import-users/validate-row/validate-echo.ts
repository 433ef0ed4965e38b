import type { JsonObject } from './validate-problems.ts';
import { isJsonObject, storable } from './validate-problems.ts';

const MASK = '*****';
/** Names of properties that hold a secret wherever they appear. */
const SECRET_NAME = /passw|pwd|secret|hash|salt|token|private|credential/i;
/** The parameters of a hash are worth showing and reveal nothing. */
const HASH_FACTS = new Set(['algorithm', 'encoding', 'digest', 'position']);

/**
 * Returns the row as shown in a job's errors. Secrets are masked, and text that the database cannot store is replaced, because the echo is
 * stored with the job. The row must not be nested too deeply.
 */
export function echoRow(row: JsonObject): Record<string, unknown> {
  return copyObject(row, (key, value) => {
    if (key === 'custom_password_hash') return maskHash(value);
    return SECRET_NAME.test(key) ? MASK : copy(value);
  });
}

function maskHash(value: unknown): unknown {
  if (typeof value === 'string') return MASK;
  if (Array.isArray(value)) return value.map(maskHash);
  if (!isJsonObject(value)) return value;
  return copyObject(value, (key, item) =>
    HASH_FACTS.has(key) && typeof item === 'string' ? storable(item) : maskHash(item),
  );
}

function copy(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(copy);
  if (!isJsonObject(value)) return value;
  return copyObject(value, (key, item) => (SECRET_NAME.test(key) ? MASK : copy(item)));
}

function copyObject(
  object: JsonObject,
  convert: (key: string, value: unknown) => unknown,
): Record<string, unknown> {
  // `fromEntries` defines properties: a key named `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [storable(key), convert(key, value)]),
  );
}
