import { MOST_LEVELS } from '../../../platform/json/json.ts';
import type { Problems } from './validate-problems.ts';
import { isStorable, report, storable, typeName } from './validate-problems.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Returns the number of keys of all objects in a value, or -1 if it is nested deeper than {@link MOST_LEVELS}. This limit bounds every
 * recursion over a row.
 */
export function countKeys(value: unknown, depth = 1): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MOST_LEVELS) return -1;
  const isArray = Array.isArray(value);
  const items: unknown[] = isArray ? value : Object.values(value);
  let keys = isArray ? 0 : items.length;
  for (const item of items) {
    if (typeof item !== 'object') continue;
    const inner = countKeys(item, depth + 1);
    if (inner === -1) return -1;
    keys += inner;
  }
  return keys;
}

/** Returns the number of keys as written: the colons outside strings. It exceeds `countKeys` if a key is repeated. */
export function countWrittenKeys(json: Buffer): number {
  const length = json.length;
  let colons = 0;
  for (let i = 0; i < length; i++) {
    let byte = json[i];
    if (byte === COLON) colons++;
    if (byte !== QUOTE) continue;
    for (byte = json[++i]; byte !== QUOTE && i < length; byte = json[++i]) {
      if (byte === BACKSLASH) i++;
    }
  }
  return colons;
}

/**
 * Reports keys that one object contains twice: JSON.parse silently keeps the last one, and other readers of the same file may keep the
 * first. `json` must be valid JSON.
 */
export function reportRepeatedKeys(json: string, problems: Problems): void {
  type Level = { keys: Set<string> | null; path: string; key: string; index: number };
  const levels: Level[] = [];
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs;
  let text = '';
  for (const [found] of json.matchAll(token)) {
    const level = levels.at(-1);
    const here = !level
      ? ''
      : level.keys
        ? joinPath(level.path, level.key)
        : `${level.path}[${level.index}]`;
    if (found === '{' || found === '[') {
      levels.push({ keys: found === '{' ? new Set() : null, path: here, key: '', index: 0 });
    } else if (found === '}' || found === ']') levels.pop();
    else if (found === ',' && level) level.index++;
    else if (found === ':' && level?.keys) {
      const key = String(JSON.parse(text));
      level.key = key;
      const path = joinPath(level.path, key);
      if (level.keys.has(key)) {
        report(
          problems,
          'NOT_PASSED',
          path,
          `The property ${key} appears twice: keep one of them.`,
        );
      }
      level.keys.add(key);
    } else text = found;
  }
}

/**
 * Reports text that the database cannot store: NUL characters and halves of surrogate pairs, in values and keys. They can only come from \u
 * escapes, so rows without escapes need no search.
 */
export function reportUnstorableText(value: unknown, path: string, problems: Problems): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) reportUnstorable(path, problems);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : joinPath(path, key);
    if (!isStorable(key)) reportUnstorable(storable(at), problems);
    reportUnstorableText(item, storable(at), problems);
  }
}

function reportUnstorable(path: string, problems: Problems): void {
  report(
    problems,
    'PATTERN',
    path,
    'The text contains a NUL character (\\u0000) or half of a surrogate pair (\\ud800 to \\udfff): remove it.',
  );
}

/** Returns the path of a key below `path`. */
export function joinPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** Parses JSON. An error says where the fault is and quotes no text, because that may contain secrets. */
export function parseJson(json: string): { value: unknown } | { message: string } {
  try {
    return { value: JSON.parse(json) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : typeName(error);
    const position = /at position \d+/.exec(detail);
    const reason = (/^[^"]*?(?=,? (?:"|\.\.\.|in JSON at|is not valid JSON))/.exec(detail) ?? [
      '',
    ])[0];
    const where = [reason, position?.[0]].filter(Boolean).join(' ');
    return { message: `The row is not valid JSON${where ? ` (${where})` : ''}: correct it.` };
  }
}
