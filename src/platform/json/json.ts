/** More than any document of people or programs has; recursion over it stays far from the end of the stack. */
export const MOST_LEVELS = 100;

/**
 * As JSON.parse, for what comes from outside: objects and arrays may be nested {@link MOST_LEVELS} deep, and numbers are those that can be kept.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(`Nested more than ${MOST_LEVELS} levels deep`);
  const value: unknown = JSON.parse(text);
  if (hasHugeNumber(text)) throw new SyntaxError('A number is too large');
  return value;
}

// Of two digits in the exponent, or of three hundred: what is less fits.
const MAYBE_HUGE = /\d[eE]\+?\d{2}|\d{300}/;

/**
 * Whether a number such as `1e400` is beyond what there are doubles for: JSON.parse makes Infinity of it, and JSON.stringify null of that.
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

/** Whether brackets are nested too deep; of what is no JSON the answer says nothing. */
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

/** The quote that ends the string that begins here; the end of the text if none does. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
