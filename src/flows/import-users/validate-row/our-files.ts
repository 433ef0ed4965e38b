import { type FieldMap, mappedName } from './field-map.ts';
import { LEFT_OUT } from './user-fields.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { isJsonObject, report } from './validate-problems.ts';

const REPORT = new Set([
  ...['row_number', 'status', 'email', 'user_id', 'invitation', 'errors', 'notes'],
  LEFT_OUT,
]);
const LINKS = ['email', 'link', 'user_id'];
/** The form of a masked secret, see `validate-echo.ts`. */
const MASK = '*****';

/**
 * Turns a row of a file that Usher wrote about users (a report, links, refused rows as JSON) into a row about the user. Returns other rows
 * unchanged.
 * @param map of the import; a file whose `link` it names is not one of our files with links
 */
export function readOurFile(
  row: JsonObject,
  map: FieldMap | undefined,
  problems: Problems,
): JsonObject {
  const keys = Object.keys(row);
  if (isReport(row, keys) || (mappedName('link', map) === 'link' && isLink(row, keys))) {
    // A refused row has no user_id at this place.
    return Object.fromEntries(
      ['email', 'user_id'].flatMap((key) => (row[key] == null ? [] : [[key, row[key]]])),
    );
  }
  const isRefused = keys.length === 3 && Array.isArray(row.errors) && 'row_number' in row;
  if (!isRefused || !isJsonObject(row.user)) return row;
  for (const path of masked(row.user, '')) {
    const message = `${path} is a secret that this file does not contain. Insert the secret, or remove the property.`;
    report(problems, 'NOT_PASSED', path, message);
  }
  return row.user;
}

function isReport(row: JsonObject, keys: string[]): boolean {
  if (typeof row.status !== 'string' || !keys.every((key) => REPORT.has(key))) return false;
  const leftOut = row[LEFT_OUT];
  return 'row_number' in row || (isJsonObject(leftOut) && 'row_number' in leftOut);
}

function isLink(row: JsonObject, keys: string[]): boolean {
  const { link } = row;
  return (
    typeof link === 'string' &&
    /^https?:\/\//.test(link) &&
    keys.every((key) => LINKS.includes(key))
  );
}

function masked(value: unknown, path: string): string[] {
  if (value === MASK) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    masked(one, path === '' ? key : `${path}.${key}`),
  );
}
