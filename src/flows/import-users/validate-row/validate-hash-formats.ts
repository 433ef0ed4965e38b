import {
  checkImportedHash,
  type ImportedHash,
} from '../../../platform/password-hash/password-hash.ts';
import type { Problems, RowNote } from './validate-problems.ts';
import { report } from './validate-problems.ts';

/** The password of a row: the hash, or the reason why its user has none. */
export type ReadHash = { hash: ImportedHash } | { note: RowNote };

/**
 * Returns the hash if a login can verify it. Reports its faults. A valid hash that costs too much is omitted, and a note says so.
 * @param path the path of the hash in the row
 * @param place returns the path of a part of the hash, such as `hash.value`
 */
export function judgeHash(
  hash: ImportedHash,
  path: string,
  place: (part: string) => string,
  problems: Problems,
): ReadHash | undefined {
  const checked = checkImportedHash(hash);
  switch (checked.kind) {
    case 'ok':
      return { hash };
    case 'too-costly': {
      const message = `The user was imported without a password, because ${checked.message}. Let the user set a new one.`;
      return { note: { code: 'HASH_LEFT_OUT', path, message } };
    }
    case 'refused': {
      // On the wire a string of the wrong form is a PATTERN error.
      const code = checked.code === 'FORMAT' ? 'PATTERN' : checked.code;
      return report(problems, code, place(checked.path), `${checked.message}: correct the hash.`);
    }
  }
}

/** Returns the number of bytes that a hex or base64 (also URL-safe, padded or not) string encodes, or -1 if it is neither. */
export function decodedLength(text: string, encoding: string): number {
  if (encoding === 'hex') {
    return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text) ? text.length / 2 : -1;
  }
  const digits = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(text)?.[1];
  if (digits === undefined || digits.length % 4 === 1) return -1;
  return Math.floor((digits.length * 3) / 4);
}
