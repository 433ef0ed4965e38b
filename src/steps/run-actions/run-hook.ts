import type { Json } from '../../outbound/scripts/scripts.ts';
import type { EnabledHook } from '../../records/hooks/hooks.ts';
import { type AboutRun, type ActionsDeps, BUDGET_MS, problemOf } from './pipeline.ts';

export type HookOutcome =
  /** What the hook has called back with. */
  | { kind: 'ended'; value: Json }
  /** It called back with an error that is meant as a refusal. */
  | { kind: 'refused'; reason: string; userMessage: string | null }
  | { kind: 'failed'; problem: string };

/** Runs a hook: a program in the older form, which calls back. */
export async function runHook(
  { scripts, audit }: ActionsDeps,
  input: {
    hook: EnabledHook;
    /** The arguments before the callback. The last one is the context, which gets the secrets of the hook as `webtask.secrets`. */
    args: Json[];
    about: AboutRun;
  },
): Promise<HookOutcome> {
  const { hook, args, about } = input;
  const run = await scripts.run({
    owner: `hook ${hook.id}`,
    source: hook.script,
    shape: 'module',
    args: [...args.slice(0, -1), { ...objectOf(args.at(-1)), webtask: { secrets: hook.secrets } }],
    timeoutMs: BUDGET_MS,
  });
  if (run.kind === 'returned') return { kind: 'ended', value: run.values[0] ?? null };
  if (run.kind === 'failed' && run.error.name === 'PreUserRegistrationError') {
    const { friendlyMessage: userMessage } = run.error.more;
    return {
      kind: 'refused',
      reason: run.error.message,
      userMessage: typeof userMessage === 'string' ? userMessage : null,
    };
  }
  const problem = `${hook.name}: ${problemOf(run)}`;
  audit.record({
    ...about,
    type: 'actions_execution_failed',
    description: `The hook of the trigger ${hook.trigger} has failed.`,
    details: { trigger: hook.trigger, error: problem.slice(0, 1000) },
  });
  return { kind: 'failed', problem };
}

function objectOf(value: Json | undefined): { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
