import { propertyPath } from '../../../platform/property-path/property-path.ts';
import type { CsvColumn } from '../../../platform/rows/rows.ts';

const BOOLEANS = new Set(['email_verified', 'phone_verified', 'blocked']);
const OBJECTS = new Set(['app_metadata', 'user_metadata', 'custom_password_hash', 'mfa_factors']);
const NUMBERS = new Set(['keylen', 'cost', 'blockSize', 'parallelization']);

/** The fields of a row. */
export const FIELDS = [
  'email',
  'email_verified',
  'username',
  'phone_number',
  'phone_verified',
  'user_id',
  'given_name',
  'family_name',
  'name',
  'nickname',
  'picture',
  'blocked',
  'app_metadata',
  'user_metadata',
  'password_hash',
  'custom_password_hash',
  'mfa_factors',
];
const KNOWN = new Set(FIELDS);

/** The names of fields in spreadsheets and other systems, in the form of {@link normalizedName}. */
const ALIASES: Record<string, string[]> = {
  email: ['mail', 'emailaddress', 'mailaddress', 'emailadresse', 'mailadresse'],
  email_verified: ['emailbestätigt', 'mailverified', 'mailbestätigt'],
  given_name: ['firstname', 'forename', 'vorname', 'rufname'],
  family_name: ['lastname', 'surname', 'nachname', 'familienname', 'zuname'],
  name: ['fullname', 'displayname', 'anzeigename', 'vollständigername', 'vollername'],
  nickname: ['spitzname'],
  username: ['benutzername', 'nutzername', 'login', 'loginname'],
  phone_number: [
    ...[
      'phone',
      'telephone',
      'telephonenumber',
      'mobile',
      'mobilephone',
      'mobilenumber',
      'cellphone',
    ],
    ...[
      'telefon',
      'telefonnummer',
      'mobil',
      'mobiltelefon',
      'mobilnummer',
      'handy',
      'handynummer',
      'rufnummer',
    ],
  ],
  phone_verified: ['telefonbestätigt'],
  picture: ['pictureurl', 'avatar', 'avatarurl', 'bild', 'foto', 'photo'],
  blocked: ['gesperrt'],
  user_id: ['benutzerid', 'nutzerid'],
};

const BY_NORMALIZED = new Map(
  FIELDS.flatMap((field) =>
    [field, ...(ALIASES[field] ?? [])].map((name) => [normalizedName(name), field]),
  ),
);

/** The fields of our own files that an import does not write. */
const READ_ONLY = new Set([
  ...['created_at', 'updated_at', 'last_login', 'last_ip', 'last_password_reset', 'logins_count'],
  ...['identities', 'connection', 'multifactor', 'multifactor_last_modified'],
  ...['row_number', 'error_codes', 'error_messages'],
]);

/** Returns a name in the form for comparison: without case, blanks, hyphens, underscores and dots. */
export function normalizedName(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s\-_.‐-–]/g, '');
}

/** Returns whether this is a field of our own files that an import ignores. */
export function isReadOnly(name: string): boolean {
  return READ_ONLY.has(name) || /^(?:identities|multifactor)[.[]/.test(name);
}

/** Returns whether this is exactly the name of a field, or a path into one. */
export function isField(name: string): boolean {
  return KNOWN.has(name) || isMetadataPath(name) || isHashPath(name);
}

/**
 * Returns the field that an import takes a column of this name for. A path into metadata is returned in one form for all spellings. Returns
 * `undefined` if the name means no field.
 */
export function fieldOfColumn(name: string): string | undefined {
  if (isMetadataPath(name)) return propertyPath(name).join(' › ');
  return isHashPath(name) ? 'custom_password_hash' : fieldNamed(name);
}

/** Returns the field that an export's `name` stands for, in the form of an import's map, or `null` if an import does not write it. */
export function exportedField(name: string): string | null {
  if (isMetadataPath(name)) return name;
  const [field = '', ...inside] = propertyPath(name);
  return inside.length === 0 && KNOWN.has(field) ? field : null;
}

function isHashPath(name: string): boolean {
  return /^custom_password_hash(?:\.[^.]+)+$/.test(name);
}

/** Returns the field that a column's name probably means, or `undefined`. */
export function fieldNamed(name: string): string | undefined {
  return KNOWN.has(name) ? name : BY_NORMALIZED.get(normalizedName(name));
}

/** The place in a table's row for values that an import ignores, so that a refused row can be shown whole. */
export const LEFT_OUT = '(left out)';

/**
 * Returns where a column of a users' CSV goes: `E-Mail` is `email`; `custom_password_hash.hash.value` builds nested objects. Hashes and
 * salts stay strings even if they consist of digits. An unknown column keeps its own name for the validator, as do paths into metadata.
 * @param as the name that a map gives the column, or else its own; `null` to ignore the column
 */
export function userCsvColumn(name: string, as: string | null = name): CsvColumn {
  const leftOut = [LEFT_OUT, name];
  if (as === null || isReadOnly(as)) return { path: leftOut, type: 'auto' };
  if (isMetadataPath(as)) return { path: [as], type: 'auto' };
  const path = as.split('.');
  const [root, second] = path;
  if (path.length > 1 && !path.includes('') && root === 'custom_password_hash') {
    return { path, type: path.length === 2 && NUMBERS.has(second ?? '') ? 'auto' : 'string' };
  }
  const field = fieldNamed(as);
  if (field === undefined) return { path: [name], type: 'string', guardedPath: leftOut };
  if (BOOLEANS.has(field)) return { path: [field], type: 'boolean' };
  if (field === 'phone_number') return { path: [field], type: 'phone' };
  return { path: [field], type: OBJECTS.has(field) ? 'json' : 'string' };
}

/** Returns whether this is a path such as `user_metadata.address.city`. */
export function isMetadataPath(name: string): boolean {
  return /^(?:user_metadata|app_metadata)[.[]/.test(name) && propertyPath(name).length > 1;
}
