const PARTS = /\[(?:"([^"]*)"|'([^']*)'|(\d+))\]|([^.[\]]+)/g;

/** Returns the keys of a path such as `identities[0].connection` or `user_metadata["a b"]`. */
export function propertyPath(name: string): string[] {
  return [...name.matchAll(PARTS)].map(
    ([, double, single, index, key]) => double ?? single ?? index ?? key ?? '',
  );
}

/** Returns the value at a path, or `undefined` if there is none. A list has only its elements. */
export function valueAt(value: unknown, path: string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    if (Array.isArray(found) && !/^\d+$/.test(key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
