import { createScriptRunner, type Json } from '../../src/outbound/scripts/scripts.ts';
import { createEgress } from '../../src/platform/egress/egress.ts';

/** Runs scripts as the server does, for an operator who allows what is named. */
export function openScripts(allow: string[] = ['127.0.0.1', 'localhost'], servers?: string[]) {
  const runner = createScriptRunner({
    egress: createEgress({ allow, ...(servers && { servers }) }),
    processes: 1,
  });
  const call = (source: string, args: Json[], globals: Record<string, Json> = {}) =>
    runner.run({ owner: 'a test', source, shape: 'function', args, globals });
  return {
    call,
    /** Returns the one value that a script has called back with. @throws Error with the whole outcome */
    async value(
      source: string,
      args: Json[] = [],
      globals: Record<string, Json> = {},
    ): Promise<Json> {
      const outcome = await call(source, args, globals);
      if (outcome.kind === 'returned') return outcome.values[0] ?? null;
      throw new Error(JSON.stringify(outcome));
    },
    /** Returns the error with which a script has failed. @throws Error with another outcome */
    async failure(
      source: string,
      args: Json[] = [],
    ): Promise<{ name: string; message: string; more: Json }> {
      const outcome = await call(source, args);
      if (outcome.kind === 'failed') return outcome.error;
      throw new Error(JSON.stringify(outcome));
    },
    close: () => runner.close(),
  };
}
