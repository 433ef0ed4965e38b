import type { ExportFile } from '../../../flows/export-users/export-users.ts';
import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import { guardedCell, headingCell, quoted } from '../../../platform/csv-cell/csv-cell.ts';
import type { Db } from '../../../platform/db/db.ts';
import { propertyPath, valueAt } from '../../../platform/property-path/property-path.ts';
import type { ExportField } from '../../../records/exports/exports.ts';
import type { User } from '../../../records/users/users.ts';
import { showUsers } from '../users/users.ts';

const PROFILE = [
  'user_id',
  'email',
  'email_verified',
  'username',
  'phone_number',
  'phone_verified',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'picture',
  'blocked',
  'created_at',
  'updated_at',
  'last_login',
  'logins_count',
];
const JSON_FIELDS = [...PROFILE, 'identities'].map(plain);
const CSV_FIELDS = [
  ...PROFILE.map(plain),
  { name: 'identities[0].connection', exportAs: 'connection' },
];

/** Lines of an export file: one JSON object each, or comma-separated values after a header row (RFC 4180). */
export async function renderUsers(
  deps: { db: Db; pictureOf: PictureOf },
  users: User[],
  file: ExportFile & { isFirst: boolean },
): Promise<string> {
  const shown = await showUsers(deps, users, null);
  if (file.format === 'json') {
    const fields = (file.fields ?? JSON_FIELDS).map(prepared);
    return shown.map((user) => `${JSON.stringify(rowOf(user, fields))}\n`).join('');
  }
  const fields = (file.fields ?? CSV_FIELDS).map(prepared);
  const heading = file.isFirst ? lineOf(fields.map((field) => quoted(headingCell(field.key)))) : '';
  return (
    heading +
    shown
      .map((user) => lineOf(fields.map((field) => guardedCell(valueAt(user, field.path)))))
      .join('')
  );
}

function plain(name: string): ExportField {
  return { name, exportAs: null };
}

type Prepared = { key: string; path: string[] };

function prepared({ name, exportAs }: ExportField): Prepared {
  return { key: exportAs ?? name, path: propertyPath(name) };
}

function rowOf(user: object, fields: Prepared[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.key, valueAt(user, field.path)]));
}

function lineOf(cells: string[]): string {
  return `${cells.join(',')}\r\n`;
}
