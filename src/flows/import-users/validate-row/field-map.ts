import { FIELDS, isField, isReadOnly, squeeze } from './user-fields.ts';

/**
 * What the names in a file stand for, by the form that {@link squeeze} makes of them, or by the names themselves where isExact says so. field
 * null: left out. It is kept with the job as JSON, so names such as `constructor` must be looked up as its own.
 */
export type FieldMap = Record<string, { column: string; field: string | null; isExact?: true }>;

const LEFT_OUT = '-';

/** Reads an explicit map, such as `{"Mailbox": "email", "Room": "-"}`. A problem comes as a sentence. */
export function readFieldMap(
  named: [column: string, field: string][],
): { kind: 'map'; map: FieldMap } | { kind: 'refused'; message: string } {
  const map = new Map<string, FieldMap[string]>();
  for (const [column, field] of named) {
    const key = squeeze(column);
    if (key === '') return { kind: 'refused', message: 'A column in the map has no name.' };
    if (map.has(key))
      return { kind: 'refused', message: `The map names the column ${column} twice.` };
    if (field !== LEFT_OUT && !isField(field)) {
      return {
        kind: 'refused',
        message: `The map names ${field}, which is no field: write one of ${FIELDS.join(', ')}, a path such as user_metadata.team, or - to leave the column out.`,
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
  const alike = own(squeeze(name));
  return alike?.isExact ? undefined : alike;
}

/** The name that a row's property has after the map; null: it is left out. */
export function mappedName(name: string, map: FieldMap | undefined): string | null {
  const entry = entryOf(name, map);
  return entry === undefined ? name : entry.field;
}

/** Whether an import leaves this column out although nobody said so: our own files have it, and it can't be written. */
export function isLeftOut(name: string, map: FieldMap | undefined): boolean {
  const entry = entryOf(name, map);
  if (entry === undefined) return isReadOnly(name);
  return entry.isExact === true && entry.field === null;
}

/** A column that the map names and the file doesn't have. */
export function unusedInMap(map: FieldMap | undefined, columns: string[]): string | undefined {
  const there = new Set(columns.map(squeeze));
  return Object.entries(map ?? {}).find(([key]) => !there.has(key))?.[1].column;
}
