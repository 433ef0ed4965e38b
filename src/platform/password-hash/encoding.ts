import { sameBytes } from '../crypto/crypto.ts';
import {
  CHEAP,
  type EncodedText,
  type Family,
  type ImportedHash,
  type Parsed,
  refuse,
} from './imported-hash.ts';

const HEX = /^(?:[0-9a-f]{2})*$/i;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** API names of the password encodings. */
const PASSWORD_ENCODINGS: Record<string, BufferEncoding> = {
  ascii: 'ascii',
  utf8: 'utf8',
  utf16le: 'utf16le',
  ucs2: 'ucs2',
  latin1: 'latin1',
  binary: 'binary',
};

/** Decodes base64 in either alphabet, with or without padding. Returns `null` for other text. */
export function fromBase64(text: string): Buffer | null {
  if (!BASE64.test(text)) return null;
  const bare = text.replace(/=+$/, '');
  // A single remaining character holds six bits, which is less than a byte.
  if (bare.length % 4 === 1) return null;
  return Buffer.from(bare, 'base64');
}

/** Decodes a text in the encoding it names. Default: `fallback`. */
export function decode(path: string, text: EncodedText, fallback: string): Parsed<Buffer> {
  const encoding = text.encoding ?? fallback;
  if (encoding === 'utf8') return { kind: 'parsed', value: Buffer.from(text.value, 'utf8') };
  if (encoding === 'hex' && HEX.test(text.value)) {
    return { kind: 'parsed', value: Buffer.from(text.value, 'hex') };
  }
  const bytes = encoding === 'base64' ? fromBase64(text.value) : null;
  if (bytes) return { kind: 'parsed', value: bytes };
  if (encoding === 'hex' || encoding === 'base64') {
    return refuse(`${path}.value`, 'FORMAT', `${path}.value is not valid ${encoding}`);
  }
  return refuse(
    `${path}.encoding`,
    'ENUM_MISMATCH',
    `${path}.encoding must be one of base64, hex, utf8`,
  );
}

/** Returns the bytes of `hash.value`, for algorithms whose hash is plain bytes in hex or base64. */
export function hashBytes(imported: ImportedHash): Parsed<Buffer> {
  const { encoding } = imported.hash;
  if (encoding === 'hex' || encoding === 'base64') return decode('hash', imported.hash, encoding);
  const message = `hash.encoding must be hex or base64 for ${imported.algorithm}`;
  return encoding === undefined
    ? refuse('hash.encoding', 'NOT_PASSED', message)
    : refuse('hash.encoding', 'ENUM_MISMATCH', message);
}

/** Returns `hash.value`, for algorithms whose hash is a text in its own format. */
export function hashText(imported: ImportedHash): Parsed<string> {
  const { value, encoding } = imported.hash;
  if (encoding === undefined || encoding === 'utf8') return { kind: 'parsed', value };
  return refuse(
    'hash.encoding',
    'ENUM_MISMATCH',
    `hash.encoding must be utf8 for ${imported.algorithm}`,
  );
}

/** Refuses a salt for algorithms whose `hash.value` contains it. Returns `null` if there is none. */
function unwantedSalt(imported: ImportedHash) {
  if (imported.salt === undefined) return null;
  return refuse(
    'salt',
    'NOT_PASSED',
    `salt is not allowed for ${imported.algorithm}: hash.value contains it`,
  );
}

/** Returns the function that converts a typed password to the bytes that the other system hashed. */
export function passwordBytes(imported: ImportedHash): Parsed<(password: string) => Buffer> {
  const name = imported.passwordEncoding ?? 'utf8';
  const encoding = Object.hasOwn(PASSWORD_ENCODINGS, name) ? PASSWORD_ENCODINGS[name] : undefined;
  if (encoding) {
    return { kind: 'parsed', value: (password) => Buffer.from(password, encoding) };
  }
  const allowed = Object.keys(PASSWORD_ENCODINGS).join(', ');
  return refuse(
    'password.encoding',
    'ENUM_MISMATCH',
    `password.encoding must be one of ${allowed}`,
  );
}

/** Works as `passwordBytes`, with the salt before or after the password. */
export function saltedBytes(imported: ImportedHash): Parsed<(password: string) => Buffer> {
  const bytes = passwordBytes(imported);
  const { salt } = imported;
  if (bytes.kind === 'refused' || !salt) return bytes;
  const decoded = decode('salt', salt, 'utf8');
  if (decoded.kind === 'refused') return decoded;
  const position = salt.position ?? 'prefix';
  if (position !== 'prefix' && position !== 'suffix') {
    return refuse('salt.position', 'ENUM_MISMATCH', 'salt.position must be prefix or suffix');
  }
  const join = (password: Buffer) =>
    Buffer.concat(position === 'prefix' ? [decoded.value, password] : [password, decoded.value]);
  return { kind: 'parsed', value: (password) => join(bytes.value(password)) };
}

type PasswordBytes = (password: string) => Buffer;

/**
 * Reads a hash that is bare bytes, which one cheap computation compares.
 * @param input.by the algorithm or digest, for messages
 * @param input.length bytes of the hash
 * @param input.compute computes the hash of the password with its salt
 */
export function bareHash(
  imported: ImportedHash,
  input: { by: string; length: number; compute(bytes: Buffer): Promise<Buffer> },
): ReturnType<Family> {
  const { by, length, compute } = input;
  const expected = hashBytes(imported);
  if (expected.kind === 'refused') return expected;
  const bytes = saltedBytes(imported);
  if (bytes.kind === 'refused') return bytes;
  const found = expected.value.length;
  if (found !== length) {
    return refuse('hash.value', 'FORMAT', `hash.value has ${found} bytes, ${by} gives ${length}`);
  }
  return {
    kind: 'parsed',
    value: {
      ...CHEAP,
      verify: async (password) => sameBytes(await compute(bytes.value(password)), expected.value),
    },
  };
}

/** Reads a hash that is a text with the salt in it. Returns the text and the function that returns what was hashed. Refuses a separate salt. */
export function textWithSalt(
  imported: ImportedHash,
): Parsed<{ text: string; bytes: PasswordBytes }> {
  const unwanted = unwantedSalt(imported);
  if (unwanted) return unwanted;
  const text = hashText(imported);
  if (text.kind === 'refused') return text;
  const bytes = passwordBytes(imported);
  if (bytes.kind === 'refused') return bytes;
  return { kind: 'parsed', value: { text: text.value, bytes: bytes.value } };
}
