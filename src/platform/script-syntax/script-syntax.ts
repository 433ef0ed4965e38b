import { Script } from 'node:vm';

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
  return compileProblem(`(${expression}\n)`);
}

function compileProblem(program: string): SyntaxProblem | null {
  try {
    new Script(program, { filename: NAME });
    return null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      return { line: null, message: 'The script is nested too deep.' };
    }
    const line = new RegExp(`^${NAME}:(\\d+)`).exec(error.stack ?? '')?.[1];
    return { line: line === undefined ? null : Number(line), message: error.message };
  }
}
