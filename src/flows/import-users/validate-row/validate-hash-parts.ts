import type { ImportedHash } from '../../../platform/password-hash/password-hash.ts';
import { decodedLength } from './validate-hash-formats.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import {
  missing,
  readObject,
  readString,
  readText,
  refuseOtherKeys,
  report,
  wrongType,
} from './validate-problems.ts';

/** The encodings of a hash's value, salt and key. */
export const ENCODINGS = new Set(['base64', 'hex', 'utf8']);
const PASSWORD_ENCODINGS = new Set(['ascii', 'utf8', 'utf16le', 'ucs2', 'latin1', 'binary']);
const POSITIONS = new Set(['prefix', 'suffix']);
const SALT_KEYS = new Set(['value', 'encoding', 'position']);
const KEY_KEYS = new Set(['value', 'encoding']);
const PASSWORD_KEYS = new Set(['encoding']);
const LENGTH = { min: 1, max: 4096 };

/** Reads the key of an hmac. */
export function readKey(
  object: JsonObject,
  path: string,
  problems: Problems,
): { value: string; encoding?: string } | undefined {
  if (!Object.hasOwn(object, 'key')) {
    const at = path.slice(0, path.lastIndexOf('.'));
    return missing(problems, at, 'key', 'hmac needs its key, as {"value": …, "encoding": …}.');
  }
  const key = readObject(object.key, path, problems);
  if (!key) return undefined;
  refuseOtherKeys(key, KEY_KEYS, path, problems);
  return readEncodedText(key, path, problems);
}

/** Reads the salt beside a hash. `isAllowed` is `false` for algorithms whose hash contains the salt. */
export function readSalt(
  custom: JsonObject,
  isAllowed: boolean,
  path: string,
  problems: Problems,
): ImportedHash['salt'] | undefined {
  if (!Object.hasOwn(custom, 'salt')) return undefined;
  if (!isAllowed) {
    return report(
      problems,
      'NOT_PASSED',
      path,
      'This algorithm keeps its salt inside hash.value: remove salt.',
    );
  }
  const salt = readObject(custom.salt, path, problems);
  if (!salt) return undefined;
  refuseOtherKeys(salt, SALT_KEYS, path, problems);
  const text = readEncodedText(salt, path, problems);
  const position = readEnum(salt, 'position', POSITIONS, path, problems);
  return text && { ...text, position: position === 'suffix' ? 'suffix' : 'prefix' };
}

/** Reads `value` and `encoding` of a salt or key. The value must match the encoding. */
function readEncodedText(
  object: JsonObject,
  path: string,
  problems: Problems,
): { value: string; encoding: string } | undefined {
  const value = readRequiredText(object, 'value', path, problems);
  const encoding = readEnum(object, 'encoding', ENCODINGS, path, problems) ?? 'utf8';
  if (value === undefined) return undefined;
  if (encoding !== 'utf8' && decodedLength(value, encoding) === -1) {
    return report(
      problems,
      'PATTERN',
      `${path}.value`,
      `The value is not ${encoding}: correct it, or change the encoding next to it.`,
    );
  }
  return { value, encoding };
}

/** Reads how the typed password is encoded before it is hashed. */
export function readPasswordEncoding(
  custom: JsonObject,
  path: string,
  problems: Problems,
): string | undefined {
  if (!Object.hasOwn(custom, 'password')) return undefined;
  const password = readObject(custom.password, path, problems);
  if (!password) return undefined;
  refuseOtherKeys(password, PASSWORD_KEYS, path, problems);
  return readEnum(password, 'encoding', PASSWORD_ENCODINGS, path, problems);
}

type Numbers = { keylen?: number; cost?: number; blockSize?: number; parallelization?: number };

/** Reads the parameters of scrypt. Other algorithms may have them too and ignore them, as in Auth0. */
export function readNumbers(custom: JsonObject, path: string, problems: Problems): Numbers {
  const numbers: Numbers = {};
  for (const name of ['keylen', 'cost', 'blockSize', 'parallelization'] as const) {
    const value = custom[name];
    if (value === undefined) continue;
    const at = `${path}.${name}`;
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      wrongType(problems, at, 'integer', value);
    } else if (value < 1)
      report(problems, 'MINIMUM', at, `Value ${value} is less than minimum 1: raise it.`);
    else numbers[name] = value;
  }
  return numbers;
}

/** Returns a required property of type string, or reports a problem. */
export function readRequiredText(
  object: JsonObject,
  key: string,
  path: string,
  problems: Problems,
): string | undefined {
  if (!Object.hasOwn(object, key)) return missing(problems, path, key, '');
  return readText(object[key], `${path}.${key}`, LENGTH, problems);
}

/** Returns an optional property with one of a few allowed values, or reports a problem. */
export function readEnum(
  object: JsonObject,
  key: string,
  allowed: ReadonlySet<string>,
  path: string,
  problems: Problems,
): string | undefined {
  if (!Object.hasOwn(object, key)) return undefined;
  const text = readString(object[key], `${path}.${key}`, problems);
  if (text === undefined || allowed.has(text)) return text;
  return report(
    problems,
    'ENUM_MISMATCH',
    `${path}.${key}`,
    `No enum match: use one of ${[...allowed].join(', ')}.`,
  );
}
