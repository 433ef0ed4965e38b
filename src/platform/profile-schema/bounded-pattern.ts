import { createContext, Script } from 'node:vm';

/** Longer than any honest pattern needs for a field, and short enough for a server that answers others too. */
const TIME_LIMIT_MS = 50;

type BoundedPattern = { test(text: string): boolean; toString(): string };

const script = new Script('new RegExp(pattern, flags).test(text)');
const context = createContext(Object.create(null));

/**
 * Returns a pattern whose test is stopped after 50 ms. A text that takes longer does not match. Some patterns take exponential time for
 * hostile texts.
 */
export function boundedPattern(pattern: string, flags: string): BoundedPattern {
  return {
    test(text) {
      Object.assign(context, { pattern, flags, text });
      try {
        return script.runInContext(context, { timeout: TIME_LIMIT_MS }) === true;
      } catch {
        return false;
      }
    },
    // The validator tells patterns apart by their text.
    toString: () => `/${pattern}/${flags}`,
  };
}
boundedPattern.code = 'boundedPattern';
