import type { CsvColumn } from '../../platform/rows/rows.ts';

const BOOLEANS = new Set(['email_verified', 'phone_verified', 'blocked']);
const OBJECTS = new Set(['app_metadata', 'user_metadata', 'custom_password_hash', 'mfa_factors']);
const NUMBERS = new Set(['keylen', 'cost', 'blockSize', 'parallelization']);

/**
 * Where a column of a users' CSV goes: `user_metadata.address.city` and
 * `custom_password_hash.hash.value` build nested objects. Hashes and salts stay text even if they
 * consist of digits; a column nobody knows goes to the validator under its own name.
 */
export function userCsvColumn(name: string): CsvColumn {
  if (BOOLEANS.has(name)) return { path: [name], type: 'boolean' };
  if (OBJECTS.has(name)) return { path: [name], type: 'json' };
  const path = name.split('.');
  const [root, second] = path;
  if (path.length === 1 || path.includes('')) return { path: [name], type: 'string' };
  if (root === 'app_metadata' || root === 'user_metadata') return { path, type: 'auto' };
  if (root === 'custom_password_hash') {
    return { path, type: path.length === 2 && NUMBERS.has(second ?? '') ? 'auto' : 'string' };
  }
  return { path: [name], type: 'string' };
}
