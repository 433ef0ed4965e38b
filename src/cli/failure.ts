/** The exit codes. Scripts rely on them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partly: 3 } as const;

/** An expected failure: one sentence, and a hint what to do. */
export class Failure extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; exitCode?: number } = {}) {
    super(message);
    this.name = 'Failure';
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** Returns the failure for a command that is not valid: exit code 2. */
export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(message, { exitCode: EXIT.usage, ...(hint !== undefined && { hint }) });
}
