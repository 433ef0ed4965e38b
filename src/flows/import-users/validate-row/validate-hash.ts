import type { ImportedHash } from '../../../platform/password-hash/password-hash.ts';
import { judgeHash, type ReadHash } from './validate-hash-formats.ts';
import {
  ENCODINGS,
  readEnum,
  readKey,
  readNumbers,
  readPasswordEncoding,
  readRequiredText,
  readSalt,
} from './validate-hash-parts.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { missing, readObject, readString, refuseOtherKeys, report } from './validate-problems.ts';

type Algorithm = ImportedHash['algorithm'];

/** The wire's rules for an algorithm. */
type Rule = {
  /** `text`: the value contains all parameters (encoding utf8). `bytes`: hex or base64. */
  value: 'text' | 'bytes';
  salt: boolean;
};

const RULES: { readonly [A in Algorithm]: Rule } = {
  argon2: { value: 'text', salt: false },
  bcrypt: { value: 'text', salt: true },
  hmac: { value: 'bytes', salt: true },
  ldap: { value: 'text', salt: false },
  md4: { value: 'bytes', salt: true },
  md5: { value: 'bytes', salt: true },
  pbkdf2: { value: 'text', salt: false },
  scrypt: { value: 'bytes', salt: true },
  sha1: { value: 'bytes', salt: true },
  sha256: { value: 'bytes', salt: true },
  sha512: { value: 'bytes', salt: true },
};
const ALGORITHMS = new Set(Object.keys(RULES));

const HASH_KEYS = new Set([
  'algorithm',
  'hash',
  'salt',
  'password',
  'keylen',
  'cost',
  'blockSize',
  'parallelization',
]);
const VALUE_KEYS = new Set(['value', 'encoding', 'digest', 'key']);

/** Reads `password_hash`: bcrypt as Node writes it, `$2a$` or `$2b$`. */
export function readPasswordHash(
  value: unknown,
  path: string,
  problems: Problems,
): ReadHash | undefined {
  const text = readString(value, path, problems);
  if (text === undefined) return undefined;
  if (!/^\$2[ab]\$/.test(text)) {
    return report(
      problems,
      'PATTERN',
      path,
      'password_hash must be a bcrypt hash that starts with $2a$ or $2b$. Put any other hash into custom_password_hash.',
    );
  }
  const hash: ImportedHash = { algorithm: 'bcrypt', hash: { value: text, encoding: 'utf8' } };
  return judgeHash(hash, path, () => path, problems);
}

/** Reads `custom_password_hash`, and fills in the wire's defaults. */
export function readCustomHash(
  value: unknown,
  path: string,
  problems: Problems,
): ReadHash | undefined {
  const custom = readObject(value, path, problems);
  if (!custom) return undefined;
  const before = problems.length;
  refuseOtherKeys(custom, HASH_KEYS, path, problems);
  const algorithm = readAlgorithm(custom, path, problems);
  const rule = algorithm && RULES[algorithm];
  const hash = readHash(custom, rule, `${path}.hash`, problems);
  const salt = readSalt(custom, rule?.salt ?? true, `${path}.salt`, problems);
  const passwordEncoding = readPasswordEncoding(custom, `${path}.password`, problems);
  const numbers = readNumbers(custom, path, problems);
  if (problems.length > before || !algorithm || !rule || !hash) return undefined;

  const imported: ImportedHash = { algorithm, hash };
  if (salt) imported.salt = salt;
  if (passwordEncoding) imported.passwordEncoding = passwordEncoding;
  if (algorithm === 'scrypt') {
    imported.keylen = numbers.keylen;
    imported.cost = numbers.cost ?? 16_384;
    imported.blockSize = numbers.blockSize ?? 8;
    imported.parallelization = numbers.parallelization ?? 1;
  }
  return judgeHash(imported, path, (part) => `${path}.${part}`, problems);
}

function readAlgorithm(
  custom: JsonObject,
  path: string,
  problems: Problems,
): Algorithm | undefined {
  const names = [...ALGORITHMS].join(', ');
  if (!Object.hasOwn(custom, 'algorithm')) {
    return missing(problems, path, 'algorithm', `Give one of ${names}.`);
  }
  const at = `${path}.algorithm`;
  const name = readString(custom.algorithm, at, problems);
  if (name === undefined) return undefined;
  if (!isAlgorithm(name)) {
    return report(problems, 'ENUM_MISMATCH', at, `No enum match: use one of ${names}.`);
  }
  return name;
}

function isAlgorithm(name: string): name is Algorithm {
  return ALGORITHMS.has(name);
}

function readHash(
  custom: JsonObject,
  rule: Rule | undefined,
  path: string,
  problems: Problems,
): ImportedHash['hash'] | undefined {
  if (!Object.hasOwn(custom, 'hash')) {
    const at = path.slice(0, path.lastIndexOf('.'));
    return missing(problems, at, 'hash', 'Give an object with value and encoding.');
  }
  const object = readObject(custom.hash, path, problems);
  if (!object) return undefined;
  refuseOtherKeys(object, VALUE_KEYS, path, problems);
  const value = readRequiredText(object, 'value', path, problems);
  const encoding = readValueEncoding(object, rule, path, problems);
  const hash: ImportedHash['hash'] = { value: value ?? '', encoding };
  if (rule === RULES.hmac) {
    hash.digest = readRequiredText(object, 'digest', path, problems);
    hash.key = readKey(object, `${path}.key`, problems);
  } else if (rule) refuseHmacParts(object, path, problems);
  return hash;
}

function refuseHmacParts(object: JsonObject, path: string, problems: Problems): void {
  for (const name of ['digest', 'key']) {
    if (!Object.hasOwn(object, name)) continue;
    report(
      problems,
      'NOT_PASSED',
      `${path}.${name}`,
      `${name} is only for the algorithm hmac. Remove it.`,
    );
  }
}

function readValueEncoding(
  object: JsonObject,
  rule: Rule | undefined,
  path: string,
  problems: Problems,
): string | undefined {
  const encoding = readEnum(object, 'encoding', ENCODINGS, path, problems);
  if (!rule || problems.some((problem) => problem.path === `${path}.encoding`)) return encoding;
  if (rule.value === 'text') {
    if (encoding === undefined || encoding === 'utf8') return 'utf8';
    return report(
      problems,
      'ENUM_MISMATCH',
      `${path}.encoding`,
      'The hash of this algorithm is text: write the encoding utf8.',
    );
  }
  if (encoding === undefined) {
    return missing(problems, path, 'encoding', 'Say whether the value is hex or base64.');
  }
  if (encoding !== 'utf8') return encoding;
  return report(
    problems,
    'ENUM_MISMATCH',
    `${path}.encoding`,
    'The hash of this algorithm is bytes: write them as hex or base64 and say which.',
  );
}
