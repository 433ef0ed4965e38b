import { compileFunction, Script } from 'node:vm';

/** Auth0's limit for the code of an action or a script. */
const MOST_CODE_BYTES = 100_000;
const NAME = 'script';

/** Where a script is no program. `line`: counted from 1; `null`: unknown. */
export type SyntaxProblem = { line: number | null; message: string };

/**
 * Returns why a source is not one function expression, such as `function login(email, password, callback) { … }`, or `null` if it is one.
 * It only compiles the source, and runs nothing.
 */
export function functionProblem(source: string): SyntaxProblem | null {
  // As the sandbox reads it: semicolons after the function are ignored.
  const expression = source.replace(/\}[\s;]*$/, '}');
  return compileProblem(() => new Script(`(${expression}\n)`, { filename: NAME }));
}

/** Returns why a source is not the statements of a module, which assign to `exports`, or `null`. It runs nothing. */
export function moduleProblem(source: string): SyntaxProblem | null {
  return compileProblem(() =>
    compileFunction(source, ['exports', 'require', 'module'], { filename: NAME }),
  );
}

/** Returns in a few words why code is too long or no program of its shape, or `null`. */
export function codeProblem(source: string, shape: 'module' | 'function'): string | null {
  if (Buffer.byteLength(source) > MOST_CODE_BYTES) {
    return `the code is longer than ${MOST_CODE_BYTES / 1000} kB`;
  }
  const problem = shape === 'module' ? moduleProblem(source) : functionProblem(source);
  if (problem === null || problem.line === null) return problem?.message ?? null;
  return `line ${problem.line}: ${problem.message}`;
}

function compileProblem(compile: () => unknown): SyntaxProblem | null {
  try {
    compile();
    return null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      return { line: null, message: 'The script is nested too deep.' };
    }
    const line = new RegExp(`^${NAME}:(\\d+)`).exec(error.stack ?? '')?.[1];
    return { line: line === undefined ? null : Number(line), message: error.message };
  }
}
