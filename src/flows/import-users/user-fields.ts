import type { CsvColumn } from '../../platform/rows/rows.ts';

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
function squeeze(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s\-_.‐-–]/g, '');
}

/** Whether our own files have a field of this name that an import leaves alone. */
export function isReadOnly(name: string): boolean {
  return READ_ONLY.has(name) || /^identities(?:\[|\.)/.test(name);
}

/** The field that a person means by a column's name, or undefined. */
export function fieldMeant(name: string): string | undefined {
  return KNOWN.has(name) ? name : BY_SQUEEZED.get(squeeze(name));
}

/** What the columns of a file stand for, by the form of their names that {@link squeeze} makes. null: left out. */
export type FieldMap = Record<string, string | null>;

const LEFT_OUT = '-';

/** Reads an explicit map, such as `{"Mailbox": "email", "Room": "-"}`. A problem comes as a sentence. */
export function readFieldMap(
  named: Record<string, string>,
): { kind: 'map'; map: FieldMap } | { kind: 'refused'; message: string } {
  // Without a prototype: a column may have any name.
  const map: FieldMap = Object.create(null);
  for (const [column, field] of Object.entries(named)) {
    const key = squeeze(column);
    if (key === '') return { kind: 'refused', message: 'A column in the map has no name.' };
    if (key in map)
      return { kind: 'refused', message: `The map names the column ${column} twice.` };
    if (field !== LEFT_OUT && !isField(field)) {
      return {
        kind: 'refused',
        message: `The map names ${field}, which is no field: write one of ${FIELDS.join(', ')}, a path such as user_metadata.team, or - to leave the column out.`,
      };
    }
    map[key] = field === LEFT_OUT ? null : field;
  }
  return { kind: 'map', map };
}

function isField(name: string): boolean {
  return (
    KNOWN.has(name) ||
    /^(?:user_metadata|app_metadata|custom_password_hash)(?:\.[^.]+)+$/.test(name)
  );
}

/** The name that a row's property has after the map; null: it is left out. */
export function mappedName(name: string, map: FieldMap | undefined): string | null {
  const mapped = map?.[squeeze(name)];
  return mapped === undefined ? name : mapped;
}

/** Whether the map says what this column is. */
export function isInMap(name: string, map: FieldMap | undefined): boolean {
  return map?.[squeeze(name)] !== undefined;
}

/** A column, as squeezed, that the map names and the file doesn't have. */
export function unusedInMap(
  map: FieldMap | undefined,
  columns: { name: string }[],
): string | undefined {
  const there = new Set(columns.map(({ name }) => squeeze(name)));
  return Object.keys(map ?? {}).find((key) => !there.has(key));
}

/**
 * Where a column of a users' CSV goes: `E-Mail` is `email`; `custom_password_hash.hash.value` builds nested objects. Hashes and
 * salts stay text even if they consist of digits; a column nobody knows goes to the validator under its own name, as do paths
 * into metadata.
 * @returns null: the column is left out
 */
export function userCsvColumn(name: string, map?: FieldMap): CsvColumn | null {
  const mapped = mappedName(name, map);
  if (mapped === null || isReadOnly(mapped)) return null;
  if (metadataPath(mapped)) return { path: [mapped], type: 'auto' };
  const path = mapped.split('.');
  const [root, second] = path;
  if (path.length > 1 && !path.includes('') && root === 'custom_password_hash') {
    return { path, type: path.length === 2 && NUMBERS.has(second ?? '') ? 'auto' : 'string' };
  }
  const field = fieldMeant(mapped);
  if (field === undefined) return { path: [name], type: 'string', isStranger: true };
  if (BOOLEANS.has(field)) return { path: [field], type: 'boolean' };
  return { path: [field], type: OBJECTS.has(field) ? 'json' : 'string' };
}

/** `user_metadata.address.city` as its parts, or null for what is no path into metadata. */
export function metadataPath(name: string): string[] | null {
  if (!/^(?:user_metadata|app_metadata)[.[]/.test(name)) return null;
  const path = pathOf(name);
  return path.length > 1 && !path.includes('') ? path : null;
}

/** A path as exports name it: `user_metadata.a.b`, also `user_metadata["a b"]`. */
function pathOf(name: string): string[] {
  if (!name.includes('[')) return name.split('.');
  return [...name.matchAll(/\[(?:"([^"]*)"|'([^']*)'|(\d+))\]|([^.[\]]+)/g)].map(
    ([, double, single, index, key]) => double ?? single ?? index ?? key ?? '',
  );
}
