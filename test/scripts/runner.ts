import { afterAll } from 'vitest';
import {
  createScriptRunner,
  type Json,
  type ScriptCall,
  type ScriptOutcome,
  type ScriptRunner,
  type ScriptRunnerOptions,
} from '../../src/outbound/scripts/scripts.ts';
import { createEgress } from '../../src/platform/egress/egress.ts';

/** Opens a runner that ends with the file. */
export function openRunner(options: Partial<ScriptRunnerOptions> = {}): ScriptRunner {
  const runner = createScriptRunner({ egress: createEgress({ allow: [] }), ...options });
  afterAll(() => runner.close());
  return runner;
}

/** Runs a script that is one function, as those of database connections are. */
export function runFunction(
  runner: ScriptRunner,
  source: string,
  more: Partial<ScriptCall> = {},
): Promise<ScriptOutcome> {
  return runner.run({
    owner: 'test',
    source,
    shape: 'function',
    args: [],
    timeoutMs: 10_000,
    ...more,
  });
}

/** Returns what the expression gives inside of an isolate. It may be a promise. */
export async function evaluate(
  runner: ScriptRunner,
  expression: string,
): Promise<Json | undefined> {
  const outcome = await runFunction(runner, `async () => (${expression})`);
  if (outcome.kind !== 'returned') throw new Error(JSON.stringify(outcome));
  return outcome.values[0];
}
