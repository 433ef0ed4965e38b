import type { ImportedHash } from '../../../platform/password-hash/password-hash.ts';
import type { HashColumns, Row } from './settings.ts';

/** Node's defaults for scrypt, which tables with a salt column usually mean. */
const SCRYPT = { cost: 16_384, blockSize: 8, parallelization: 1 };
const DJANGO = /^pbkdf2_(sha1|sha256)\$(\d{1,9})\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$/;
/** passlib: base64 with a dot for the plus, and the rounds without a name. */
const PASSLIB = /^\$pbkdf2(-sha256|-sha512)?\$(\d{1,9})\$([A-Za-z0-9./]*)\$([A-Za-z0-9./]+)$/;
const PASSLIB_DIGESTS: Record<string, [digest: string, bytes: number]> = {
  '': ['sha1', 20],
  '-sha256': ['sha256', 32],
  '-sha512': ['sha512', 64],
};
const ASPNET_PRFS = ['sha1', 'sha256', 'sha512'];

/**
 * Returns the password hash of a row, in the form of an import.
 * @returns `null` if the row has none, or one that is in no known form
 */
export function hashOfRow(row: Row, columns: HashColumns): ImportedHash | null {
  const stored = textOf(row[columns.column]);
  if (stored === null) return null;
  switch (columns.scheme) {
    case 'md4':
    case 'md5':
    case 'sha1':
    case 'sha256':
    case 'sha512':
      return digest(stored, row, columns);
    case 'scrypt':
      return scrypt(stored, row, columns);
    case 'aspnet-identity':
      return aspnet(stored);
    case 'bcrypt':
      return { algorithm: 'bcrypt', hash: { value: bareBcrypt(stored) } };
    case 'argon2':
      return { algorithm: 'argon2', hash: { value: stored.replace(/^argon2\$/, '$') } };
    case 'ldap':
      return { algorithm: 'ldap', hash: { value: stored } };
    case 'pbkdf2':
    case 'django':
    case 'auto':
      return recognized(stored);
  }
}

/** Values that say themselves how they were made. */
function recognized(stored: string): ImportedHash | null {
  const bcrypt = bareBcrypt(stored);
  if (/^\$2[aby]\$/.test(bcrypt)) return { algorithm: 'bcrypt', hash: { value: bcrypt } };
  const argon2 = stored.replace(/^argon2\$|^\{argon2\}/, (prefix) =>
    prefix[0] === '{' ? '' : '$',
  );
  if (argon2.startsWith('$argon2')) return { algorithm: 'argon2', hash: { value: argon2 } };
  const django = DJANGO.exec(stored);
  if (django) {
    const [, name = '', rounds = '', salt = '', hash = ''] = django;
    return pbkdf2(name, Number(rounds), Buffer.from(salt, 'utf8'), Buffer.from(hash, 'base64'));
  }
  const passlib = PASSLIB.exec(stored);
  if (passlib) {
    const [, variant = '', rounds = '', salt = '', hash = ''] = passlib;
    const [name] = PASSLIB_DIGESTS[variant] ?? ['sha1'];
    return pbkdf2(name, Number(rounds), fromDotted(salt), fromDotted(hash));
  }
  if (stored.startsWith('$pbkdf2-')) return { algorithm: 'pbkdf2', hash: { value: stored } };
  if (/^\{S?(?:MD5|SHA)/i.test(stored)) return { algorithm: 'ldap', hash: { value: stored } };
  return null;
}

/** Spring writes `{bcrypt}` before it, Django `bcrypt$`. */
function bareBcrypt(stored: string): string {
  return stored.replace(/^\{bcrypt\}|^bcrypt\$/, '');
}

function pbkdf2(name: string, rounds: number, salt: Buffer, hash: Buffer): ImportedHash {
  const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  const value = `$pbkdf2-${name}$i=${rounds},l=${hash.length}$${bare(salt)}$${bare(hash)}`;
  return { algorithm: 'pbkdf2', hash: { value } };
}

function fromDotted(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

/** Versions 2 and 3 of ASP.NET Core Identity (PasswordHasher.cs). */
function aspnet(stored: string): ImportedHash | null {
  const bytes = Buffer.from(stored, 'base64');
  if (bytes[0] === 0 && bytes.length === 49) {
    return pbkdf2('sha1', 1000, bytes.subarray(1, 17), bytes.subarray(17));
  }
  if (bytes[0] !== 1 || bytes.length < 13) return null;
  const name = ASPNET_PRFS[bytes.readUInt32BE(1)];
  const end = 13 + bytes.readUInt32BE(9);
  if (name === undefined || end >= bytes.length) return null;
  return pbkdf2(name, bytes.readUInt32BE(5), bytes.subarray(13, end), bytes.subarray(end));
}

function digest(stored: string, row: Row, columns: HashColumns): ImportedHash {
  const { scheme, encoding, saltColumn, saltPosition: position } = columns;
  const algorithm =
    scheme === 'md4' || scheme === 'md5' || scheme === 'sha1' || scheme === 'sha512'
      ? scheme
      : 'sha256';
  const salt = saltColumn === null ? null : textOf(row[saltColumn]);
  return {
    algorithm,
    hash: { value: stored, encoding },
    ...(salt !== null && { salt: { value: salt, encoding: 'utf8', position } }),
  };
}

function scrypt(stored: string, row: Row, { encoding, saltColumn }: HashColumns): ImportedHash {
  const salt = saltColumn === null ? null : textOf(row[saltColumn]);
  return {
    algorithm: 'scrypt',
    hash: { value: stored, encoding },
    ...(salt !== null && { salt: { value: salt, encoding: 'utf8' } }),
    keylen: Buffer.from(stored, encoding).length,
    ...SCRYPT,
  };
}

/** Columns of a fixed width are filled up with blanks, and some are binary. */
function textOf(value: unknown): string | null {
  const text = Buffer.isBuffer(value) ? value.toString('latin1') : value;
  if (typeof text !== 'string') return null;
  const trimmed = text.replace(/[\s\0]+$/, '');
  return trimmed === '' ? null : trimmed;
}
