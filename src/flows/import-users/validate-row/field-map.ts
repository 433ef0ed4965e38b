import { FIELDS, isField, isReadOnly, normalizedName } from './user-fields.ts';

/**
 * The fields that a file's names stand for. The keys have the form of {@link normalizedName}, or are the exact names if `isExact` is set. The
 * field `null` means that the column is ignored. The map is stored with the job as JSON, so look up names such as `constructor` as own
 * properties.
 */
export type FieldMap = Record<string, { column: string; field: string | null; isExact?: true }>;

const LEFT_OUT = '-';

/** Reads an explicit map, such as `{"Mailbox": "email", "Room": "-"}`. Returns a problem as a sentence. */
export function readFieldMap(
  named: [column: string, field: string][],
): { kind: 'map'; map: FieldMap } | { kind: 'refused'; message: string } {
  const map = new Map<string, FieldMap[string]>();
  for (const [column, field] of named) {
    const key = normalizedName(column);
    if (key === '') return { kind: 'refused', message: 'A column in the map has no name.' };
    if (map.has(key))
      return {
        kind: 'refused',
        message: `The map names the column ${column} twice. Keep one of them.`,
      };
    if (field !== LEFT_OUT && !isField(field)) {
      return {
        kind: 'refused',
        message: `The map names the unknown field ${field}. Use one of ${FIELDS.join(', ')}, a path such as user_metadata.team, or - to ignore the column.`,
      };
    }
    map.set(key, { column, field: field === LEFT_OUT ? null : field });
  }
  return { kind: 'map', map: Object.fromEntries(map) };
}

function entryOf(name: string, map: FieldMap | undefined): FieldMap[string] | undefined {
  if (map === undefined) return undefined;
  const own = (key: string) => (Object.hasOwn(map, key) ? map[key] : undefined);
  const exact = own(name);
  if (exact?.isExact) return exact;
  const alike = own(normalizedName(name));
  return alike?.isExact ? undefined : alike;
}

/** Returns the name of a row's property after the map, or `null` if it is ignored. */
export function mappedName(name: string, map: FieldMap | undefined): string | null {
  const entry = entryOf(name, map);
  return entry === undefined ? name : entry.field;
}

/** Returns whether an import ignores this column without being asked: our own files have it, and it cannot be written. */
export function isLeftOut(name: string, map: FieldMap | undefined): boolean {
  const entry = entryOf(name, map);
  if (entry === undefined) return isReadOnly(name);
  return entry.isExact === true && entry.field === null;
}

/** Returns a column that the map names and the file does not have. */
export function unusedInMap(map: FieldMap | undefined, columns: string[]): string | undefined {
  const there = new Set(columns.map(normalizedName));
  return Object.entries(map ?? {}).find(([key]) => !there.has(key))?.[1].column;
}
