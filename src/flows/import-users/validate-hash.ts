import type { ImportedHash } from './validate-hash-formats.ts';
import {
  checkBcrypt,
  checkDigestHash,
  checkHmac,
  checkLdap,
  checkPhcArgon2,
  checkPhcPbkdf2,
  checkScrypt,
  decodedLength,
  isDigestAvailable,
} from './validate-hash-formats.ts';
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

type Algorithm = ImportedHash['algorithm'];

/** What the wire's table of algorithms says, plus the check of the hash itself. */
type Rule = {
  /** `text`: the value says everything itself (encoding utf8); `bytes`: hex or base64. */
  value: 'text' | 'bytes';
  salt: boolean;
  check: (hash: ImportedHash, path: string, problems: Problems) => void;
};

const RULES: { readonly [A in Algorithm]: Rule } = {
  argon2: { value: 'text', salt: false, check: checkPhcArgon2 },
  bcrypt: { value: 'text', salt: true, check: checkBcrypt },
  hmac: { value: 'bytes', salt: true, check: checkHmac },
  ldap: { value: 'text', salt: false, check: checkLdap },
  md4: { value: 'bytes', salt: true, check: checkDigestHash },
  md5: { value: 'bytes', salt: true, check: checkDigestHash },
  pbkdf2: { value: 'text', salt: false, check: checkPhcPbkdf2 },
  scrypt: { value: 'bytes', salt: true, check: checkScrypt },
  sha1: { value: 'bytes', salt: true, check: checkDigestHash },
  sha256: { value: 'bytes', salt: true, check: checkDigestHash },
  sha512: { value: 'bytes', salt: true, check: checkDigestHash },
};
const ALGORITHMS = new Set(Object.keys(RULES));

const ENCODINGS = new Set(['base64', 'hex', 'utf8']);
const PASSWORD_ENCODINGS = new Set(['ascii', 'utf8', 'utf16le', 'ucs2', 'latin1', 'binary']);
const POSITIONS = new Set(['prefix', 'suffix']);
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
const SALT_KEYS = new Set(['value', 'encoding', 'position']);
const KEY_KEYS = new Set(['value', 'encoding']);
const PASSWORD_KEYS = new Set(['encoding']);

const LENGTH = { min: 1, max: 4096 };

/** `password_hash`: bcrypt as Node writes it, `$2a$` or `$2b$`. */
export function readPasswordHash(
  value: unknown,
  path: string,
  problems: Problems,
): ImportedHash | undefined {
  const text = readString(value, path, problems);
  if (text === undefined) return undefined;
  if (!/^\$2[ab]\$/.test(text)) {
    return report(
      problems,
      'PATTERN',
      path,
      'password_hash must be a bcrypt hash that starts with $2a$ or $2b$: give any other hash as custom_password_hash.',
    );
  }
  const hash: ImportedHash = { algorithm: 'bcrypt', hash: { value: text, encoding: 'utf8' } };
  checkBcrypt(hash, path, problems);
  return hash;
}

/** `custom_password_hash`, with the wire's defaults filled in. */
export function readCustomHash(
  value: unknown,
  path: string,
  problems: Problems,
): ImportedHash | undefined {
  const custom = readObject(value, path, problems);
  if (!custom) return undefined;
  const before = problems.length;
  refuseOtherKeys(custom, HASH_KEYS, path, problems);
  const algorithm = readAlgorithm(custom, path, problems);
  const rule = algorithm && RULES[algorithm];
  const hash = readHash(custom, rule, `${path}.hash`, problems);
  const salt = readSalt(custom, rule, `${path}.salt`, problems);
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
  rule.check(imported, algorithm === 'scrypt' ? path : `${path}.hash`, problems);
  return imported;
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
  if (name === 'md4' && !isDigestAvailable('md4')) {
    return report(
      problems,
      'ENUM_MISMATCH',
      at,
      'md4 is not available on this server: import the user without a hash and let them set a new password.',
    );
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
      `${name} is for the algorithm hmac only: remove it.`,
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

function readKey(
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

function readSalt(
  custom: JsonObject,
  rule: Rule | undefined,
  path: string,
  problems: Problems,
): ImportedHash['salt'] | undefined {
  if (!Object.hasOwn(custom, 'salt')) return undefined;
  if (rule && !rule.salt) {
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

/** `value` and `encoding` of a salt or key; the value must be what the encoding says. */
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

function readPasswordEncoding(
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

/** Only scrypt uses these; elsewhere they are allowed and ignored, as on the wire we follow. */
function readNumbers(custom: JsonObject, path: string, problems: Problems): Numbers {
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

function readRequiredText(
  object: JsonObject,
  key: string,
  path: string,
  problems: Problems,
): string | undefined {
  if (!Object.hasOwn(object, key)) return missing(problems, path, key, '');
  return readText(object[key], `${path}.${key}`, LENGTH, problems);
}

function readEnum(
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
