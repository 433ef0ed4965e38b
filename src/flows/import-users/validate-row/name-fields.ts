import { isDeepStrictEqual } from 'node:util';
import { propertyPath } from '../../../platform/property-path/property-path.ts';
import { type FieldMap, mappedName } from './field-map.ts';
import { isMetadataPath } from './user-fields.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { isJsonObject, report } from './validate-problems.ts';

export type Metadata = 'app_metadata' | 'user_metadata';

/**
 * The row with the names of fields: those of a map are exchanged, and paths such as `user_metadata.address.city`, which tables and
 * exports have, become objects. Most rows have neither and come back as they are.
 * @returns partial: of what only parts came, by path, so that there may be more of it where it goes
 */
export function nameFields(
  row: JsonObject,
  map: FieldMap | undefined,
  problems: Problems,
): { named: JsonObject; partial: Metadata[] } {
  const keys = Object.keys(row);
  if (!map && !keys.some(isMetadataPath)) return { named: row, partial: [] };
  // Without a prototype, a property named __proto__ is only a name.
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
  const message = `${key} is about the same as another property, and they differ: keep one of them.`;
  report(problems, 'NOT_PASSED', key, message);
}

/** False: there is something else at that place, or on the way to it. */
function place(root: JsonObject, path: string[], value: unknown): boolean {
  let at: unknown = root;
  for (const [level, key] of path.entries()) {
    if (typeof at !== 'object' || at === null) return false;
    const here = at as JsonObject;
    // Only what was made here has no prototype: another property's own value is not written into.
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

/** A whole that comes after some of its parts takes their place if it agrees with them. */
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
