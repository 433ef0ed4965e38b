import { createContext, Script } from 'node:vm';

/** Longer than any honest patterns need for all fields of a form, and short enough for a server that answers others too. */
const TIME_LIMIT_MS = 50;

type BoundedPattern = { test(text: string): boolean; toString(): string };

const script = new Script('new RegExp(pattern, flags).test(text)');
const context = createContext(Object.create(null));
let endsAt = 0;

/** Runs a check, whose patterns have 50 ms together. */
export function withinPatternTime<Result>(check: () => Result): Result {
  endsAt = performance.now() + TIME_LIMIT_MS;
  return check();
}

/**
 * Returns a pattern whose test is stopped at the end of {@link withinPatternTime}. A text that takes longer does not match. Some patterns
 * take exponential time for hostile texts.
 */
export function boundedPattern(pattern: string, flags: string): BoundedPattern {
  return {
    test(text) {
      const timeout = Math.floor(endsAt - performance.now());
      if (timeout < 1) return false;
      Object.assign(context, { pattern, flags, text });
      try {
        return script.runInContext(context, { timeout }) === true;
      } catch {
        return false;
      }
    },
    // The validator tells patterns apart by their text.
    toString: () => `/${pattern}/${flags}`,
  };
}
boundedPattern.code = 'boundedPattern';
