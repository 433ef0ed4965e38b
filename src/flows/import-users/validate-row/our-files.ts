import { type FieldMap, mappedName } from './field-map.ts';
import { LEFT_OUT } from './user-fields.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { isJsonObject, report } from './validate-problems.ts';

const REPORT = new Set([
  ...['row_number', 'status', 'email', 'user_id', 'invitation', 'errors', 'notes'],
  LEFT_OUT,
]);
const LINKS = ['email', 'link', 'user_id'];
/** What a secret is shown as, see `validate-echo.ts`. */
const MASK = '*****';

/**
 * A row of a file that Usher wrote about people (a report, links, refused rows as JSON) as a row about the person; others come back as
 * they are.
 * @param map of the import: a file whose `link` it knows was not written as links are
 */
export function personIn(
  row: JsonObject,
  map: FieldMap | undefined,
  problems: Problems,
): JsonObject {
  const keys = Object.keys(row);
  if (isReport(row, keys) || (mappedName('link', map) === 'link' && isLink(row, keys))) {
    // A row that was refused has no user_id there.
    return Object.fromEntries(
      ['email', 'user_id'].flatMap((key) => (row[key] == null ? [] : [[key, row[key]]])),
    );
  }
  const isRefused = keys.length === 3 && Array.isArray(row.errors) && 'row_number' in row;
  if (!isRefused || !isJsonObject(row.user)) return row;
  for (const path of masked(row.user, '')) {
    const message = `${path} is secret and not in this file: put it back, or remove it.`;
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
