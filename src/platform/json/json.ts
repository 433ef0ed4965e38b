/** Maximum nesting. Real documents have less, and recursion stays far from a stack overflow. */
export const MOST_LEVELS = 100;

/**
 * Works as JSON.parse, for external input: objects and arrays may be nested up to {@link MOST_LEVELS} levels, and numbers must be
 * representable.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(`Nested more than ${MOST_LEVELS} levels deep`);
  const value: unknown = JSON.parse(text);
  if (hasHugeNumber(text)) throw new SyntaxError('A number is too large');
  return value;
}

// An exponent of two or more digits, or three hundred digits. Shorter numbers fit.
const MAYBE_HUGE = /\d[eE]\+?\d{2}|\d{300}/;

/**
 * Returns whether the text has a number too large for a double, such as `1e400`: JSON.parse would read it as Infinity, and JSON.stringify
 * would write that as null.
 * @param text valid JSON
 */
export function hasHugeNumber(text: string): boolean {
  if (!MAYBE_HUGE.test(text)) return false;
  let isHuge = false;
  JSON.parse(text, (_key, value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) isHuge = true;
    return value;
  });
  return isHuge;
}

/** Returns whether brackets are nested too deep. The result is undefined for invalid JSON. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        at = endOfString(text, at);
        break;
      }
      case 0x5b:
      case 0x7b:
        if (++depth > MOST_LEVELS) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
  return false;
}

/** Returns the index of the string's closing quote, or the end of the text if there is none. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
