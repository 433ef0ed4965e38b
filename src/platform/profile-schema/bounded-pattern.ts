import { createContext, Script } from 'node:vm';

/** Longer than any honest patterns need for all fields of a form, and short enough for a server that answers others too. */
const TIME_LIMIT_MS = 50;

type BoundedPattern = { test(text: string): boolean; toString(): string };

const script = new Script('new RegExp(pattern, flags).test(text)');
const context = createContext(Object.create(null));
let endsAt = 0;

/** Runs a check, whose patterns have 50 ms together: of this thread's processor time, so that other work on a busy machine takes none of it. */
export function withinPatternTime<Result>(check: () => Result): Result {
  endsAt = processorTime() + TIME_LIMIT_MS;
  return check();
}

/**
 * Returns a pattern whose test is stopped at the end of {@link withinPatternTime}. A text that takes longer does not match. Some patterns
 * take exponential time for hostile texts.
 */
export function boundedPattern(pattern: string, flags: string): BoundedPattern {
  return {
    test(text) {
      Object.assign(context, { pattern, flags, text });
      for (;;) {
        const timeout = Math.floor(endsAt - processorTime());
        if (timeout < 1) return false;
        try {
          return script.runInContext(context, { timeout }) === true;
        } catch (error) {
          // The limit of a script is time on the clock. If the thread has waited meanwhile, processor time is left for another try.
          if (!isTimeout(error)) return false;
        }
      }
    },
    // The validator tells patterns apart by their text.
    toString: () => `/${pattern}/${flags}`,
  };
}
boundedPattern.code = 'boundedPattern';

/** Returns how long this thread has computed so far, in milliseconds. */
function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The error can be of the context, whose `Error` is another one. */
function isTimeout(error: unknown): boolean {
  return Object(error).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
