import { type FieldMap, mappedName, metadataPath } from './user-fields.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { isJsonObject, report } from './validate-problems.ts';

/**
 * The row with the names of fields: those of a map are exchanged, and paths such as `user_metadata.address.city`, which tables and
 * exports have, become objects. Most rows have neither and come back as they are.
 * @returns isPartial: metadata came by path, so there may be more of it where it goes
 */
export function nameFields(
  row: JsonObject,
  map: FieldMap | undefined,
  problems: Problems,
): { named: JsonObject; isPartial: boolean } {
  const keys = Object.keys(row);
  if (!map && !keys.some((key) => metadataPath(key))) return { named: row, isPartial: false };
  // Without a prototype, a property named __proto__ is only a name.
  const named: JsonObject = Object.create(null);
  let isPartial = false;
  for (const key of keys) {
    const name = mappedName(key, map);
    if (name === null) continue;
    const path = metadataPath(name);
    if (path) isPartial = true;
    if (!place(named, path ?? [name], row[key])) {
      report(
        problems,
        'NOT_PASSED',
        key,
        `${key} is about the same as another property: keep one of them.`,
      );
    }
  }
  return { named, isPartial };
}

/** False: there is something at that place, or on the way to it. */
function place(root: JsonObject, path: string[], value: unknown): boolean {
  let at = root;
  for (const [level, key] of path.entries()) {
    if (level === path.length - 1) {
      if (Object.hasOwn(at, key)) return false;
      at[key] = value;
      return true;
    }
    if (!Object.hasOwn(at, key)) at[key] = Object.create(null);
    const next = at[key];
    // Only what was made here has no prototype: another property's own value is not written into.
    if (!isJsonObject(next) || Object.getPrototypeOf(next) !== null) return false;
    at = next;
  }
  return false;
}
