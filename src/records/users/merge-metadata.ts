type Json = Record<string, unknown>;

/** Returns metadata with a part, addressed by paths, merged into them. */
export function mergedMetadata(before: unknown, part: Json): Json {
  const result = new Map(isObject(before) ? Object.entries(before) : []);
  for (const [key, value] of Object.entries(part)) {
    // Objects from paths have no prototype. Another object, from a single cell, replaces the existing value.
    const isPath = isObject(value) && Object.getPrototypeOf(value) === null;
    result.set(key, isPath ? mergedInto(result.get(key), value) : value);
  }
  return Object.fromEntries(result);
}

/** Returns metadata with what they lack. What is there stays, at every level. */
export function filledMetadata(before: unknown, added: Json): Json {
  const result = new Map(isObject(before) ? Object.entries(before) : []);
  for (const [key, value] of Object.entries(added)) {
    const there = result.get(key);
    if (!result.has(key)) result.set(key, value);
    else if (isObject(there) && isObject(value)) result.set(key, filledMetadata(there, value));
  }
  return Object.fromEntries(result);
}

/** A path into a list addresses its elements by index. */
function mergedInto(there: unknown, part: Json): unknown {
  if (!Array.isArray(there)) return mergedMetadata(there, part);
  const isPlaces = Object.keys(part).every((key) => /^\d+$/.test(key) && +key < there.length);
  if (!isPlaces) return mergedMetadata(null, part);
  return there.map((each, place) => {
    const value = part[place];
    const isPath = isObject(value) && Object.getPrototypeOf(value) === null;
    return isPath ? mergedInto(each, value) : (value ?? each);
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
