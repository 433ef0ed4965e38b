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

/** What spreadsheets and other systems call the fields; see {@link squeeze} for the form. */
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

const BY_SQUEEZED = new Map(
  FIELDS.flatMap((field) =>
    [field, ...(ALIASES[field] ?? [])].map((name) => [squeeze(name), field]),
  ),
);

/** What our own files say about people and an import doesn’t write. */
const READ_ONLY = new Set([
  ...['created_at', 'updated_at', 'last_login', 'last_ip', 'last_password_reset', 'logins_count'],
  ...['identities', 'connection', 'multifactor', 'multifactor_last_modified'],
  ...['row_number', 'error_codes', 'error_messages'],
]);

/** Names are compared without case, blanks, hyphens, underscores and dots. */
export function squeeze(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s\-_.‐-–]/g, '');
}

/** Whether our own files have a field of this name that an import leaves alone. */
export function isReadOnly(name: string): boolean {
  return READ_ONLY.has(name) || /^(?:identities|multifactor)[.[]/.test(name);
}

/** Whether it is the name of a field, or a path into one, letter by letter. */
export function isField(name: string): boolean {
  return KNOWN.has(name) || isMetadataPath(name) || isHashPath(name);
}

/**
 * What an import takes a column of this name for: a field, or a path into metadata in one form for all ways of writing it; undefined: for
 * nothing.
 */
export function meantBy(name: string): string | undefined {
  if (isMetadataPath(name)) return propertyPath(name).join(' › ');
  return isHashPath(name) ? 'custom_password_hash' : fieldMeant(name);
}

/** The field that an export's `name` stands for, as a map of an import says it; null: an import doesn't write it. */
export function exportedField(name: string): string | null {
  if (isMetadataPath(name)) return name;
  const [field = '', ...inside] = propertyPath(name);
  return inside.length === 0 && KNOWN.has(field) ? field : null;
}

function isHashPath(name: string): boolean {
  return /^custom_password_hash(?:\.[^.]+)+$/.test(name);
}

/** The field that a person means by a column's name, or undefined. */
export function fieldMeant(name: string): string | undefined {
  return KNOWN.has(name) ? name : BY_SQUEEZED.get(squeeze(name));
}

/** Where a row of a table holds what an import leaves out, so that a refused row can be shown whole. */
export const LEFT_OUT = '(left out)';

/**
 * Where a column of a users' CSV goes: `E-Mail` is `email`; `custom_password_hash.hash.value` builds nested objects. Hashes and
 * salts stay text even if they consist of digits; a column nobody knows goes to the validator under its own name, as do paths
 * into metadata.
 * @param as the name that a map gives it, its own otherwise; null: it is left out
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
  const field = fieldMeant(as);
  if (field === undefined) return { path: [name], type: 'string', guardedPath: leftOut };
  if (BOOLEANS.has(field)) return { path: [field], type: 'boolean' };
  if (field === 'phone_number') return { path: [field], type: 'phone' };
  return { path: [field], type: OBJECTS.has(field) ? 'json' : 'string' };
}

/** Whether it is a path such as `user_metadata.address.city`. */
export function isMetadataPath(name: string): boolean {
  return /^(?:user_metadata|app_metadata)[.[]/.test(name) && propertyPath(name).length > 1;
}
