const PARTS = /\[(?:"([^"]*)"|'([^']*)'|(\d+))\]|([^.[\]]+)/g;

/** `identities[0].connection` as its keys; also `user_metadata["a b"]`. */
export function propertyPath(name: string): string[] {
  return [...name.matchAll(PARTS)].map(
    ([, double, single, index, key]) => double ?? single ?? index ?? key ?? '',
  );
}

/** What an object holds at a path; undefined: nothing. Of a list there are only its elements. */
export function valueAt(value: unknown, path: string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    if (Array.isArray(found) && !/^\d+$/.test(key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
