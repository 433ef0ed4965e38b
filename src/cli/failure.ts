/** How the program ends; scripts rely on it. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partly: 3 } as const;

/** An end that was foreseen: one sentence, and what to do about it. */
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

/** The command was not understood: exit code 2. */
export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(message, { exitCode: EXIT.usage, ...(hint !== undefined && { hint }) });
}
