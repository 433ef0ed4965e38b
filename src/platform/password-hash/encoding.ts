import { type EncodedText, type ImportedHash, type Parsed, refuse } from './imported-hash.ts';

const HEX = /^(?:[0-9a-f]{2})*$/i;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Names under which the wire lists the encodings of a password. */
const PASSWORD_ENCODINGS: Record<string, BufferEncoding> = {
  ascii: 'ascii',
  utf8: 'utf8',
  utf16le: 'utf16le',
  ucs2: 'ucs2',
  latin1: 'latin1',
  binary: 'binary',
};

/** Bytes of base64 in either alphabet, padded or not; null when it isn't base64. */
export function fromBase64(text: string): Buffer | null {
  if (!BASE64.test(text)) return null;
  const bare = text.replace(/=+$/, '');
  // A single leftover character holds six bits, which is no byte.
  if (bare.length % 4 === 1) return null;
  return Buffer.from(bare, 'base64');
}

/** Bytes of a text in the encoding it names, `fallback` if it names none. */
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

/** Bytes of `hash.value` for the algorithms whose hash is plain bytes in hex or base64. */
export function hashBytes(imported: ImportedHash): Parsed<Buffer> {
  const { encoding } = imported.hash;
  if (encoding === 'hex' || encoding === 'base64') return decode('hash', imported.hash, encoding);
  const message = `hash.encoding must be hex or base64 for ${imported.algorithm}`;
  return encoding === undefined
    ? refuse('hash.encoding', 'NOT_PASSED', message)
    : refuse('hash.encoding', 'ENUM_MISMATCH', message);
}

/** `hash.value` of the algorithms whose hash is a text of its own format. */
export function hashText(imported: ImportedHash): Parsed<string> {
  const { value, encoding } = imported.hash;
  if (encoding === undefined || encoding === 'utf8') return { kind: 'parsed', value };
  return refuse(
    'hash.encoding',
    'ENUM_MISMATCH',
    `hash.encoding must be utf8 for ${imported.algorithm}`,
  );
}

/** Refuses a salt for the algorithms that carry theirs in `hash.value`; null when there is none. */
export function unwantedSalt(imported: ImportedHash) {
  if (imported.salt === undefined) return null;
  return refuse(
    'salt',
    'NOT_PASSED',
    `salt is not allowed for ${imported.algorithm}: hash.value contains it`,
  );
}

/** A way to turn a typed password into the bytes that the other system hashed. */
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

/** As `passwordBytes`, with the salt put in front of the password or behind it. */
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
