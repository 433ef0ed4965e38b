import type { Json } from './script-types.ts';

const MAX_DEPTH = 64;

/**
 * Parses JSON that a script has made. `__proto__` is left out: code that copies properties would change a prototype with it.
 * @returns undefined if it is no JSON, or nested too deeply
 */
export function parseUntrusted(text: string): Json | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return undefined;
    const next: Json[] = [];
    for (const each of level) {
      if (each === null || typeof each !== 'object') continue;
      // An own property of this name exists only here.
      if (Object.hasOwn(each, '__proto__')) Reflect.deleteProperty(each, '__proto__');
      for (const child of Object.values(each)) next.push(child);
    }
    level = next;
  }
  return value;
}
