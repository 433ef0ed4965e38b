import type { PipelineInput, PipelineOutcome } from './pipeline.ts';
import type { Programs } from './programs.ts';
import type { HookOutcome, runHook } from './run-hook.ts';
import type { RulesInput, RulesOutcome } from './run-rules.ts';

/** Runs the programs that operators have deployed for a trigger. It decides nothing: who calls carries out what they ask for. */
export type Actions = {
  /** Returns what runs at a trigger. It costs no query if it was asked for within the last second. */
  programsOf(trigger: PipelineInput['trigger']): Promise<Programs>;
  /** Runs the actions of a trigger, in their order, with one limit of time for all. */
  run(input: PipelineInput): Promise<PipelineOutcome>;
  /** Runs the rules of a login, in their order. */
  runRules(input: RulesInput): Promise<RulesOutcome>;
  /** Runs the hook of a trigger. */
  runHook(input: Parameters<typeof runHook>[1]): Promise<HookOutcome>;
  /** Forgets what was deployed, after a change. */
  forget(): void;
};
