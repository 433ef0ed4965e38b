import { isDeepStrictEqual } from 'node:util';
import { propertyPath } from '../../../platform/property-path/property-path.ts';
import { type FieldMap, mappedName } from './field-map.ts';
import { isMetadataPath } from './user-fields.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { isJsonObject, report } from './validate-problems.ts';

export type Metadata = 'app_metadata' | 'user_metadata';

/**
 * Renames a row's properties to the names of fields. Applies the map, and turns paths such as `user_metadata.address.city`, which tables
 * and exports have, into objects. Returns most rows unchanged, because they have neither.
 * @returns `partial`: objects of which only parts came, by path; the stored user may have more of them
 */
export function nameFields(
  row: JsonObject,
  map: FieldMap | undefined,
  problems: Problems,
): { named: JsonObject; partial: Metadata[] } {
  const keys = Object.keys(row);
  if (!map && !keys.some(isMetadataPath)) return { named: row, partial: [] };
  // Without a prototype, a property named `__proto__` is an ordinary name.
  const named: JsonObject = Object.create(null);
  const partial = new Set<Metadata>();
  const paths: { key: string; path: string[] }[] = [];
  for (const key of keys) {
    const name = mappedName(key, map);
    if (name === null) continue;
    if (isMetadataPath(name)) paths.push({ key, path: propertyPath(name) });
    else if (Object.hasOwn(named, name)) reportOverlap(key, problems);
    else named[name] = row[key];
  }
  // Whole objects first, so that a part of one only has to agree with it.
  for (const { key, path } of paths) {
    const root = path[0] as Metadata;
    if (!Object.hasOwn(named, root)) {
      partial.add(root);
      named[root] = Object.create(null);
    }
    if (!place(named, path, row[key])) reportOverlap(key, problems);
  }
  return { named, partial: [...partial] };
}

function reportOverlap(key: string, problems: Problems): void {
  const message = `${key} and another property set the same field to different values. Keep one of them.`;
  report(problems, 'NOT_PASSED', key, message);
}

/** Sets a value. Returns `false` if another value is at that place, or on the way to it. */
function place(root: JsonObject, path: string[], value: unknown): boolean {
  let at: unknown = root;
  for (const [level, key] of path.entries()) {
    if (typeof at !== 'object' || at === null) return false;
    const here = at as JsonObject;
    // Only objects created here have no prototype. Another property's own value must not be changed.
    const isOurs = level === 0 || Object.getPrototypeOf(here) === null;
    const isThere = Object.hasOwn(here, key);
    if (!isThere && !isOurs) return false;
    if (level === path.length - 1) {
      if (!isThere) here[key] = value;
      return !isThere || isDeepStrictEqual(here[key], value) || swallows(here, key, value);
    }
    if (!isThere) here[key] = Object.create(null);
    at = here[key];
  }
  return false;
}

/** Replaces the parts of an object by the whole that comes after them, if they agree. */
function swallows(here: JsonObject, key: string, whole: unknown): boolean {
  if (!agrees(here[key], whole)) return false;
  here[key] = whole;
  return true;
}

function agrees(part: unknown, whole: unknown): boolean {
  if (!isJsonObject(part) || Object.getPrototypeOf(part) !== null)
    return isDeepStrictEqual(part, whole);
  if (typeof whole !== 'object' || whole === null) return false;
  return Object.keys(part).every(
    (key) => Object.hasOwn(whole, key) && agrees(part[key], (whole as JsonObject)[key]),
  );
}
